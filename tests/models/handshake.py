#!/usr/bin/env python3
"""All that an attacker on the network can do to chat1, within bounds.

usage: handshake.py [-v] [small | full]

Each property must hold in the real protocol, in every setting (who writes to
whom, which directories there are, which passwords the attacker has). Each
mutant must break the property that is listed with it; -v shows how. README.md
says what is modelled.
"""
import sys
from itertools import combinations_with_replacement as multisets
from multiprocessing import Pool
from typing import NamedTuple

import roles
from attacker import tells
from sessions import ALICE, BOB, MALLORY, WORDS, Local, Setting, World

# Settings.

OWN = ("pw(mallory)",)
HALF = OWN + ("pw(alice)",)  # she may write to alice, so she has this too
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
    """Returns the same with alice and bob swapped."""
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
                continue  # nobody shares a secret with themselves
            for listeners in multisets((ALICE, BOB), 2):
                for retry in (False, True)[:3 - len(set(senders))]:
                    one = Setting(style, known, senders, listeners, retry)
                    if known is HALF or swapped(one) not in settings:
                        settings[one] = True
    return list(settings)


# Properties. Each returns what is wrong with a state, or None.

def secrecy(world, state):
    """The attacker does not learn a text meant for somebody honest."""
    knowledge = world.knowledge(state)
    for sender in world.senders:
        if world.safe(sender.passwords) and knowledge.derives(sender.text):
            return f"the attacker has {sender.text}"


def listener_agreement(world, state):
    """If a listener accepts something, that sender has sent it to this
    listener in this session, and no other listener's session accepts it
    too."""
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
    """Whoever passes a sender's check is the listener of that name, in this
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
    """A receipt means that the text was shown; a refusal that this session did
    not show it."""
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
    """A text is shown once, with or without retries."""
    shown = [(listener.me, local.frames[4].args[1].args[1])
             for listener, local in zip(world.listeners, state[2:])
             if local.phase == "shown"]
    for me, words in shown:
        if words is not WORDS and shown.count((me, words)) > 1:
            return f"{me} shows {words} twice"


def offline(world, state):
    """With the right guess of all passwords that it lacks, the attacker can
    compute nothing that distinguishes it from a wrong guess."""
    return tells(world.knowledge(state),
                 world.knowledge(state, world.passwords))


def forward_secrecy(world, state):
    """Nor does it learn a text if it is given all passwords afterwards."""
    knowledge = world.knowledge(state, world.passwords)
    for sender in world.senders:
        if world.safe(sender.passwords) and knowledge.derives(sender.text):
            return f"the attacker gets {sender.text}"


OF_KNOWLEDGE = secrecy, forward_secrecy, offline
OF_SESSIONS = listener_agreement, sender_agreement, receipts, once
PROPERTIES = OF_KNOWLEDGE + OF_SESSIONS

# What is broken (README.md), a property that must notice, and where.
MUTANTS = (
    ("bare", offline, ONE_WAY),
    ("no k", offline, ONE_WAY),
    ("no k", forward_secrecy, ONE_WAY),
    ("one password", secrecy, HALF_KNOWN),
    ("one password", listener_agreement, HALF_KNOWN),
    ("any to", sender_agreement, NEIGHBOURS),
    ("roles", sender_agreement, PAIRWISE),
    ("transcript", receipts, ONE_WAY),
    ("transcript", once, RETRY),
    ("any nack", receipts, ONE_WAY),
    ("one scalar", offline, INSIDER),
    ("scalar known", offline, ONE_WAY),
)
# If one of these is removed alone, nothing changes: others protect too.
SPARE = "labels", "masks", "nack line"

# What must be reached, so that the properties mean something.
OUTCOMES = {"shown", "duplicate", "acked", "nacked", "over"}


def explore(world, until=None):
    """Explores all states. Returns the shortest way to each broken property.
    Stops once the given one is broken."""
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
    return came_from, flaws


def way_to(state, came_from):
    return (way_to(came_from[state], came_from) if came_from[state] else []) \
        + [state]


# The run.

class Task(NamedTuple):
    broken: str  # "" for the protocol as it is
    expected: object  # the property that must be broken, or None
    setting: Setting
    bound: str


class Result(NamedTuple):
    task: Task
    states: int
    outcomes: frozenset
    flaws: dict  # what breaks each property, and the way there


def tasks(bound):
    settings = SMALL if bound == "small" else all_settings()
    spare_in = SMALL[2:3] if bound == "small" else SMALL
    yield from (Task("", None, setting, bound) for setting in settings)
    yield from (Task(*mutant, "small") for mutant in MUTANTS)
    yield from (Task(spare, None, setting, "small")
                for spare in SPARE for setting in spare_in)


def run(task):
    world = World(frozenset([task.broken]) - {""}, task.setting, task.bound)
    came_from, flaws = explore(world, task.expected)
    outcomes = frozenset(local.phase for state in came_from for local in state)
    return Result(task, len(came_from), outcomes, {
        check.__name__: (what, world.tell(way))
        for check, (what, way) in flaws.items()})


def verdicts(results, verbose):
    """(good, line) for each property, each mutant, and each spare."""
    real = [r for r in results if not r.task.broken]
    for check in PROPERTIES:
        name = check.__name__
        flawed = [r for r in real if name in r.flaws]
        yield not flawed, f"{name} holds" + "".join(
            f"; BROKEN: {r.task.setting}: " + "\n".join(r.flaws[name])
            for r in flawed[:1])
    missing = OUTCOMES.difference(*(r.outcomes for r in real))
    yield not missing, f"every outcome is reached{', but: ' * bool(missing)}" \
        + ", ".join(sorted(missing))
    for r in results:
        if r.task.expected:
            name = r.task.expected.__name__
            found = name in r.flaws
            yield found, f"mutant \"{r.task.broken}\": {name} is broken" + (
                ": " + "\n".join(r.flaws[name][:2 if verbose else 1])
                if found else "; BUT NOT NOTICED")
    for spare in SPARE:
        broken = {name for r in results if r.task.broken == spare
                  for name in r.flaws}
        yield not broken, f"\"{spare}\" can be spared" + \
            f"; BUT {', '.join(sorted(broken))}" * bool(broken)


def main():
    arguments = [a for a in sys.argv[1:] if a != "-v"] or ["small"]
    if arguments not in (["small"], ["full"]):
        sys.exit(__doc__.split("\n\n")[1])
    with Pool(maxtasksperchild=1) as pool:
        results = pool.map(run, tasks(arguments[0]), chunksize=1)
    real = [r for r in results if not r.task.broken]
    print(f"handshake: {len(real)} settings, {sum(r.states for r in real)} "
          "states; mutants: "
          f"{sum(r.states for r in results if r.task.broken)} states")
    counts = [0, 0]
    for good, line in verdicts(results, "-v" in sys.argv):
        counts[not good] += 1
        print("  ok    " if good else "  FAILED", line)
    print(f"{counts[0]} passed, {counts[1]} failed")
    return counts[1] > 0


if __name__ == "__main__":
    sys.exit(main())
