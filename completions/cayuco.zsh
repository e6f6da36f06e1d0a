#compdef cayuco
# Completion of cayuco for zsh: commands and options are those that its help texts list.
# Files are those that the command can do something with, and directories.

local -a found
local form=
[[ " $words[2,CURRENT-1] " =~ ' (--to|--model)[= ]' ]] && form=$match[1]=x
if (( CURRENT == 2 )); then
  found=(${(f)"$(cayuco --help 2>/dev/null | sed -n 's/^  \([a-z]\{2,\}\)  *\(.*\)/\1:\2/p' | grep -v '^cayuco:')"})
  _describe command found
elif [[ $words[CURRENT] == -* ]]; then
  found=(${(f)"$(cayuco $words[2] $form --help 2>/dev/null | sed -n '/^Not supported/q; s/^  \(-[a-z], \)\{0,1\}\(--[a-z0-9_-]*=\{0,1\}\).*/\2/p')"})
  compadd -S '' -- $found
elif [[ $words[2] == predict ]]; then
  _files -g '*.(#i)(png|jpg|jpeg|npy|json|f32|i32|i64|u8)(-.)'
else
  _files
fi
