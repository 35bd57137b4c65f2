#!/usr/bin/env python3
"""All that an attacker who owns the network can do to chat1, within bounds.

usage: handshake.py [-v] [small | full]

Two sessions of senders and two of listeners, in many settings (who writes to
whom, what the directories are, which passwords the attacker has), run against
an attacker who carries, withholds, replays, reflects and makes up every frame.
Each property must hold in the protocol as it is, and each mutant must break
the property that it is listed with. README.md says what is modelled.
"""
import sys
from itertools import combinations_with_replacement as multisets
from multiprocessing import Pool
from typing import NamedTuple

import roles
from attacker import G, Knowledge, Term, plus, tells, times
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
    retry: bool  # the second sender's message is the first's, sent again

    def __str__(self):
        writes = ", ".join(f"{frm}->{to}" for frm, to in self.senders)
        return (f"{self.style} directory, attacker has {list(self.known)}; "
                f"{writes}{' (a retry)' * self.retry}; "
                f"listening: {', '.join(self.listeners)}")


class Local(NamedTuple):
    """How far a session is: its state and the frames it has seen and sent."""
    phase: str
    frames: tuple = ()


def secret(name):
    return Term("secret", name)


# Settings.

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


OWN = ("pw(mallory)",)
HALF = OWN + ("pw(alice)",)  # she may write to alice, and so has this too
HERS = ("pw(alice,mallory)", "pw(bob,mallory)")
B_A, A_B, B_M, A_A = (BOB, ALICE), (ALICE, BOB), (BOB, MALLORY), (ALICE, ALICE)

ONE_WAY = Setting("shared", OWN, (B_A, B_A), (ALICE, ALICE), False)
RETRY = ONE_WAY._replace(retry=True)
NEIGHBOURS = ONE_WAY._replace(listeners=(ALICE, BOB))
HALF_KNOWN = NEIGHBOURS._replace(known=HALF, senders=(A_B, B_A))
PAIRWISE = Setting("pairwise", HERS, (A_B, B_A), (ALICE, BOB), False)
INSIDER = PAIRWISE._replace(senders=(B_A, B_M))
TO_ONESELF = NEIGHBOURS._replace(senders=(A_A, B_A))
PLAIN = Setting("plain", OWN, (B_A, B_M), (ALICE, ALICE), False)
SMALL = (ONE_WAY, RETRY, NEIGHBOURS, HALF_KNOWN, PAIRWISE, INSIDER, TO_ONESELF,
         PLAIN)


def swapped(setting):
    """The same with alice and bob in each other's place."""
    other = {ALICE: BOB, BOB: ALICE, MALLORY: MALLORY}
    return setting._replace(
        senders=tuple(sorted((other[frm], other[to])
                             for frm, to in setting.senders)),
        listeners=tuple(sorted(other[me] for me in setting.listeners)))


def all_settings():
    everyone = ALICE, BOB, MALLORY
    pairs = sorted((frm, to) for frm in (ALICE, BOB) for to in everyone)
    settings = {}
    for style, known in ("shared", OWN), ("shared", HALF), (
            "pairwise", HERS), ("plain", OWN):
        for senders in multisets(pairs, 2):
            if style == "pairwise" and any(a == b for a, b in senders):
                continue  # nobody shares a secret with himself
            for listeners in multisets((ALICE, BOB), 2):
                for retry in (False, True)[:3 - len(set(senders))]:
                    one = Setting(style, known, senders, listeners, retry)
                    if known is HALF or swapped(one) not in settings:
                        settings[one] = True
    return list(settings)


