"""Two sessions of senders and two of listeners, with the attacker between
them. A World knows, for each state of the four, which states may follow.
The attacker carries every frame. If a session checks a proof or a MAC, it
goes on if the attacker can derive the frame that it expects."""
from typing import NamedTuple

import roles
from attacker import G, Knowledge, Term, plus, times
from roles import Listener, Sender, frame

ALICE, BOB, MALLORY, ZED = "alice", "bob", "mallory", "zed"

# What the attacker has of its own.
SCALAR, NONCE, ID = Term("own", "e"), Term("own", "CE"), Term("own", "idE")
WORDS, WRONG = Term("own", "words"), Term("own", "wrong guess")


class Setting(NamedTuple):
    style: str  # of the directories
    known: tuple  # passwords that the attacker has
    senders: tuple  # (from, to) of each session
    listeners: tuple  # the name of each
    retry: bool  # the second sender's message is a retry of the first

    def __str__(self):
        writes = ", ".join(f"{frm}->{to}" for frm, to in self.senders)
        return (f"{self.style} directory, attacker has {list(self.known)}; "
                f"{writes}{' (a retry)' * self.retry}; "
                f"listening: {', '.join(self.listeners)}")


class Local(NamedTuple):
    """The state of a session, and the frames that it has seen and sent."""
    phase: str
    frames: tuple = ()


def secret(name):
    return Term("secret", name)


def directory(style, owner, sending_to=None):
    """shared: one for all. pairwise: a secret with each contact. plain: a
    sender has the recipient's password, a listener only its own."""
    if style == "shared":
        return tuple((who, secret(f"pw({who})"))
                     for who in (ALICE, BOB, MALLORY))
    if style == "plain":
        who = sending_to or owner
        return (who, secret(f"pw({who})")),
    return tuple((who, secret("pw(%s,%s)" % tuple(sorted((owner, who)))))
                 for who in (ALICE, BOB, MALLORY) if who != owner)


