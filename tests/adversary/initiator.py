"""An honest S: it delivers a text and concludes what chat-protocol(7) says.
The numbers are those of the page, the exit statuses of chat-send."""
import time
from hmac import compare_digest
from secrets import token_bytes

from chat1 import VERSION, Party, id_of, mac256, prefixed
from frames import FRAME_LIMIT, NOT_DELIVERED, TAKEN, WAIT, Malformed, parse
from lines import read_line
from p256 import NoPoint
from patience import clock

DELIVERED, DECLINED, UNDELIVERED, TEMPORARY, VIOLATION, REFUSED, UNKNOWN = \
    0, 69, 74, 75, 76, 77, 79
REASONS = {1: VIOLATION, 2: DECLINED, 3: DECLINED, 4: REFUSED, 6: TEMPORARY,
           7: UNDELIVERED, WAIT: TEMPORARY}
SKEW = 300  # seconds


class Conclusion(Exception):
    """Why S ends; the argument is the status."""


class Initiator(Party):

    def __init__(self, connection, names, passwords, drawn=None,
                 patience=60, scalar=None, nonce=None):
        """drawn: the id that the user chose, or None."""
        super().__init__("S", names, passwords, scalar)
        self.connection = connection
        self.chosen = drawn is not None
        self.id = id_of(drawn or token_bytes(16), names[1])
        self.nonce = nonce or token_bytes(32)
        self.deadline = clock() + patience
        self.lines = []  # everything sent and received, in order

    def deliver(self, text, when=None, kind="text"):
        """Returns the status. `when` is the time of the text; the default is
        now. The kind is `lines` for a batch."""
        try:
            self.handshake()
            self.say(kind, self.seal(text), when)
        except Conclusion as conclusion:
            return conclusion.args[0]
        except (Malformed, NoPoint):
            return VIOLATION
        except OSError:  # closed, or timed out
            return TEMPORARY
        return self.receipt()

    def handshake(self):
        self.say("hello", VERSION + self.id + prefixed("B", *self.names) +
                 self.share, has_mac=False)
        self.challenge()
        before = self.transcript
        proof = mac256(self.chap_secret, b"chat1 sender proof\0", before,
                       self.listeners_nonce, self.nonce)
        self.say("response", proof + self.nonce)
        self.confirm()

    def say(self, kind, payload, when=None, has_mac=True):
        line = self.make(kind, payload, when, has_mac)
        self.lines.append(line)
        self.connection.sendall(line)

    def hear(self, kind, size, has_mac):
        """Reads a frame of the handshake with a payload of the right size; a
        challenge of another version may have any size."""
        line = read_line(self.connection, FRAME_LIMIT, self.deadline)
        self.lines.append(line)
        found = parse(line)
        if found.kind == "nack" and not found.mac and len(found.payload) == 1:
            reason = REASONS.get(found.payload[0], VIOLATION)
            # No text was sent, so none can be lost.
            raise Conclusion(VIOLATION if found.payload[0] == NOT_DELIVERED
                             else reason)
        if found.kind != kind or bool(found.mac) != has_mac:
            raise Malformed(line)
        if kind == "challenge" and found.payload[:1] not in (b"", VERSION):
            raise Conclusion(DECLINED)
        if len(found.payload) != size:
            raise Malformed(line)
        return line, found

    def judge_clock(self, found):
        if abs(found.when - time.time()) > SKEW:
            raise Conclusion(DECLINED)

    def challenge(self):
        line, found = self.hear("challenge", 98, has_mac=False)
        self.judge_clock(found)
        payload = found.payload
        self.absorb(line)
        self.agree(payload[1:66])
        self.listeners_nonce = payload[66:]

    def confirm(self):
        line, found = self.hear("confirm", 32, has_mac=True)
        right = mac256(self.chap_secret, b"chat1 listener proof\0",
                       self.transcript, self.nonce)
        if not self.proves(line) or not compare_digest(found.payload, right):
            raise Conclusion(REFUSED)
        self.judge_clock(found)
        self.absorb(line)

    def receipt(self):
        """Without a right MAC, an answer tells nothing about the text."""
        try:
            line = read_line(self.connection, FRAME_LIMIT, self.deadline)
            self.lines.append(line)
            found = parse(line)
        except (Malformed, OSError):
            return UNKNOWN
        if not found.mac or not self.proves(line):
            return UNKNOWN
        if found.kind == "nack" and len(found.payload) == 1:
            if found.payload[0] == TAKEN:  # the user may choose another id
                return DECLINED if self.chosen else TEMPORARY
            if found.payload[0] == WAIT:  # only for strangers
                return VIOLATION
            return REASONS.get(found.payload[0], VIOLATION)
        if found.kind != "ack" or len(found.payload) != 48 or \
                abs(found.when - time.time()) > SKEW:
            return UNKNOWN
        self.recorded = self.open_receipt(found.payload)
        if self.recorded is None:
            return UNKNOWN
        return DELIVERED
