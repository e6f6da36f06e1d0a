# Completion of cayuco for bash: commands and options are those that its help texts list, and what stands behind
# `=` is told by how they call it. Names of models and jobs are asked of the daemon.

_cayuco_help() { "${COMP_WORDS[0]}" "$@" --help 2>/dev/null | sed '/^Not supported/q'; }
_cayuco_ask() { timeout 2 "${COMP_WORDS[0]}" "$1" 2>/dev/null | sed '1d; s/ .*//'; } # a table's first column

_cayuco() {
  local command=${COMP_WORDS[1]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} form='' want=''
  [[ " ${COMP_WORDS[*]:0:COMP_CWORD} " =~ \ (--to|--model)[=\ ] ]] && form=${BASH_REMATCH[1]}=x
  if [ "$before" = = ]; then # bash has split --option=word
    before=${COMP_WORDS[COMP_CWORD - 2]}
  elif [ "$word" = = ]; then
    word=
  fi
  if [[ $before == --* ]]; then # --option=WHAT
    want=$(_cayuco_help "$command" $form | sed -n "s/^  \(-[a-z], \)\{0,1\}\($before=[^ ]*\).*/\2/p")
  fi
  [ "$COMP_CWORD" = 1 ] && want=command
  [[ -z $want && $word == -* ]] && want=option
  COMPREPLY=()
  case ${want:-$command $COMP_CWORD} in
  command) want=$(_cayuco_help | sed -n 's/^  \([a-z]\{2,\}\)  *.*/\1/p' | grep -vx cayuco; echo --help --version) ;;
  option)
    want=$(_cayuco_help "$command" $form | sed -n 's/^  \(-[a-z], \)\{0,1\}\(--[a-z0-9_-]*=\{0,1\}\).*/\2/p'; echo --help)
    ;;
  --to=* | --model=* | 'predict 2' | load* | unload* | remove*) want=$(_cayuco_ask ls) ;;
  jobs*) want=$(_cayuco_ask jobs) ;;
  --cpu=*) want='ref neon dot i8mm avx2 vnni' ;;
  --compat=*) want='2.9 2.13' ;;
  --*=*DIR)
    mapfile -t COMPREPLY < <(compgen -d -- "$word")
    compopt -o filenames 2>/dev/null
    return
    ;;
  predict*)
    mapfile -t COMPREPLY < <(compgen -d -- "$word"; shopt -s extglob
      compgen -f -X '!*.@(png|PNG|jpg|JPG|jpeg|JPEG|npy|json|f32|i32|i64|u8)' -- "$word")
    compopt -o filenames 2>/dev/null
    return
    ;;
  --*=*FILE* | --*=OUT* | convert* | opt* | run* | inspect* | diff* | bench*)
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    compopt -o filenames 2>/dev/null
    return
    ;;
  *) return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$want" -- "$word")
  [ "${#COMPREPLY[@]}" != 1 ] || [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
}
complete -F _cayuco cayuco
