"""An honest L: it checks what chat-protocol(7) says, in the order of that
page, and shows what it received."""
import re
import time
from hmac import compare_digest
from secrets import token_bytes, token_hex
from typing import NamedTuple

from aes import BadPadding
from chat1 import VERSION, Party, mac256
from frames import (CLOCK, FRAME_LIMIT, MALFORMED, NOT_AUTHENTIC, TAKEN,
                    TEXT_LIMIT, WRONG_VERSION, Malformed, frame, parse)
from lines import Closed, read_line
from p256 import NoPoint, unpack
from patience import clock

NAME = re.compile(rb"[A-Za-z0-9_][A-Za-z0-9._@+-]{0,63}")
LONGEST = 65536  # bytes of a text
MOST_LINES = 4096
SKEW = 300  # seconds
HANDSHAKE_S, COMPOSE_S = 10, 30


class Refusal(Exception):
    """The reason of a nack, and whether it has a MAC."""

    def __init__(self, reason, mac=b""):
        super().__init__(reason)
        self.reason, self.mac = reason, mac


class Hello(NamedTuple):
    id: bytes
    names: list
    share: bytes


class Shown(NamedTuple):
    sender: str  # with a question mark if the sender is not listed
    text: bytes


def read_hello(payload):
    """Returns the contents of frame 1; the share may not be a point."""
    if not payload:
        raise Refusal(MALFORMED)
    if payload[:1] != VERSION:
        raise Refusal(WRONG_VERSION)
    names, rest = [], payload[17:]
    for _ in range(2):
        length, rest = rest[:1] or b"\0", rest[1:]
        names.append(rest[:length[0]])
        rest = rest[length[0]:]
    if len(rest) != 65 or not all(map(NAME.fullmatch, names)):
        raise Refusal(MALFORMED)
    return Hello(payload[1:17], [name.decode() for name in names], rest)


def is_text(octets):
    try:
        return 1 <= len(octets) <= LONGEST and "\0" not in octets.decode()
    except UnicodeDecodeError:
        return False


def is_batch(text):
    lines = text.split(b"\n")
    return 2 <= len(lines) <= MOST_LINES and all(lines)


class Responder:
    """L, with a directory {name: password}. `shown` is what it has shown."""

    def __init__(self, name, directory, strict=False):
        self.name, self.directory, self.strict = name, directory, strict
        self.shown, self.known = [], {}
        self.recorded = 0, bytes(32)  # what acks say: there is no log

    def attend(self, connection):
        """Serves one session. Returns the reason of the nack that ended it."""
        try:
            Session(self, connection).run()
            return None
        except Refusal as refusal:
            line = frame("nack", bytes((refusal.reason,)), mac=refusal.mac)
            connection.sendall(line)
            return refusal.reason
        except (Closed, TimeoutError):
            return None

    def passwords(self, names):
        """Returns pw(from) and pw(to), and whether the sender counts as
        listed."""
        found = [self.directory.get(name) for name in names]
        listed = names[0] != names[1] and \
            list(self.directory.values()).count(found[0]) == 1
        if names[1] != self.name or found == [None, None] or (
                self.strict and not listed):
            return [token_hex(32), token_hex(32)], listed
        return [found[0] or found[1], found[1] or found[0]], listed


class Session:

    def __init__(self, owner, connection, scalar=None, nonce=None):
        self.owner, self.connection = owner, connection
        self.scalar, self.nonce = scalar, nonce or token_bytes(32)
        self.set_deadline(HANDSHAKE_S)

    def set_deadline(self, seconds):
        self.deadline = clock() + seconds

    def run(self):
        self.handshake()
        self.set_deadline(COMPOSE_S)
        try:
            line = self.line(TEXT_LIMIT)
        except Closed as closed:
            if closed.args[0] == b"":
                return  # a health probe
            raise
        self.text(line)

    def line(self, limit):
        try:
            return read_line(self.connection, limit, self.deadline)
        except Malformed:
            raise Refusal(MALFORMED) from None

    def handshake(self):
        self.connection.sendall(self.hello(self.line(FRAME_LIMIT)))
        self.connection.sendall(self.response(self.line(FRAME_LIMIT)))

    def expect(self, line, *kinds, has_mac):
        try:
            found = parse(line)
        except Malformed:
            raise Refusal(MALFORMED) from None
        if found.kind not in kinds or bool(found.mac) != has_mac:
            raise Refusal(MALFORMED)
        return found

    def hello(self, line):
        """Returns the challenge."""
        found = self.expect(line, "hello", has_mac=False)
        self.said = read_hello(found.payload)
        if abs(found.when - time.time()) > SKEW:
            raise Refusal(CLOCK)
        passwords, self.listed = self.owner.passwords(self.said.names)
        try:
            unpack(self.said.share)
        except NoPoint:
            raise Refusal(MALFORMED) from None
        self.party = Party("L", self.said.names, passwords, self.scalar)
        try:
            self.party.agree(self.said.share)
        except NoPoint:  # K at infinity: a guess like any other
            self.party.derive(token_bytes(32))
        self.party.absorb(line)
        return self.party.make(
            "challenge", VERSION + self.party.share + self.nonce,
            has_mac=False)

    def response(self, line):
        """Returns the confirm."""
        found = self.expect(line, "response", has_mac=True)
        if len(found.payload) != 64:
            raise Refusal(MALFORMED)
        party, other = self.party, found.payload[32:]
        proof = mac256(party.chap_secret, b"chat1 sender proof\0",
                       party.transcript, self.nonce, other)
        if not compare_digest(proof, found.payload[:32]) or \
                not party.proves(line):
            raise Refusal(NOT_AUTHENTIC)
        if abs(found.when - time.time()) > SKEW:
            raise Refusal(CLOCK)
        party.absorb(line)
        return party.make("confirm", mac256(
            party.chap_secret, b"chat1 listener proof\0", party.transcript,
            other))

    def text(self, line):
        try:
            self.show(self.read_text(line))
        except Refusal as refusal:  # which is proven, for this line
            self.party.absorb(line)
            nack = frame("nack", bytes((refusal.reason,)))
            raise Refusal(refusal.reason,
                          self.party.mac(nack, "L")) from None
        self.party.absorb(line)
        self.connection.sendall(
            self.party.acknowledge(*self.owner.recorded))

    def read_text(self, line):
        found = self.expect(line, "text", "lines", has_mac=True)
        if not self.party.proves(line):
            raise Refusal(NOT_AUTHENTIC)
        if found.when > time.time() + SKEW:
            raise Refusal(CLOCK)
        has_mac = found.payload
        if len(has_mac) % 16 or not 16 <= len(has_mac) <= LONGEST + 16:
            raise Refusal(MALFORMED)
        try:
            text = self.party.open(has_mac)
        except BadPadding:
            raise Refusal(MALFORMED) from None
        self.batch = found.kind == "lines"
        if not is_text(text) or (self.batch and not is_batch(text)):
            raise Refusal(MALFORMED)
        return text

    def show(self, text):
        sender = self.said.names[0]
        known = self.owner.known.setdefault(
            (sender, self.listed, self.said.id), text)
        if known != text:
            raise Refusal(TAKEN)
        if known is not text:
            return
        for piece in text.split(b"\n") if self.batch else [text]:
            self.owner.shown.append(
                Shown(sender + "?" * (not self.listed), piece))
