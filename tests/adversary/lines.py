"""Lines over a connection, within a limit and a deadline."""
import select

import patience
from frames import Malformed


class Closed(ConnectionError):
    """The end of the connection; what came before it is the argument."""


def read_line(connection, limit, deadline):
    """
    One line of at most limit bytes, LF included, until the deadline (of
    patience.clock()). Malformed where it is longer, or where bytes are there
    behind its LF; Closed; TimeoutError.
    """
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
