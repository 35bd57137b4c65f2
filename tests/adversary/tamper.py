"""Sessions of the two programs in which an attacker changes one frame."""
import os
import select
import socket
import subprocess
from itertools import product
from typing import NamedTuple

import slots
from frames import TYPES, frame, parse, render
from harness import SEND
from process import soon, wait_readable
from wire import disconnect

FRAMES = range(1, 7)
BEFORE_THE_TEXT, UNKNOWN = (69, 75, 76, 77), 79
MALFORMED = 75, 76  # the former if a line is too long
TEXT = "message %09d"

# Length limits of frames here: a CRC may have fewer than ten digits.
PAYLOADS = ("hello", 92, 0), ("challenge", 98, 0), ("response", 64, 32), \
    ("confirm", 32, 32), ("text", 32, 32), ("ack", 48, 32)


class Change(NamedTuple):
    frame: int  # 1 hello, 2 challenge, and so on; 0 for no change
    kind: str
    at: int  # a byte of the line
    bit: int = 0

    def applied(self, line):
        """Returns what replaces a line; the line itself for no change."""
        if self.kind != "json" and len(line) != length(self.frame):
            return line  # None if a byte is missing: it is in another session
        return KINDS[self.kind](line, self.at, self.bit)

    def loses_the_line_feed(self):
        last = self.at == length(self.frame) - 1
        return self.kind in ("flip", "delete") and last


def length(n):
    kind, payload, mac = PAYLOADS[n - 1]
    line = render(kind, bytes(payload), "2026-01-02T03:04:05Z", bytes(mac))
    crc = line.split(b'"crc":')[1].split(b",")[0]
    return len(line) + (10 - len(crc) if payload else 0)


# Changes of bytes: the result is usually not a canonical frame.
def flip(line, at, bit):
    return line[:at] + bytes((line[at] ^ 1 << bit,)) + line[at + 1:]


def delete(line, at, bit):
    return line[:at] + line[at + 1:]


def double(line, at, bit):
    return line[:at] + line[at:at + 1] + line[at:]


def swap(line, at, bit):
    """Swaps it with the next different byte, except the LF."""
    other = next((i for i in range(at + 1, len(line) - 1)
                  if line[i] != line[at]), None)
    if other is None:
        other = next(i for i in range(at, 0, -1) if line[i] != line[at])
    changed = bytearray(line)
    changed[at], changed[other] = line[other], line[at]
    return bytes(changed)


def truncate(line, at, bit):
    return line[:at]  # and then the connection ends


# Changes of fields: the result is a canonical frame, with its CRC.
def payload(line, at, bit):
    old = parse(line)
    return frame(old.kind, flip(old.payload, at, bit), old.when, old.mac)


def mac(line, at, bit):
    old = parse(line)
    return frame(old.kind, old.payload, old.when, flip(old.mac, at, bit))


def retime(line, at, bit):
    old, off = parse(line), TIMES[at]
    return frame(old.kind, old.payload, old.when + off, old.mac)


def retype(line, at, bit):
    old = parse(line)
    kind = [kind for kind in TYPES if kind != old.kind][at]
    return frame(kind, old.payload, old.when, old.mac)


def strip(line, at, bit):
    """Removes the MAC, or adds one if there is none."""
    old = parse(line)
    return frame(old.kind, old.payload, old.when,
                 b"" if old.mac else bytes(32))


# JSON as in hostile.py, in each place.
def json(line, at, bit):
    return slots.apply(line[:-1], KEYS, *JSON_CASES[at]) + b"\n"


KEYS = ("header", "msg_type", "crc", "timestamp", "message", "security",
        "hmac", "hmac_type", "hmac_val", "enc_type")
JSON_CASES = slots.cases(frame("ack")[:-1], KEYS)
TIMES = [sign * off for off in (1, 60, 290, 310, 86400) for sign in (1, -1)]
KINDS = {kind.__name__: kind
         for kind in (flip, delete, double, swap, truncate, payload, mac,
                      retime, retype, strip, json)}


def every_change(n, kind):
    name, payload_size, mac_size = PAYLOADS[n - 1]
    size = {"swap": length(n) - 1, "payload": payload_size, "mac": mac_size,
            "retime": len(TIMES), "retype": len(TYPES) - 1,
            "strip": 1, "json": len(JSON_CASES)}.get(kind, length(n))
    bits = range(8 if kind in ("flip", "payload", "mac") else 1)
    every = [Change(n, kind, at, bit)
             for at, bit in product(range(size), bits)]
    if kind != "json":
        return every
    sample = frame(name, bytes(payload_size), mac=bytes(mac_size))
    return [change for change in every if change.applied(sample) != sample]


