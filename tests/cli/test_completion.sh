#!/bin/bash
# Completion for bash against the programs themselves. Arguments: the directory of completions, those of
# cayuco and cayucod.
set -u
PATH=$2:$3:$PATH
source "$1/cayuco.bash"
source "$1/cayucod.bash"
passed=0 failed=0

# check WANTED WORD...: the completions of the last word, sorted, in one line.
check() {
  local wanted=$1
  shift
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  "_$1"
  got=$(printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort -u | tr '\n' ' ')
  if [ "$got" = "$wanted " ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAIL: $*: '$got', not '$wanted '"
  fi
}

check 'convert' cayuco conv
check 'inspect' cayuco ins
check '--help --version' cayuco --
check '--model_dir=' cayuco convert --model_d
check '--warmup=' cayuco bench --w
check 'load ls' cayuco l
check '--to=' cayuco convert --to
check '--json' cayuco convert dir --to mine --js
check '--concurrency=' cayuco bench --model = mine --conc
check '' cayuco convert --model_dir=mine --js
check '' cayuco nonsense --w
check '' cayuco convert --enable_fp
check '--log_level' cayucod --log
check '--version --versions' cayucod --v
check '--config' cayucod --log_level debug --conf
check 'debug' cayucod --log_level d
check 'debug' cayucod --log_level = d
check 'avx2 dot i8mm neon ref vnni' cayucod --cpu =
check '' cayucod --queue ''
check '--ca-file= --help --json --shape= --token-file= --top= --url=' cayuco predict digits seven.png --

files=$(mktemp -d)
trap 'rm -r "$files"' EXIT
touch "$files"/{a.png,b.jpg,c.JPEG,d.npy,e.f32,f.txt,model.nb}
mkdir "$files/more"
cd "$files" || exit
check 'a.png b.jpg c.JPEG d.npy e.f32 more' cayuco predict digits ''
check 'a.png' cayuco predict digits a
check 'a.png b.jpg c.JPEG d.npy e.f32 f.txt model.nb more' cayuco inspect ''
check 'f.txt' cayucod --config f
check 'more' cayucod --state ''
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
