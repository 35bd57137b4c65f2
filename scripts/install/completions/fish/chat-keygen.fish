# fish completion for chat-keygen: in that of chat-send.
source (status dirname)/chat-send.fish
