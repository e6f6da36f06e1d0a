# Completion of cayucod for fish: flags are those that its help text lists.

complete -c cayucod -f
for line in (cayucod --help 2>/dev/null | string match -r '^  --.*')
    set -l parts (string match -rg '^  --([a-z0-9_]+) +(.*)' -- $line)
    set -l flag -c cayucod -l $parts[1] -d $parts[2]
    switch $parts[1]
        case help version
            complete $flag
        case config '*_file' 'tls_*'
            complete $flag -rF
        case state
            complete $flag -xa '(__fish_complete_directories (commandline -ct))'
        case log_level
            complete $flag -xa 'error warning info debug'
        case cpu
            complete $flag -xa 'ref neon dot i8mm avx2 vnni'
        case '*'
            complete $flag -x
    end
end
