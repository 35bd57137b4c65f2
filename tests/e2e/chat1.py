"""
chat1 in Python, written from chat-protocol(7) alone, so that tests can say
what the programs under test never would.
"""
import base64
import hashlib
import hmac
import socket
import struct
import time
import zlib
from secrets import randbelow, token_bytes

VERSION = b"\1"
MALFORMED, WRONG_VERSION, CLOCK, NOT_AUTHENTIC, BUSY, NOT_DELIVERED = \
    1, 2, 3, 4, 6, 7
TYPES = "hello challenge response confirm text ack nack".split()

TEMPLATE = (
    '{"header":{"msg_type":"%s","crc":%d,"timestamp":"%s"},"message":"%s",'
    '"security":{"hmac":{"hmac_type":"SHA256","hmac_val":"%s"},'
    '"enc_type":"AES256CBC"}}\n')


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac256(key, *parts):
    return hmac.digest(key, b"".join(parts), "sha256")


def frame(kind, payload=b"", when=None, mac=b""):
    """A line. `when` is in seconds since the epoch; without it, now."""
    text = base64.b64encode(payload)
    instant = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
    return (TEMPLATE % (kind, zlib.crc32(text), instant, text.decode(),
                        mac.hex())).encode()


def kind_of(line):
    return line.split(b'"', 6)[5].decode()


def payload_of(line):
    return base64.b64decode(line.split(b'"message":"')[1].split(b'"')[0])


def mac_of(line):
    return bytes.fromhex(
        line.split(b'"hmac_val":"')[1].split(b'"')[0].decode())


def with_mac(line, mac):
    return line.replace(b'"hmac_val":""',
                        b'"hmac_val":"%s"' % mac.hex().encode())


def without_mac(line):
    return line.replace(mac_of(line).hex().encode(), b"")


# P-256, in affine coordinates: y^2 = x^3 - 3x + B; None is at infinity.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551


def decompress(odd, x):
    y = pow(x**3 - 3 * x + B, (P + 1) // 4, P)
    return (x, y if y % 2 == odd else P - y)


G = decompress(
    1, 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296)
M = decompress(
    0, 0x886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f)
N = decompress(
    1, 0xd8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49)


def add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = (3 * p[0]**2 - 3) * pow(2 * p[1], -1, P)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope**2 - p[0] - q[0]) % P
    return (x, (slope * (p[0] - x) - p[1]) % P)


def multiply(k, p):
    result = None
    for bit in bin(k % ORDER)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, p)
    return result


def pack(point):
    return b"\4" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def unpack(octets):
    return (int.from_bytes(octets[1:33], "big"),
            int.from_bytes(octets[33:], "big"))


# AES-256, encryption only, FIPS 197.
def make_sbox():
    box, p, q = [0x63] * 256, 1, 1
    while True:
        p = p ^ (p << 1 & 0xff) ^ (0x1b if p & 0x80 else 0)
        for shift in (1, 2, 4):
            q ^= q << shift & 0xff
        q ^= 0x09 if q & 0x80 else 0
        box[p] = q ^ 0x63
        for turn in (1, 2, 3, 4):
            box[p] ^= (q << turn | q >> 8 - turn) & 0xff
        if p == 1:
            return box


SBOX = make_sbox()
TWICE = [x << 1 & 0xff ^ (0x1b if x & 0x80 else 0) for x in range(256)]
SHIFTED = [(i + 4 * (i % 4)) % 16 for i in range(16)]


def expand(key):
    words, round_constant = [key[i:i + 4] for i in range(0, 32, 4)], 1
    for i in range(8, 60):
        word = words[-1]
        if i % 8 == 0:
            word = bytes(SBOX[b] for b in word[1:] + word[:1])
            word = bytes((word[0] ^ round_constant,)) + word[1:]
            round_constant = TWICE[round_constant]
        elif i % 8 == 4:
            word = bytes(SBOX[b] for b in word)
        words.append(bytes(a ^ b for a, b in zip(words[i - 8], word)))
    return [b"".join(words[i:i + 4]) for i in range(0, 60, 4)]


def mix(column):
    a, b, c, d = column
    total = a ^ b ^ c ^ d
    return (a ^ total ^ TWICE[a ^ b], b ^ total ^ TWICE[b ^ c],
            c ^ total ^ TWICE[c ^ d], d ^ total ^ TWICE[d ^ a])