class World:
    """The exploration of one setting with one protocol."""

    def __init__(self, broken, setting, bound):
        self.broken, self.setting, self.bound = broken, setting, bound
        self.senders = [self.sender(i) for i in range(2)]
        self.listeners = [
            Listener(me, directory(setting.style, me), secret(f"y{i}"),
                     Term("nonce", f"CL{i}"), secret(f"drawn{i}"))
            for i, me in enumerate(setting.listeners)]
        self.start = tuple(secret(name) for name in setting.known)
        if "scalar known" in broken:
            self.start += self.senders[0].scalar,
        self.passwords = tuple(dict.fromkeys(
            password for who in (ALICE, BOB)
            for _, password in directory(setting.style, who)))
        self.cache = {}

    def sender(self, i):
        setting = self.setting
        frm, to = setting.senders[i]
        message = 0 if setting.retry else i
        one = "one scalar" in self.broken
        return Sender(
            frm, to,
            roles.passwords(directory(setting.style, frm, to), frm, to),
            Term("id", f"id{message}"), secret(f"text{message}"),
            secret("x" if one else f"x{i}"), Term("nonce", f"CS{i}"))

    def safe(self, passwords):
        """Whether the attacker lacks one of the two passwords."""
        return any(password not in self.start for password in passwords)

    def said(self, state):
        """Returns the frames that honest sessions have sent."""
        frames = ()
        for i, (phase, seen) in enumerate(state):
            frames += seen if phase == "over" else seen[i // 2::2]
        return frames

    def knowledge(self, state, later=()):
        """Returns what the attacker can derive, perhaps with some more terms.
        """
        key = self.said(state), later
        if key not in self.cache:
            self.cache[key] = Knowledge(self.start + later + key[0])
        return self.cache[key]

    # What the attacker may send where a party accepts anything.

    def points(self, knowledge, w, guess, sender):
        """Shares: seen ones; own ones with w, if known, and with a wrong
        guess."""
        seen = knowledge.of_kind("point")
        own = [times(SCALAR, G)] + [
            roles.share(self.broken, sender, scalar, SCALAR)
            for scalar in (guess, w) if knowledge.derives(scalar)]
        if self.bound == "full":
            own += [plus(p, times(SCALAR, G)) for p in seen]
        return dict.fromkeys(seen + own)

    def hellos(self, knowledge, listener):
        froms = (ALICE, BOB, MALLORY) + (ZED,) * (self.bound == "full")
        other = BOB if listener.me == ALICE else ALICE
        for frm in froms:
            for to in listener.me, other:
                first = roles.hello(self.broken, ID, frm, to, G)
                w, _ = roles.listener_w(self.broken, listener, first)
                guess = roles.w_of(self.broken, frm, to, WRONG, WRONG)
                for p in self.points(knowledge, w, guess, True):
                    for id in knowledge.of_kind("id") + [ID]:
                        yield roles.hello(self.broken, id, frm, to, p)

    def challenges(self, knowledge, sender):
        w = roles.sender_w(self.broken, sender)
        guess = roles.w_of(self.broken, sender.frm, sender.to, WRONG, WRONG)
        for p in self.points(knowledge, w, guess, False):
            for nonce in knowledge.of_kind("nonce") + [NONCE]:
                yield frame("challenge", p, nonce)

    def hello(self, i):
        sender = self.senders[i]
        return roles.hello(self.broken, sender.id, sender.frm, sender.to,
                           roles.sender_share(self.broken, sender))

    # What honest sessions do. Each yields the states that may follow.

    def sender_moves(self, state, i):
        sender, (phase, frames) = self.senders[i], state[i]
        knowledge = self.knowledge(state)
        if phase == "new":
            yield Local("hello sent", (self.hello(i),))
        if phase == "hello sent":
            for second in self.challenges(knowledge, sender):
                seen = frames + (second,)
                keys = roles.sender_keys(self.broken, sender, seen)
                third = roles.response(self.broken, keys, seen, sender.nonce)
                yield Local("response sent", seen + (third,))
        if phase not in ("response sent", "text sent"):
            return
        keys = roles.sender_keys(self.broken, sender, frames)
        if phase == "response sent":
            fourth = roles.confirm(self.broken, keys, frames)
            if knowledge.derives(fourth):
                seen = frames + (fourth,)
                fifth = roles.text(self.broken, keys, seen,
                                   roles.encrypt(keys, sender.text))
                yield Local("text sent", seen + (fifth,))
        else:
            for phase, make in ("acked", roles.ack), ("nacked", roles.nack):
                sixth = make(self.broken, keys, frames)
                if knowledge.derives(sixth):
                    yield Local(phase, frames + (sixth,))

    def listener_moves(self, state, i):
        listener, (phase, frames) = self.listeners[i], state[2 + i]
        knowledge = self.knowledge(state)
        if phase == "new":
            for first in self.hellos(knowledge, listener):
                second = frame("challenge", roles.listener_share(
                    self.broken, listener, first), listener.nonce)
                yield Local("challenged", (first, second))
        if phase not in ("challenged", "confirmed"):
            return
        keys = roles.listener_keys(self.broken, listener, frames)
        if phase == "challenged":
            for nonce in knowledge.of_kind("nonce") + [NONCE]:
                third = roles.response(self.broken, keys, frames, nonce)
                if knowledge.derives(third):
                    seen = frames + (third,)
                    yield Local("confirmed", seen + (
                        roles.confirm(self.broken, keys, seen),))
        else:
            for ciphertext in knowledge.of_kind("encrypted") + [
                    roles.encrypt(keys, WORDS)]:
                fifth = roles.text(self.broken, keys, frames, ciphertext)
                if knowledge.derives(fifth):
                    yield from self.read_text(state, i, keys, fifth)
            yield self.refuse(keys, frames + (frame("junk"),))

    def refuse(self, keys, frames):
        sixth = roles.nack(self.broken, keys, frames)
        return Local("nacked", frames + (sixth,))

    def read_text(self, state, i, keys, fifth):
        """A text with a right MAC is shown, known already, or refused."""
        frames = state[2 + i].frames + (fifth,)
        if fifth.args[1].args[0] == keys.enc:
            seen = frames + (roles.ack(self.broken, keys, frames),)
            known = self.shown_before(state, i)
            yield Local("duplicate" if known else "shown", seen)
        yield self.refuse(keys, frames)

    def mark(self, i, frames):
        """Returns whose memory it is, and the pair of sender and id in it."""
        listener = self.listeners[i]
        frm, _ = roles.names(self.broken, listener, frames[0])
        return listener.me, frm, frames[0].args[1]

    def shown_before(self, state, i):
        return any(local.phase == "shown" and self.mark(j, local.frames) ==
                   self.mark(i, state[2 + i].frames)
                   for j, local in enumerate(state[2:]))

    # Sessions that can do nothing more are all alike.

    def pair(self, i, local):
        """Returns the passwords of session i, as it believes."""
        if i < 2:
            return self.senders[i].passwords
        listener = self.listeners[i - 2]
        frm, to = roles.names(self.broken, listener, local.frames[0])
        return roles.passwords(listener.directory, frm, to)

    def keys(self, i, frames):
        """Returns the keys of a session that has, or would have, seen these
        two frames."""
        if i < 2:
            return roles.sender_keys(self.broken, self.senders[i], frames[:2])
        return roles.listener_keys(
            self.broken, self.listeners[i - 2], frames[:2])

    def has_partner(self, state, i):
        """Whether another session has the key of session i, or would have it
        if it got the share of session i as an answer. No other session ever
        will: the key depends on shares that it has yet to draw."""
        dhsk = self.keys(i, state[i].frames).dhsk
        mine = state[i].frames[0].args[4] if i < 2 else \
            state[i].frames[1].args[1]
        for j in range(4):
            theirs = state[j].frames
            if j < 2 and len(theirs) < 2:
                theirs = self.hello(j), frame("challenge", mine, NONCE)
            if (j != i and len(theirs) >= 2
                    and self.keys(j, theirs).dhsk == dhsk):
                return True
        return False

    def is_over(self, state, i):
        """Whether nobody has, or will have, the key for the proofs that this
        session expects; or the attacker has it rightly, because it plays
        itself."""
        if state[i].phase not in ("challenged", "response sent"):
            return False
        if self.knowledge(state).derives(
                self.keys(i, state[i].frames).dhsk):
            return not self.safe(self.pair(i, state[i]))
        return not self.has_partner(state, i)

    def settle(self, state, i):
        """Of a session that is over, keeps only what the network may use."""
        if not self.is_over(state, i):
            return state
        frames = state[i].frames
        rest = Local("over", frames[:1] if i < 2 else frames[1:2])
        return state[:i] + (rest,) + state[i + 1:]

    def moves(self, state):
        for i in range(4):
            moves = (self.sender_moves(state, i) if i < 2
                     else self.listener_moves(state, i - 2))
            for local in moves:
                yield i, state[:i] + (local,) + state[i + 1:]

    def tell(self, way):
        """Returns a run, one line a step, with the new frames below it."""
        lines = []
        for before, after in zip(way, way[1:]):
            i = next(i for i in range(4) if before[i] != after[i])
            who = (f"sender {i}, {self.senders[i].frm} to "
                   f"{self.senders[i].to}" if i < 2 else
                   f"listener {i - 2}, {self.listeners[i - 2].me}")
            lines.append(f"    {who}: {after[i].phase}")
            lines += (f"        {one}" for one in
                      after[i].frames[len(before[i].frames):])
        return "\n".join(lines)
