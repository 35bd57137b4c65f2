"""The sender and the listener of chat1, chat-protocol(7), symbolically. A
protocol is a set of things that are broken in it; in the real one the set
is empty. README.md lists them."""
from functools import cache
from typing import NamedTuple

from attacker import G, M, N, Term, in_order, minus, plus, times


class Sender(NamedTuple):
    """A session of chat-send."""
    frm: str
    to: str
    passwords: tuple  # pw(from), pw(to)
    id: Term
    text: Term
    scalar: Term
    nonce: Term


class Listener(NamedTuple):
    """A session of chat-listen."""
    me: str
    directory: tuple  # of (name, password)
    scalar: Term
    nonce: Term
    drawn: Term  # instead of passwords, for a sender who must fail


class Keys(NamedTuple):
    dhsk: Term
    enc: Term
    mac: Term
    chap: Term


def passwords(directory, frm, to):
    """PASSWORDS: a name without an entry uses the other's."""
    entries = dict(directory)
    pair = entries.get(frm), entries.get(to)
    return pair[0] or pair[1], pair[1] or pair[0]


def frame(kind, *parts):
    return Term("frame", kind, *parts)


def hello(broken, id, frm, to, share):
    if "roles" in broken:  # two names, without telling which is which
        frm, to = sorted((frm, to))
    return frame("hello", id, frm, to, share)


def names(broken, listener, first):
    """Returns `from` and `to` of a hello, as a listener sees them."""
    frm, to = first.args[2:4]
    if "roles" in broken and frm == listener.me:
        return to, frm
    return frm, to


# Key agreement.

@cache
def w_of(broken, frm, to, pw_from, pw_to):
    if "one password" in broken:
        pw_from = pw_to
    pairs = (frm, pw_from), (to, pw_to)
    if "roles" in broken:
        pairs = sorted(pairs, key=lambda pair: pair[0])
    return Term("w", *pairs[0], *pairs[1])


def mask(broken, sender):
    return M if sender or {"roles", "masks"} & broken else N


@cache
def share(broken, sender, w, scalar):
    """Returns pA or pB."""
    if "bare" in broken:
        return times(scalar, G)
    return plus(times(w, mask(broken, sender)), times(scalar, G))


@cache
def agree(broken, sender, w, scalar, other):
    """Returns K, from the other side's share."""
    if "bare" not in broken:
        other = minus(other, times(w, mask(broken, not sender)))
    return times(scalar, other)


@cache
def keys_of(broken, frm, to, w, pw_to, pa, pb, k):
    ends, shares = (frm, to), (pa, pb)
    if "roles" in broken:
        ends, shares = sorted(ends), in_order(shares)
    secret = () if "no k" in broken else (k,)
    secret += () if "bare" in broken else (w,)
    dhsk = Term("H", *ends, *shares, *secret)
    enc = Term("HMAC", pw_to, dhsk)
    mac = Term("H", Term("H", enc))
    return Keys(dhsk, enc, mac, Term("H", mac))


def sender_w(broken, sender):
    return w_of(broken, sender.frm, sender.to, *sender.passwords)


def sender_share(broken, sender):
    return share(broken, True, sender_w(broken, sender), sender.scalar)


@cache
def sender_keys(broken, sender, frames):
    """Returns the keys from hello and challenge."""
    w = sender_w(broken, sender)
    pa, pb = frames[0].args[4], frames[1].args[1]
    return keys_of(broken, sender.frm, sender.to, w, sender.passwords[1], pa,
                   pb, agree(broken, True, w, sender.scalar, pb))


@cache
def listener_w(broken, listener, first):
    """Returns w and pw(to): those of the names, or random ones for another
    `to`."""
    frm, to = names(broken, listener, first)
    pair = passwords(listener.directory, frm, to)
    if pair[0] is None or (to != listener.me and "any to" not in broken):
        return listener.drawn, listener.drawn
    return w_of(broken, frm, to, *pair), pair[1]


def listener_share(broken, listener, first):
    w, _ = listener_w(broken, listener, first)
    return share(broken, False, w, listener.scalar)


@cache
def listener_keys(broken, listener, frames):
    w, pw_to = listener_w(broken, listener, frames[0])
    frm, to = names(broken, listener, frames[0])
    pa, pb = frames[0].args[4], frames[1].args[1]
    return keys_of(broken, frm, to, w, pw_to, pa, pb,
                   agree(broken, False, w, listener.scalar, pa))


# Frames 3 to 6, as their senders make them and their receivers expect them.

def transcript(broken, frames):
    return Term("T", *(() if "transcript" in broken else frames))


def label(broken, text):
    return "" if {"roles", "labels"} & broken else text


def sealed(broken, keys, direction, frames, kind, *parts):
    mac = Term("HMAC", keys.mac, label(broken, direction),
               transcript(broken, frames), frame(kind, *parts))
    return frame(kind, *parts, mac)


def response(broken, keys, frames, nonce):
    proof = Term("HMAC", keys.chap, label(broken, "sender"),
                 transcript(broken, frames[:2]), frames[1].args[2], nonce)
    return sealed(broken, keys, "S->L", frames[:2], "response", proof, nonce)


def confirm(broken, keys, frames):
    proof = Term("HMAC", keys.chap, label(broken, "listener"),
                 transcript(broken, frames[:3]), frames[2].args[2])
    return sealed(broken, keys, "L->S", frames[:3], "confirm", proof)


def text(broken, keys, frames, ciphertext):
    return sealed(broken, keys, "S->L", frames[:4], "text", ciphertext)


def encrypt(keys, plain):
    return Term("encrypted", keys.enc, plain)


def ack(broken, keys, frames):
    return sealed(broken, keys, "L->S", frames[:5], "ack")


def nack(broken, keys, frames):
    """Replaces the ack; the reason does not matter here."""
    if "any nack" in broken:
        return frame("nack")
    if "nack line" in broken:
        frames = frames[:4]
    return sealed(broken, keys, "L->S", frames[:5], "nack")
