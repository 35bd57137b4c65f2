# fish completion for chat-terminal: in that of chat-send.
source (status dirname)/chat-send.fish
