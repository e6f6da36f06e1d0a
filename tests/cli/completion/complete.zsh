# Prints what zsh offers for a line. Arguments: the directory of completions, the line. What belongs to the line
# editor, which is not there, is done in its place.
setopt extended_glob null_glob
words=(${=2})
[[ $2 == *' ' ]] && words+=('')
CURRENT=$#words
word=$words[CURRENT]

offer() { (( $# == 0 )) || print -l -- "$@" }
compset() { word=${word#*=} }
compadd() {
  shift $@[(i)--]
  offer ${(M)@:#$word*}
}
_describe() {
  local -a rows=("${(@P)2}")
  offer ${(M)${rows%%:*}:#$word*}
}
_files() {
  case $1 in
  -/) offer $word*(/) ;;
  -g) offer $word${~2} $word*(/) ;;
  *) offer $word* ;;
  esac
}
complete_cayuco() { source $1/cayuco.zsh }
complete_cayuco $1
