# fish completion for chat-spool: in that of chat-send.
source (status dirname)/chat-send.fish
