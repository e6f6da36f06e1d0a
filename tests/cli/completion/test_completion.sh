#!/bin/sh
# Completion in each shell that is there, against the programs themselves and a daemon's answers.
# Arguments: the directory of completions, those of cayuco and cayucod.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'rm -r "$place"' EXIT
mkdir "$place/bin" "$place/files" "$place/files/more"
cat >"$place/bin/cayuco" <<TOOL
#!/bin/sh
[ "\$*" = ls ] && printf 'model   version\ndigits  1\nfaces   2\n' && exit
[ "\$*" = jobs ] && printf 'job     model\n0a1b-1  digits\n0a1b-2  faces\n' && exit
exec "$2/cayuco" "\$@"
TOOL
chmod +x "$place/bin/cayuco"
cd "$place/files"
touch a.png b.jpg c.JPEG d.npy e.f32 f.txt model.nb
export PATH="$place/bin:$3:$PATH" HOME="$place" ASAN_OPTIONS=detect_leaks=0 # which may hang below zsh

passed=0 failed=0
for shell in bash zsh fish; do
  command -v $shell >/dev/null || {
    echo "$shell is not installed"
    continue
  }
  while IFS='|' read -r typed wanted; do
    case $shell$typed in
    *'#'* | zshcayucod*) continue ;; # _arguments of zsh answers to its line editor alone
    esac
    # A word may be told with its option and with a slash.
    got=$($shell "$here/complete.$shell" "$1" "$typed" | sed 's/^--[a-z_-]*=\(.\)/\1/; s,/$,,' | LC_ALL=C sort -u |
      tr '\n' ' ')
    if [ "$got" = "${wanted:+$wanted }" ]; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      echo "FAIL: $shell: $typed: '$got', not '$wanted'"
    fi
  done <"$here/cases.txt"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