class World:
    """The exploration of one setting under one protocol."""

    def __init__(self, broken, setting, bound):
        self.broken, self.setting, self.bound = broken, setting, bound
        self.senders = [self.sender(i) for i in range(2)]
        self.listeners = [
            Listener(me, directory(setting.style, me), secret(f"y{i}"),
                     Term("nonce", f"CL{i}"), secret(f"drawn{i}"))
            for i, me in enumerate(setting.listeners)]
        self.start = tuple(secret(name) for name in setting.known)
        self.guesses = tuple(
            pw for session in self.senders + self.listeners
            for pw in (session.passwords if isinstance(session, Sender)
                       else dict(session.directory).values())
            if pw not in self.start)
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
        """Whether the attacker lacks one of the two."""
        return any(password not in self.start for password in passwords)

    def said(self, state):
        """The frames that honest sessions have sent."""
        frames = ()
        for i, (phase, seen) in enumerate(state):
            frames += seen if phase == "over" else seen[i // 2::2]
        return frames

    def knowledge(self, state, guesses=()):
        key = self.said(state), guesses
        if key not in self.cache:
            self.cache[key] = Knowledge(self.start + guesses + key[0])
        return self.cache[key]

    # What the attacker may put where a party believes what it reads.

    def points(self, knowledge, w, guess, sender):
        """Shares: seen ones, own ones with w, if known, and a wrong guess."""
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

    # What honest sessions do. Each gives the states that may follow.

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
        """Whose memory it is, and the pair of from and id in it."""
        listener = self.listeners[i]
        frm, _ = roles.names(self.broken, listener, frames[0])
        return listener.me, frm, frames[0].args[1]

    def shown_before(self, state, i):
        return any(local.phase == "shown" and self.mark(j, local.frames) ==
                   self.mark(i, state[2 + i].frames)
                   for j, local in enumerate(state[2:]))

    # Sessions of which nothing can come any more are all alike.

    def pair(self, i, local):
        """The passwords of session i, as it believes."""
        if i < 2:
            return self.senders[i].passwords
        listener = self.listeners[i - 2]
        frm, to = roles.names(self.broken, listener, local.frames[0])
        return roles.passwords(listener.directory, frm, to)

    def keys(self, i, frames):
        """Of a session that has seen, or would see, these first two frames."""
        if i < 2:
            return roles.sender_keys(self.broken, self.senders[i], frames[:2])
        return roles.listener_keys(
            self.broken, self.listeners[i - 2], frames[:2])

    def has_partner(self, state, i):
        """Whether another session has the key of session i, or would have it,
        were it given the challenge of this listener. No listener that has
        not sent its challenge yet can have the key of a sender that has
        seen one."""
        frames = state[i].frames
        dhsk = self.keys(i, frames).dhsk
        for j in range(2, 4) if i < 2 else range(2):
            theirs = state[j].frames
            if i >= 2 and len(theirs) < 2:
                theirs = self.hello(j), frames[1]
            if len(theirs) >= 2 and self.keys(j, theirs).dhsk == dhsk:
                return True
        return False

    def is_over(self, state, i):
        """Nobody has, or will have, the key that this session expects proofs
        under; or the attacker has it as he should, playing himself."""
        if state[i].phase not in ("challenged", "response sent"):
            return False
        if self.knowledge(state).derives(
                self.keys(i, state[i].frames).dhsk):
            return not self.safe(self.pair(i, state[i]))
        return not self.has_partner(state, i)

    def settle(self, state, i):
        """Of a session that is over stays what the network may use."""
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


# Properties. Each gives what is wrong with a state, or None.

def secrecy(world, state):
    """The attacker does not learn a text meant for somebody honest."""
    knowledge = world.knowledge(state)
    for sender in world.senders:
        if world.safe(sender.passwords) and knowledge.derives(sender.text):
            return f"the attacker has {sender.text}"


def listener_agreement(world, state):
    """What a listener accepts, that sender has sent to it, in this session,
    and no other listener's session accepts it too."""
    for i, local in enumerate(state[2:]):
        if local.phase not in ("confirmed", "shown", "duplicate"):
            continue
        listener, frames = world.listeners[i], local.frames
        frm, to = roles.names(world.broken, listener, frames[0])
        pair = roles.passwords(listener.directory, frm, to)
        if not world.safe(pair):
            continue
        length = 3 if local.phase == "confirmed" else 5
        partners = [j for j in range(2) if
                    (world.senders[j].frm, world.senders[j].to) ==
                    (frm, listener.me) and
                    state[j].frames[:length] == frames[:length]]
        rivals = [other for other in state[2:] if
                  other.frames[:length] == frames[:length]]
        if len(partners) != 1 or len(rivals) != 1:
            return (f"{listener.me} believes to hear {frm}: partners "
                    f"{len(partners)}, rivals {len(rivals) - 1}")


def sender_agreement(world, state):
    """Who has passed a sender's check is the listener of that name, in this
    session."""
    for i, local in enumerate(state[:2]):
        sender, frames = world.senders[i], local.frames
        if len(frames) < 4 or not world.safe(sender.passwords):
            continue
        if not any(
                listener.me == sender.to and frames[:4] == other.frames[:4]
                and roles.names(world.broken, listener, frames[0])[0]
                == sender.frm
                for listener, other in zip(world.listeners, state[2:])):
            return f"{sender.frm} believes to have reached {sender.to}"


def receipts(world, state):
    """A receipt means that the text was shown, a refusal that this session
    did not show it."""
    for i, local in enumerate(state[:2]):
        sender = world.senders[i]
        if (local.phase not in ("acked", "nacked")
                or not world.safe(sender.passwords)):
            continue
        texts = [other.frames[4].args[1].args[1]
                 for listener, other in zip(world.listeners, state[2:])
                 if listener.me == sender.to and other.phase == "shown"
                 and (local.phase == "acked"
                      or other.frames[:5] == local.frames[:5])]
        if (sender.text in texts) != (local.phase == "acked"):
            return f"{sender.frm}'s {sender.text} is {local.phase}, shown: " \
                f"{texts}"


def once(world, state):
    """A text is shown once, retries or not."""
    shown = [(listener.me, local.frames[4].args[1].args[1])
             for listener, local in zip(world.listeners, state[2:])
             if local.phase == "shown"]
    for me, words in shown:
        if words is not WORDS and shown.count((me, words)) > 1:
            return f"{me} shows {words} twice"


def offline(world, state):
    """With the right guess of all passwords that it lacks the attacker can
    compute nothing that tells it from a wrong one."""
    return tells(world.knowledge(state),
                 world.knowledge(state, world.guesses))


OF_KNOWLEDGE = secrecy, offline
OF_SESSIONS = listener_agreement, sender_agreement, receipts, once

# What is broken, a property that must notice, and where it shows.
MUTANTS = (
    ("bare", offline, ONE_WAY),
    ("one password", secrecy, HALF_KNOWN),
    ("one password", listener_agreement, HALF_KNOWN),
    ("any to", sender_agreement, NEIGHBOURS),
    ("roles", sender_agreement, PAIRWISE),
    ("transcript", receipts, ONE_WAY),
    ("transcript", once, RETRY),
    ("any nack", receipts, ONE_WAY),
    ("one scalar", offline, INSIDER),
)
# Taken away alone, each of these changes nothing: others do its work too.
SPARE = "labels", "masks", "nack line"


def explore(world, until=None):
    """All states, and for each property broken the shortest way there. Goes
    no further once the one given is broken."""
    start = tuple(Local("new") for _ in range(4))
    came_from, flaws, layer = {start: None}, {}, [start]
    said = set()

    def judge(checks, state, before):
        for check in checks:
            if check not in flaws and (what := check(world, state)):
                flaws[check] = what, way_to(before, came_from) + [state]

    while layer and until not in flaws:
        following = []
        for state in layer:
            for i, reached in world.moves(state):
                words = world.said(reached)
                if words not in said:
                    said.add(words)
                    judge(OF_KNOWLEDGE, reached, state)
                settled = world.settle(reached, i)
                if settled not in came_from:
                    came_from[settled] = state
                    following.append(settled)
                    judge(OF_SESSIONS, settled, state)
        layer = following
    return len(came_from), flaws


def way_to(state, came_from):
    return (way_to(came_from[state], came_from) if came_from[state] else []) \
        + [state]


# The run.

class Task(NamedTuple):
    broken: str  # "" for the protocol as it is
    expected: object  # the property that must be broken, or None
    setting: Setting
    bound: str


def tasks(bound):
    settings = SMALL if bound == "small" else all_settings()
    yield from (Task("", None, setting, bound) for setting in settings)
    yield from (Task(*mutant, "small") for mutant in MUTANTS)
    yield from (Task(spare, None, setting, "small")
                for spare in SPARE for setting in SMALL)


def run(task):
    broken = frozenset((task.broken,) if task.broken else ())
    world = World(broken, task.setting, task.bound)
    states, flaws = explore(world, task.expected)
    return task, states, [(check.__name__, what, describe(world, way))
                          for check, (what, way) in flaws.items()]


def describe(world, way):
    """A run, one line a step."""
    lines = []
    for before, after in zip(way, way[1:]):
        for i in range(4):
            if before[i] == after[i]:
                continue
            who = (f"sender {world.senders[i].frm}->{world.senders[i].to}"
                   if i < 2 else f"listener {world.listeners[i - 2].me}")
            new = after[i].frames[len(before[i].frames):]
            lines.append(f"{i} {who}: {after[i].phase}" +
                         "".join(f"\n        {one}" for one in new))
    return lines


def verdict(results, about, good):
    """One line for all tasks about one thing; returns whether it is good."""
    mine = [result for result in results if about(result[0])]
    return sum(states for _, states, _ in mine), all(map(good, mine))


def main():
    arguments = sys.argv[1:]
    verbose = "-v" in arguments
    bound = (arguments or ["small"])[-1]
    if bound not in ("small", "full"):
        sys.exit(__doc__.split("\n\n")[1])
    with Pool(maxtasksperchild=1) as pool:
        results = pool.map(run, tasks(bound), chunksize=1)
    print(results)


if __name__ == "__main__":
    main()