class Outcome(NamedTuple):
    change: Change  # None: no change
    text: str
    status: int

    def is_right(self):
        if self.change is None:
            return self.status == 0
        if self.change.frame > 4:
            return self.status == UNKNOWN
        # JSON must be recognised as malformed, whatever its MAC is.
        return self.status in (
            MALFORMED if self.change.kind == "json" else BEFORE_THE_TEXT)


class Middle:
    """Between chat-send and a listener, one session after another."""

    def __init__(self, test, listener):
        self.test, self.listener = test, listener
        self.socket = socket.create_server(("127.0.0.1", 0))
        test.addCleanup(self.socket.close)
        self.port = self.socket.getsockname()[1]
        self.directories = {port: test.directory(
            test.shared, port, name=f"to-{port}.json")
            for port in (self.port, listener.port)}
        self.outcomes = []
        self.count = 0
        self.source = "127.0.0.1"  # of our connections to the listener

    def start(self, port, text, drawn, options=()):
        return subprocess.Popen(
            [SEND, "-q", "-d", self.directories[port], "-u", "bob", "-i",
             drawn, *options, "alice", text], env=self.test.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

    def make(self, change):
        """Makes a session with this change. If its frame may be too short, an
        unchanged session comes first. A message whose receipt was changed
        is sent again with its id: it must not be shown again."""
        # It waits for a line that does not end.
        options = ("-t", soon()) if change.loses_the_line_feed() else ()
        made = False
        while not made:
            text, drawn = TEXT % self.count, os.urandom(16).hex()
            self.count += 1
            sending = self.start(self.port, text, drawn, options)
            made = self.relay(change)
            self.outcomes.append(Outcome(change if made else None, text,
                                         sending.wait()))
        if change.frame == 6:
            sending = self.start(self.listener.port, text, drawn)
            self.outcomes.append(Outcome(None, text, sending.wait()))

    def relay(self, change, hold=lambda: None):
        """Passes lines on, after a pause. Returns whether any was changed."""
        wait_readable(self.socket, "a sender")
        sender, _ = self.socket.accept()
        listener = socket.create_connection(
            ("127.0.0.1", self.listener.port),
            source_address=(self.source, 0))
        made = False
        with sender, listener:
            for n, line in lines_of(sender, listener):
                passed = change.applied(line) if n == change.frame else line
                made |= passed != line
                hold()
                try:
                    (sender if n % 2 == 0 else listener).sendall(passed)
                except OSError:  # it has left
                    break
                if passed != line and change.kind == "truncate":
                    break
            for connection in (sender, listener):
                disconnect(connection)
        return made

    def wrongs(self):
        """Ends the listener. Yields what is wrong with the sessions."""
        ended = self.listener.stop()
        shown = [self.listener.text_of(line)
                 for line in ended.stdout.splitlines()]
        yield from (f"the listener says {line!r}"
                    for line in ended.stderr.splitlines()
                    if "crash" in line or "internal" in line)
        sent = {f"bob: {one.text}" for one in self.outcomes}
        yield from (f"nobody sent {line!r}" for line in set(shown) - sent)
        yield from (f"{line!r} was shown {shown.count(line)} times"
                    for line in set(shown) if shown.count(line) > 1)
        receipted = {f"bob: {one.text}" for one in self.outcomes
                     if one.status == 0}
        yield from (f"{line!r} has a receipt" for line in
                    receipted - set(shown))
        yield from (f"{line!r} has none" for line in set(shown) - receipted)
        yield from (str(one) for one in self.outcomes if not one.is_right())


def lines_of(sender, listener):
    """Yields (n, line) as they come, until one of the two closes."""
    buffers = {sender: b"", listener: b""}
    numbers = {sender: 1, listener: 2}
    while True:
        for source in select.select(list(buffers), [], [])[0]:
            try:
                chunk = source.recv(65536)
            except ConnectionError:
                chunk = b""
            if not chunk:
                return
            *lines, buffers[source] = (
                buffers[source] + chunk).split(b"\n")
            for line in lines:
                yield numbers[source], line + b"\n"
                numbers[source] += 2
