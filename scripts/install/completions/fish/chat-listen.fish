# fish completion for chat-listen: in that of chat-send.
source (status dirname)/chat-send.fish
