#compdef cayucod
# Completion of cayucod for zsh: flags are those that its help text lists.

local -a flags
local name text
$words[1] --help 2>/dev/null | sed -n 's/[]:[]/\\&/g; s/^  --\([a-z0-9_]*\) */\1 /p' | while read -r name text; do
  case $name in
  help | version) flags+=("--${name}[$text]") ;;
  config | *_file | tls_*) flags+=("--${name}=[$text]:file:_files") ;;
  state) flags+=("--${name}=[$text]:directory:_files -/") ;;
  log_level) flags+=("--${name}=[$text]:level:(error warning info debug)") ;;
  cpu) flags+=("--${name}=[$text]:kernels:(ref neon dot i8mm avx2 vnni)") ;;
  *) flags+=("--${name}=[$text]:value:") ;;
  esac
done
_arguments $flags
