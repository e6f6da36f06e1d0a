# Completion of cayucod for bash: flags are those that its help text lists.

_cayucod() {
  local word=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD - 1]} tool=${COMP_WORDS[0]}
  if [ "$flag" = = ]; then # bash has split --flag=word
    flag=${COMP_WORDS[COMP_CWORD - 2]}
  elif [ "$word" = = ]; then
    word=
  fi
  COMPREPLY=()
  case "$flag" in
  --config | --*_file | --tls_*)
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    compopt -o filenames 2>/dev/null
    ;;
  --state)
    mapfile -t COMPREPLY < <(compgen -d -- "$word")
    compopt -o filenames 2>/dev/null
    ;;
  --log_level) mapfile -t COMPREPLY < <(compgen -W 'error warning info debug' -- "$word") ;;
  --cpu) mapfile -t COMPREPLY < <(compgen -W 'ref neon dot i8mm avx2 vnni' -- "$word") ;;
  *)
    [[ $word != -* && $flag == --* ]] ||
      mapfile -t COMPREPLY < <(compgen -W "$("$tool" --help 2>/dev/null | sed -n 's/^  \(--[a-z0-9_]*\) .*/\1/p')" -- "$word")
    ;;
  esac
}
complete -F _cayucod cayucod
