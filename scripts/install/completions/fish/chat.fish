# fish completion for chat: in that of chat-send.
source (status dirname)/chat-send.fish
