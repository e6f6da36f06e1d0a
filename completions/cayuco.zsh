#compdef cayuco
# Completion of cayuco for zsh: commands and options are those that its help texts list.

local -a found
local form=
[[ " $words[2,CURRENT-1] " =~ ' (--to|--model)[= ]' ]] && form=$match[1]=x
if (( CURRENT == 2 )); then
  found=(${(f)"$(cayuco --help 2>/dev/null | sed -n 's/^  \([a-z]\{2,\}\)  *\(.*\)/\1:\2/p' | grep -v '^cayuco:')"})
  _describe command found
elif [[ $words[CURRENT] == -* ]]; then
  found=(${(f)"$(cayuco $words[2] $form --help 2>/dev/null | sed -n 's/^  \(-[a-z], \)\{0,1\}\(--[a-z_-]*=\{0,1\}\).*/\2/p')"})
  compadd -S '' -- $found
else
  _files
fi
