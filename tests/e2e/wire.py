"""The other end of a connection, or somebody in its middle."""
import socket
import threading


class Server:
    """Listens on a port that the kernel picks, and calls talk(connection) for
    each connection. Without talk, it accepts no connections."""

    name = "alice"

    def __init__(self, talk=None):
        self.talk = talk
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.connections = []
        if talk is not None:
            threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:  # closed
                return
            self.connections.append(connection)
            threading.Thread(
                target=self.attend, args=(connection,), daemon=True).start()

    def attend(self, connection):
        try:
            self.talk(connection)
        except OSError:  # the peer left, or the test ended
            disconnect(connection)

    def close(self):
        hang_up(self.socket)
        for connection in self.connections:
            hang_up(connection)


def disconnect(connection):
    """Ends both directions, so that whoever waits for bytes sees the end."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it had none, or it has ended
        pass


def hang_up(connection):
    disconnect(connection)
    connection.close()


class Cut(Exception):
    """Raised by an edit: these bytes are passed on, and the connection ends.
    """

    def __init__(self, rest=b""):
        super().__init__()
        self.rest = rest


class Proxy(Server):
    """
    Stands between a sender and a listener. Each line, LF included, passes
    through edit(n, line), which returns the bytes to pass on, or raises Cut.
    n is the number that the frame has in chat1: 1 hello, 2 challenge, ...
    It connects to the listener from the address `origin`.
    """

    def __init__(self, listener, edit=lambda n, line: line, origin=""):
        self.name, self.edit, self.origin = listener.name, edit, origin
        self.target = getattr(listener, "address", "127.0.0.1"), listener.port
        self.frames = []  # (n, line) in the order of arrival
        super().__init__(self.relay)

    def relay(self, sender):
        listener = socket.create_connection(
            self.target, source_address=(self.origin, 0))
        self.connections.append(listener)
        back = threading.Thread(
            target=self.pump, args=(listener, sender, 2), daemon=True)
        back.start()
        self.pump(sender, listener, 1)
        back.join()
        for connection in (sender, listener):
            connection.close()

    def pump(self, source, sink, n):
        try:
            for line in source.makefile("rb"):
                self.frames.append((n, line))
                self.pass_on(n, line, sink)
                n += 2
            sink.shutdown(socket.SHUT_WR)
        except (Cut, OSError):  # the end, or one side has left
            disconnect(sink)
            disconnect(source)

    def pass_on(self, n, line, sink):
        try:
            sink.sendall(self.edit(n, line))
        except Cut as cut:
            sink.sendall(cut.rest)
            raise
