# fish completion for chat-log: in that of chat-send.
source (status dirname)/chat-send.fish
