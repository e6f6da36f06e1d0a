# Completion of cayuco for bash: commands and options are those that its help texts list.
# Files are those that the command can do something with, and directories.

_cayuco() {
  local word=${COMP_WORDS[COMP_CWORD]} tool=${COMP_WORDS[0]} form=
  [[ " ${COMP_WORDS[*]:0:COMP_CWORD} " =~ \ (--to|--model)[=\ ] ]] && form=${BASH_REMATCH[1]}=x
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$tool" --help 2>/dev/null |
      sed -n 's/^  \([a-z]\{2,\}\)  *.*/\1/p' | grep -vx cayuco) --help --version" -- "$word")
  elif [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$tool" "${COMP_WORDS[1]}" $form --help 2>/dev/null |
      sed -n '/^Not supported/q; s/^  \(-[a-z], \)\{0,1\}\(--[a-z0-9_-]*=\{0,1\}\).*/\2/p') --help" -- "$word")
    [ "${#COMPREPLY[@]}" != 1 ] || [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
  else
    local sent='*.@(png|PNG|jpg|JPG|jpeg|JPEG|npy|json|f32|i32|i64|u8)'
    if [ "${COMP_WORDS[1]}" = predict ]; then
      mapfile -t COMPREPLY < <(compgen -d -- "$word"; shopt -s extglob; compgen -f -X "!$sent" -- "$word")
    else
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _cayuco cayuco
