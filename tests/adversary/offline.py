"""What an attacker who saw frames of a session, or took part in it, can use to
check candidate passwords offline: everything that can be computed."""
from typing import NamedTuple

from aes import BadPadding, decrypt
from chat1 import mac256, prefixed, sha256, w_of
from frames import mac_of, payload_of, without_mac
from p256 import (G, M, N, NoPoint, add, multiply, negate, pack,
                  unpack)

LABELS = {3: b"chat1 mac S->L\0", 4: b"chat1 mac L->S\0",
          5: b"chat1 mac S->L\0", 6: b"chat1 mac L->S\0"}


class View(NamedTuple):
    """What was seen, and what the attacker chose."""
    names: tuple
    lines: dict  # frames by number, from 1 on without gaps
    scalar: int = 1  # of a share that the attacker made
    guess: int = 0  # the w in that share
    logarithm: int = 0  # of M and N to the base G, if known


class Keys(NamedTuple):
    enc_key: bytes
    iv: bytes
    hmac_key: bytes
    chap_secret: bytes


def keys_of(enc_key):
    iv32 = sha256(enc_key)
    hmac_key = sha256(iv32)
    return Keys(enc_key, iv32[:16], hmac_key, sha256(hmac_key))


def shares(view):
    pa = payload_of(view.lines[1])[-65:]
    if 2 not in view.lines:
        return [pa]
    return [pa, payload_of(view.lines[2])[1:66]]


def points(view, w):
    """Returns shares, and what remains of them without their masks."""
    for share, mask in zip(shares(view), (M, N)):
        point = unpack(share)
        yield point
        yield add(point, negate(multiply(w, mask)))


def scalars(view, w):
    y, mask = view.scalar, view.logarithm or 1
    return {1, w, y, y + w * mask, y - w * mask, y + view.guess * mask,
            y + (view.guess - w) * mask}


def common_points(view, w):
    """Returns all that could be K."""
    found = list(points(view, w))
    yield from found
    yield add(found[1], found[-1])
    for scalar in scalars(view, w):
        yield multiply(scalar, G)
        for point in found:
            yield multiply(scalar, point)


def shared_keys(view, w):
    """Returns all that could be DHSK."""
    names = [name.encode() for name in view.names]
    for point in common_points(view, w):
        try:
            k = pack(point)
        except NoPoint:
            continue
        items = names + shares(view) + [k]
        yield sha256(prefixed("<Q", *items, w.to_bytes(32, "big")))
        yield sha256(prefixed("<Q", *items))
        yield sha256(k)
        yield k[1:33]


def secrets(view, passwords, w):
    """Returns all that could be enc_key or another key."""
    shared = list(shared_keys(view, w))
    for password in passwords:
        for dhsk in shared:
            yield mac256(password, dhsk)
        yield password
        yield sha256(password)
    yield w.to_bytes(32, "big")


def transcripts(lines):
    t = [sha256(b"chat1 transcript")]
    for n in sorted(lines):
        t.append(sha256(t[-1], lines[n]))
    return t


def proofs(view, t):
    """Returns what was seen of proofs: name, value, and inputs."""
    if 3 in view.lines:
        cl = payload_of(view.lines[2])[66:]
        ps, cs = (payload_of(view.lines[3])[i:i + 32] for i in (0, 32))
        for said in (b"chat1 sender proof\0" + t[2] + cl + cs, t[2] + cl + cs,
                     cl + cs, cs + cl, cl, cs, t[2]):
            yield "PS", ps, said
    if 4 in view.lines:
        pl = payload_of(view.lines[4])
        for said in (b"chat1 listener proof\0" + t[3] + cs, t[3] + cs, cs,
                     cl + cs, cl):
            yield "PL", pl, said


def macs(view, t):
    for n, label in LABELS.items():
        if n in view.lines:
            line = without_mac(view.lines[n])
            mac = mac_of(view.lines[n])
            yield f"MAC {n}", mac, label + t[n - 1] + line
            yield f"MAC {n}", mac, line


def reads(view, keys):
    try:
        text = decrypt(keys.enc_key, keys.iv, payload_of(view.lines[5]))
        return text.decode().isprintable()
    except (BadPadding, UnicodeDecodeError):
        return False


def findings(view, passwords):
    """Returns the names of all tests that succeed for a pair of candidates. If
    the result is the same for all pairs, they cannot be told apart."""
    w = w_of([name.encode() for name in view.names], passwords)
    t = transcripts(view.lines)
    tests = [*proofs(view, t), *macs(view, t)]
    found = set()
    for secret in secrets(view, passwords, w):
        keys = keys_of(secret) if len(secret) == 32 else Keys(
            bytes(32), bytes(16), secret, secret)
        for name, value, said in tests:
            for key in (secret, keys.hmac_key, keys.chap_secret):
                if mac256(key, said) == value:
                    found.add(name)
        if 5 in view.lines and reads(view, keys):
            found.add("text")
    return frozenset(found)
