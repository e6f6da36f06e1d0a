# Prints what bash offers for a line. Arguments: the directory of completions, the line.
source "$1/cayuco.bash"
source "$1/cayucod.bash"
read -ra COMP_WORDS <<<"${2//=/ = }" # as readline splits it
[[ $2 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
"_${COMP_WORDS[0]}"
[ "${#COMPREPLY[@]}" = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
