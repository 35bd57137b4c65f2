# fish completion for chat-send, chat-listen, chat-terminal and
# chat-keygen.
# Names come from chat-send -L, so that no password gets into the shell.

# Prints the operands before the cursor, or with -d, what that option says.
function __chat_line
    set -l words (commandline -opc)[2..]
    string match -qr '^-\w*u$' -- $words[-1]; and set -e words[-1]
    set -l asked "$argv"
    argparse -s 4 6 a= b= c= d= E= h i= j k= L l M= m= n P= p= q r= s t= u= V v w= X= x= -- $words 2>/dev/null
    or return
    test "$asked" = -d; and set argv $_flag_d
    for word in $argv
        string replace -r '^~(?=/)' $HOME -- $word
    end
end

function __chat_names
    set -l directory (__chat_line -d)
    set -q directory[1]; and set -p directory -d
    chat-send -L $directory 2>/dev/null
end

# alice,bob: names that are not in the list yet.
function __chat_recipients
    set -l list (commandline -ct | string match -r '.*,')
    for name in (__chat_names)
        contains -- $name (string split , -- "$list"); or echo "$list$name"
    end
end

function __chat_no_recipient
    set -l operands (__chat_line)
    not set -q operands[1]
end

for command in chat-send chat-listen
    complete -c $command -f
    complete -c $command -s 4 -d 'IPv4 only'
    complete -c $command -s 6 -d 'IPv6 only'
    complete -c $command -s d -rF -d 'The user directory'
    complete -c $command -s h -d 'Show help and end'
    complete -c $command -s j -d 'Write lines of JSON'
    complete -c $command -s q -d 'No warnings'
    complete -c $command -s u -xa '(__chat_names)' -d 'Who you are, in the directory'
    complete -c $command -s V -d 'Show the version and end'
    complete -c $command -s v -d 'Say what happens'
end

complete -c chat-listen -s b -x -d 'Listen on this address only'
complete -c chat-listen -s c -x -d 'End after that many messages'
complete -c chat-listen -s E -x -d 'Trust this network'
complete -c chat-listen -s M -x -d 'Senders from one address at once'
complete -c chat-listen -s m -x -d 'Senders at once'
complete -c chat-listen -s n -d 'Check directory and settings, and end'
complete -c chat-listen -s P -x -d 'Balancers there say who connects'
complete -c chat-listen -s p -x -d 'Listen on this port'
complete -c chat-listen -s s -d 'Refuse senders who are not in the directory'
complete -c chat-listen -s w -x -d 'End after that long without a message'
complete -c chat-listen -s X -x -d 'Commands at once'
complete -c chat-listen -s x -x -d 'Give each message to this command'

complete -c chat-send -s a -x -d 'Send to this address or host'
complete -c chat-send -s i -x -d 'The id of the message'
complete -c chat-send -s k -rF -d 'The secret is in this file'
complete -c chat-send -s L -d 'List the names in the directory and end'
complete -c chat-send -s l -d 'Send each line of standard input'
complete -c chat-send -s n -d 'Send nothing, see whether it would work'
complete -c chat-send -s p -x -d 'Send to this port'
complete -c chat-send -s r -x -d 'Keep trying for that long'
complete -c chat-send -s t -x -d 'Give up one try after that long'
complete -c chat-send -n __chat_no_recipient -a '(__chat_recipients)'

complete -c chat-terminal -f
complete -c chat-terminal -s d -rF -d 'The user directory'
complete -c chat-terminal -s h -d 'Show help and end'
complete -c chat-terminal -s p -x -d 'Listen on this port'
complete -c chat-terminal -s u -xa '(__chat_names)' -d 'Who you are, in the directory'

complete -c chat-keygen -f
complete -c chat-keygen -s h -d 'Show help and end'
complete -c chat-keygen -s o -rF -d 'Write this file, or into this folder'
complete -c chat-keygen -s p -d 'A directory for each, a secret for every two'
