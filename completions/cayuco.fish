# Completion of cayuco for fish: commands and options are those that its help texts list, and what stands behind
# `=` is told by how they call it. Names of models and jobs are asked of the daemon.

function __cayuco_ask # a table's first column
    timeout 2 cayuco $argv 2>/dev/null | sed '1d; s/ .*//'
end
function __cayuco_candidates
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l form (string match -rg '^(--to|--model)(?:=|$)' -- $words)[1]
    set -l help
    if set -q words[2]
        test -n "$form"; and set form $form=x
        set help (cayuco $words[2] $form --help 2>/dev/null | sed '/^Not supported/q' |
            string match -rg '^  (?:-[a-z], )?(--[a-z0-9_-]+(?:=[^ ]*)?)')
    end
    set -l prefix
    set -l want
    if not set -q words[2]
        set want command
    else if string match -q -- '--*=*' $word # --option=WHAT
        set prefix (string replace -r '=.*' = -- $word)
        set word (string replace -r '^[^=]*=' '' -- $word)
        set want (string match -- "$prefix*" $help)[1]
    else if string match -q -- '--*' $words[-1]
        set want (string match -- "$words[-1]=*" $help)[1]
    end
    if test -z "$want"
        set want "$words[2] "(count $words)
        string match -q -- '-*' $word; and set want option
    end
    switch $want
        case command
            cayuco --help 2>/dev/null | string match -rg '^  ([a-z]{2,} +.*)' | string match -v 'cayuco *' |
                string replace -r ' +' \t
            printf '%s\n' --help --version
        case option
            string replace -r '=.*' = -- $help
            echo -- --help
        case '--to=*' '--model=*' 'predict 2' 'load *' 'unload *' 'remove *'
            printf "$prefix%s\n" (__cayuco_ask ls)
        case 'jobs *'
            __cayuco_ask jobs
        case '--cpu=*'
            printf "$prefix%s\n" ref neon dot i8mm avx2 vnni
        case '--compat=*'
            printf "$prefix%s\n" 2.9 2.13
        case '--*=*DIR'
            printf "$prefix%s\n" (__fish_complete_directories $word '')
        case 'predict *'
            __fish_complete_path $word |
                string match -r '(?i)^[^\t]*(?:/|\.(?:png|jpe?g|npy|json|f32|i32|i64|u8))(?:\t.*)?$'
        case '--*=*FILE*' '--*=OUT*' 'convert *' 'opt *' 'run *' 'inspect *' 'diff *' 'bench *'
            printf "$prefix%s\n" (__fish_complete_path $word)
    end
end
complete -c cayuco -f -a '(__cayuco_candidates)'
