# Completion of cayuco for fish: commands and options are those that its help texts list.
# Files are those that the command can do something with, and directories.

function __cayuco_commands
    cayuco --help 2>/dev/null | string match -rg '^  ([a-z]{2,} +.*)' | string match -v 'cayuco *' | string replace -r ' +' \t
end
function __cayuco_options
    set -l words (commandline -opc)
    set -l form (string match -rg '^(--to|--model)(?:=|$)' -- $words)[1]
    test -n "$form"; and set form $form=x
    cayuco $words[2] $form --help 2>/dev/null | sed '/^Not supported/q' |
        string match -rg '^  (?:-[a-z], )?(--[a-z0-9_-]+=?)'
end
function __cayuco_sent
    __fish_complete_path (commandline -ct) | string match -r '(?i)^[^\t]*(?:/|\.(?:png|jpe?g|npy|json|f32|i32|i64|u8))(?:\t.*)?$'
end
complete -c cayuco -n __fish_use_subcommand -f -a '(__cayuco_commands)'
complete -c cayuco -n 'not __fish_use_subcommand; and string match -q -- "-*" (commandline -ct)' -f -a '(__cayuco_options)'
complete -c cayuco -n '__fish_seen_subcommand_from predict; and string match -qv -- "-*" (commandline -ct)' -f -a '(__cayuco_sent)'
