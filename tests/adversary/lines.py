"""Lines over a connection, within a limit and a deadline."""
import select

import patience
from frames import Malformed


class Closed(ConnectionError):
    """The connection ended; the argument is what came before."""


def read_line(connection, limit, deadline):
    """Reads one line of at most limit bytes, LF included, until the deadline
    (of patience.clock()). Raises Malformed if it is longer or bytes follow
    its LF; Closed; TimeoutError."""
    line = b""
    while b"\n" not in line:
        if len(line) >= limit:
            raise Malformed(line[:200])
        while not select.select([connection], [], [], 0.1)[0]:
            if patience.clock() > deadline:
                raise TimeoutError("no line in time")
        if not (chunk := connection.recv(limit - len(line))):
            raise Closed(line)
        line += chunk
    if not line.endswith(b"\n"):
        raise Malformed(line[:200])
    return line
