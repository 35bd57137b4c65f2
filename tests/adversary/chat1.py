"""chat1 in Python, written from chat-protocol(7) alone: what each side
derives, and peers that can send whatever a test wants, unlike the programs."""
import hashlib
import hmac
import socket
import struct
from secrets import token_bytes

import aes
from frames import (frame, kind_of, mac_of, payload_of, with_mac,
                    without_mac)
from p256 import G, M, N, ORDER, add, draw, multiply, negate, pack, unpack

VERSION = b"\1"


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac256(key, *parts):
    return hmac.digest(key, b"".join(parts), "sha256")


def prefixed(form, *items):
    return b"".join(struct.pack(form, len(item)) + item for item in items)


def id_of(drawn, to):
    """Returns the id of the hello to `to`, for a message with this drawn id.
    """
    return sha256(b"chat1 id\0", drawn, prefixed("B", to.encode()))[:16]


def w_of(names, passwords):
    return int.from_bytes(hashlib.sha512(
        b"chat1 spake2 w\0" + prefixed(">H", *names, *passwords)).digest(),
        "big") % ORDER


class Party:
    """One side of a session: what it derives, and its frames."""

    def __init__(self, role, names, passwords, scalar=None):
        self.role = role  # "S" or "L"
        self.names = [name.encode() for name in names]  # from, to
        self.passwords = [password.encode() for password in passwords]
        self.transcript = sha256(b"chat1 transcript")
        self.scalar = scalar or draw()
        self.w = w_of(self.names, self.passwords)
        own = M if role == "S" else N
        self.share = pack(add(multiply(self.w, own),
                              multiply(self.scalar, G)))

    def agree(self, peer):
        """Derives the keys from the peer's share. Raises NoPoint if it is not
        a point, or leads to infinity."""
        mask = N if self.role == "S" else M
        self.k = pack(multiply(self.scalar, add(
            unpack(peer), negate(multiply(self.w, mask)))))
        shares = (self.share, peer) if self.role == "S" else (peer, self.share)
        self.derive(sha256(prefixed("<Q", *self.names, *shares, self.k,
                                    self.w.to_bytes(32, "big"))))

    def derive(self, dhsk):
        self.dhsk = dhsk
        self.enc_key = mac256(self.passwords[1], dhsk)
        self.iv32 = sha256(self.enc_key)
        self.hmac_key = sha256(self.iv32)
        self.chap_secret = sha256(self.hmac_key)
        self.reply_key = sha256(self.chap_secret)
        self.reply_iv32 = sha256(self.reply_key)

    def absorb(self, line):
        self.transcript = sha256(self.transcript, line)

    def mac(self, line, role, before=None):
        """Returns the MAC of a line without one that this role sends."""
        label = b"chat1 mac S->L\0" if role == "S" else b"chat1 mac L->S\0"
        return mac256(
            self.hmac_key, label, before or self.transcript, line)

    def make(self, kind, payload=b"", when=None, has_mac=True):
        """Makes a frame of ours and adds it to the transcript."""
        line = frame(kind, payload, when)
        if has_mac:
            line = with_mac(line, self.mac(line, self.role))
        self.absorb(line)
        return line

    def proves(self, line):
        """Whether a line of the peer, not absorbed yet, has the right MAC."""
        other = "L" if self.role == "S" else "S"
        return mac_of(line) == self.mac(without_mac(line), other)

    def seal(self, text):
        return aes.encrypt(self.enc_key, self.iv32[:16], text)

    def open(self, ciphertext):
        return aes.decrypt(self.enc_key, self.iv32[:16], ciphertext)

    def seal_receipt(self, seq=0, head=bytes(32)):
        return aes.encrypt(self.reply_key, self.reply_iv32[:16],
                           struct.pack(">Q", seq) + head)

    def open_receipt(self, sealed):
        """(seq, head); None if it is not one."""
        try:
            plain = aes.decrypt(self.reply_key, self.reply_iv32[:16], sealed)
        except aes.BadPadding:
            return None
        return (int.from_bytes(plain[:8], "big"), plain[8:]) \
            if len(plain) == 40 else None

    def acknowledge(self, *recorded, when=None):
        return self.make("ack", self.seal_receipt(*recorded), when)


class Sender(Party):
    """S: a method for each frame, over a connection of its own."""

    def __init__(self, port, names=("bob", "alice"), passwords=("", ""),
                 source="127.0.0.1"):
        super().__init__("S", names, passwords)
        self.id = id_of(token_bytes(16), names[1])
        self.nonce = token_bytes(32)
        self.socket = socket.create_connection(
            ("127.0.0.1", port), source_address=(source, 0))
        self.lines = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.close()

    def close(self):
        self.lines.close()
        self.socket.close()

    def say(self, line):
        self.socket.sendall(line)

    def hear(self):
        """Returns the next line; nothing if the listener has closed."""
        try:
            return self.lines.readline()
        except ConnectionError:
            return b""

    def ask(self, line):
        self.say(line)
        return self.hear()

    def hello(self, when=None, version=VERSION):
        payload = version + self.id + prefixed("B", *self.names) + self.share
        return self.make("hello", payload, when, has_mac=False)

    def response(self, challenge, when=None):
        self.absorb(challenge)
        payload = payload_of(challenge)
        self.agree(payload[1:66])
        proof = mac256(self.chap_secret, b"chat1 sender proof\0",
                       self.transcript, payload[66:], self.nonce)
        return self.make("response", proof + self.nonce, when)

    def shake_hands(self):
        """Exchanges frames 1 to 4. Returns the confirm, after checking it."""
        confirm = self.ask(self.response(self.ask(self.hello())))
        assert kind_of(confirm) == "confirm" and self.proves(confirm), confirm
        self.absorb(confirm)
        return confirm

    def text(self, text, when=None, kind="text"):
        return self.make(kind, self.seal(text), when)


class Answerer(Party):
    """L, for one connection, frame by frame, so that a test can deviate."""

    def __init__(self, connection, names=("bob", "alice"), passwords=("", "")):
        super().__init__("L", names, passwords)
        self.socket = connection
        self.lines = connection.makefile("rb")
        self.nonce = token_bytes(32)

    def hear(self):
        line = self.lines.readline()
        self.absorb(line)
        return line

    def challenge(self, when=None, version=VERSION):
        hello = self.hear()
        line = self.make("challenge", version + self.share + self.nonce,
                         when, has_mac=False)
        self.agree(payload_of(hello)[-65:])
        return line

    def confirm(self, when=None):
        response = self.hear()
        proof = mac256(self.chap_secret, b"chat1 listener proof\0",
                       self.transcript, payload_of(response)[32:])
        return self.make("confirm", proof, when)

    def shake_hands(self):
        self.socket.sendall(self.challenge())
        self.socket.sendall(self.confirm())
        return self.hear()  # the text
