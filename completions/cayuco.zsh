#compdef cayuco
# Completion of cayuco for zsh: commands and options are those that its help texts list, and what stands behind
# `=` is told by how they call it. Names of models and jobs are asked of the daemon.

local -a found
local form= before= want=
[[ " $words[2,CURRENT-1] " =~ ' (--to|--model)[= ]' ]] && form=$match[1]=x
if [[ $words[CURRENT] == --*=* ]]; then
  before=${words[CURRENT]%%=*}
  compset -P '*='
elif [[ $words[CURRENT-1] == --* ]]; then
  before=$words[CURRENT-1]
fi
if [[ -n $before ]]; then # --option=WHAT
  want=$(cayuco $words[2] $form --help 2>/dev/null | sed -n "s/^  \(-[a-z], \)\{0,1\}\($before=[^ ]*\).*/\2/p")
fi
(( CURRENT == 2 )) && want=command
[[ -z $want && $words[CURRENT] == -* ]] && want=option
case ${want:-$words[2] $CURRENT} in
command)
  found=(${(f)"$(cayuco --help 2>/dev/null | sed -n 's/^  \([a-z]\{2,\}\)  *\(.*\)/\1:\2/p' | grep -v '^cayuco:')"})
  _describe command found
  compadd -- --help --version
  ;;
option)
  found=(${(f)"$(cayuco $words[2] $form --help 2>/dev/null | sed -n '/^Not supported/q; s/^  \(-[a-z], \)\{0,1\}\(--[a-z0-9_-]*=\{0,1\}\).*/\2/p')"})
  compadd -S '' -- $found --help
  ;;
--to=* | --model=* | predict\ 3 | load* | unload* | remove*)
  found=(${(f)"$(timeout 2 cayuco ls 2>/dev/null | sed '1d; s/ .*//')"})
  compadd -- $found
  ;;
jobs*)
  found=(${(f)"$(timeout 2 cayuco jobs 2>/dev/null | sed '1d; s/ .*//')"})
  compadd -- $found
  ;;
--cpu=*) compadd -- ref neon dot i8mm avx2 vnni ;;
--compat=*) compadd -- 2.9 2.13 ;;
--*=*DIR) _files -/ ;;
predict*) _files -g '*.(#i)(png|jpg|jpeg|npy|json|f32|i32|i64|u8)(-.)' ;;
--*=*FILE* | --*=OUT* | convert* | opt* | run* | inspect* | diff* | bench*) _files ;;
esac
