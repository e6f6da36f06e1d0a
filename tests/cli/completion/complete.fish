# Prints what fish offers for a line. Arguments: the directory of completions, the line.
source $argv[1]/cayuco.fish
source $argv[1]/cayucod.fish
complete -C $argv[2] | string replace -r '\t.*' ''