def encrypt_block(keys, block):
    state = [a ^ b for a, b in zip(block, keys[0])]
    for key in keys[1:]:
        state = [SBOX[state[i]] for i in SHIFTED]
        if key is not keys[-1]:
            state = [x for i in range(0, 16, 4) for x in mix(state[i:i + 4])]
        state = [a ^ b for a, b in zip(state, key)]
    return bytes(state)


def encrypt(key, iv, text):
    """AES-256-CBC with the padding of PKCS#7."""
    keys, pad, out = expand(key), 16 - len(text) % 16, [iv]
    text += bytes((pad,)) * pad
    for i in range(0, len(text), 16):
        block = bytes(a ^ b for a, b in zip(text[i:i + 16], out[-1]))
        out.append(encrypt_block(keys, block))
    return b"".join(out[1:])


def prefixed(form, *items):
    return b"".join(struct.pack(form, len(item)) + item for item in items)


class Party:
    """One side of a session: what it derives, and what it puts in frames."""

    def __init__(self, role, names, passwords, scalar=None):
        self.role = role  # "S" or "L"
        self.names = [name.encode() for name in names]  # from, to
        self.passwords = [password.encode() for password in passwords]
        self.transcript = sha256(b"chat1 transcript")
        self.scalar = scalar or 1 + randbelow(ORDER - 1)
        self.w = int.from_bytes(hashlib.sha512(
            b"chat1 spake2 w\0" +
            prefixed(">H", *self.names, *self.passwords)).digest(),
            "big") % ORDER
        own = M if role == "S" else N
        self.share = pack(add(multiply(self.w, own),
                              multiply(self.scalar, G)))

    def agree(self, peer):
        """Derives the keys from the peer's share."""
        mask = N if self.role == "S" else M
        x, y = multiply(self.w, mask)
        k = multiply(self.scalar, add(unpack(peer), (x, P - y)))
        shares = (self.share, peer) if self.role == "S" else (peer, self.share)
        dhsk = sha256(prefixed("<Q", *self.names, *shares, pack(k),
                               self.w.to_bytes(32, "big")))
        self.enc_key = mac256(self.passwords[1], dhsk)
        self.iv32 = sha256(self.enc_key)
        self.hmac_key = sha256(self.iv32)
        self.chap_secret = sha256(self.hmac_key)

    def absorb(self, line):
        self.transcript = sha256(self.transcript, line)

    def mac(self, line, role, before=None):
        """The MAC of a line that has none yet and that this role sends."""
        label = b"chat1 mac S->L\0" if role == "S" else b"chat1 mac L->S\0"
        return mac256(
            self.hmac_key, label, before or self.transcript, line)

    def make(self, kind, payload=b"", when=None, sealed=True):
        """A frame of ours, taken into the transcript."""
        line = frame(kind, payload, when)
        if sealed:
            line = with_mac(line, self.mac(line, self.role))
        self.absorb(line)
        return line

    def proves(self, line):
        """Whether a line of the peer, not absorbed yet, has the right MAC."""
        other = "L" if self.role == "S" else "S"
        return mac_of(line) == self.mac(without_mac(line), other)

    def seal(self, text):
        return encrypt(self.enc_key, self.iv32[:16], text)


class Sender(Party):
    """S, one frame a method, over a connection of its own."""

    def __init__(self, port, names=("bob", "alice"), passwords=("", "")):
        super().__init__("S", names, passwords)
        self.id = token_bytes(16)
        self.nonce = token_bytes(32)
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(60)
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
        """The next line; nothing when the listener has closed."""
        try:
            return self.lines.readline()
        except ConnectionError:
            return b""

    def ask(self, line):
        self.say(line)
        return self.hear()

    def hello(self, when=None, version=VERSION):
        payload = version + self.id + prefixed("B", *self.names) + self.share
        return self.make("hello", payload, when, sealed=False)

    def response(self, challenge, when=None):
        self.absorb(challenge)
        payload = payload_of(challenge)
        self.agree(payload[1:66])
        proof = mac256(self.chap_secret, b"chat1 sender proof\0",
                       self.transcript, payload[66:], self.nonce)
        return self.make("response", proof + self.nonce, when)

    def shake_hands(self):
        """Frames 1 to 4; returns the confirm, which is checked."""
        confirm = self.ask(self.response(self.ask(self.hello())))
        assert kind_of(confirm) == "confirm" and self.proves(confirm), confirm
        self.absorb(confirm)
        return confirm

    def text(self, text, when=None):
        return self.make("text", self.seal(text), when)


class Answerer(Party):
    """L, for one connection; frame by frame, so that a test can go astray."""

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
                         when, sealed=False)
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
