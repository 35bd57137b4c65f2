"""Mixed traffic around one listener for a while. Afterwards no message may be
lost, shown twice or invented, and nothing may be left."""
import contextlib
import json
import os
import random
import threading
import time
from collections import Counter
from typing import NamedTuple

from chat1 import id_of
from harness import LISTEN, SEND, Listener
from process import read_proc, wait_until
from traffic import ALL, NEVER, Reloads

SLOTS = 32  # -m
FEWEST = 50  # at least so many messages, however long it takes
WARM_UP = 0.2  # of the time: by then, one-time allocations are made
SHORT_S = 300  # except in a short soak
GROWTH_KB, SHORT_GROWTH_KB = 300, 3000  # of the rest, between its halves
LASTING = "listener_fds", "keyholder_fds"  # at the start and at the end
ACKNOWLEDGED, NEVER_SENT = (0,), (69, 75, 76, 77, NEVER)
START = b'{"v":1,"type":"message"'


class Message(NamedTuple):
    drawn: str  # as -i expects it
    text: str

    @property
    def id(self):
        """As alice shows it."""
        return id_of(bytes.fromhex(self.drawn), "alice").hex()


class Books:
    """All that was sent, and the result for its sender."""

    def __init__(self):
        self.texts, self.statuses = {}, {}
        self.cut = 0  # lines that end early

    def open(self, text):
        message = Message(os.urandom(16).hex(), text)
        self.texts[message.id] = message.text
        return message

    def close(self, message, status):
        self.statuses[message.id] = status

    def wrongs(self, output):
        """Returns what is wrong, if this was shown."""
        times = Counter()
        # An empty line: its writer was killed after it had written everything.
        for line in filter(None, output.split(b"\n")):
            try:
                shown = json.loads(line)
            except ValueError:
                self.cut += 1
                yield from self.torn(line)
                continue
            times[shown["id"]] += 1
            if self.texts.get(shown["id"]) != shown["text"] or \
                    shown["from"] != "bob" or not shown["listed"]:
                yield f"nobody sent {line[:200]!r}"
        for message_id in self.texts:
            status = self.statuses.get(message_id, "unheard of")
            shown = times[message_id]
            if shown > 1 or (shown == 0 and status in ACKNOWLEDGED) or \
                    (shown == 1 and status in NEVER_SENT):
                yield f"status {status}, shown {shown} times"

    def torn(self, line):
        """Its writer was killed: it must be the start of a sent message."""
        head, _, said = line.partition(b'"text":"')
        message_id = head.partition(b'"id":"')[2][:32].decode()
        text = self.texts.get(message_id, "")
        if not START.startswith(line[:len(START)]) or \
                not text.startswith(beginning(said)):
            yield f"torn, and of nobody: {line[:200]!r}"
        if self.statuses.get(message_id) in ACKNOWLEDGED:
            yield f"torn, and receipted: {line[:200]!r}"


def beginning(said):
    """Returns the characters of a JSON string that ends early."""
    text = said.decode(errors="ignore")
    for end in range(len(text), max(len(text) - 12, 0), -1):
        try:
            return json.loads(f'"{text[:end]}"')
        except ValueError:  # within an escape
            pass
    return ""


class Sample(NamedTuple):
    """The parent and the keyholder at one time. None: it cannot be seen."""
    at: float
    listener_pss: int  # KB, with its part of shared pages
    keyholder_pss: int
    listener_own: int  # KB that it has written to, shared with sessions or not
    keyholder_own: int
    listener_fds: int
    keyholder_fds: int
    sessions: int


def kilobytes(pid, what):
    for line in read_proc(pid, "smaps_rollup").decode().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1])
    return None


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        return None


def peak(samples, name):
    values = [getattr(one, name) for one in samples]
    return None if None in values else max(values)


class Soak:

    def __init__(self, test, seconds):
        self.test, self.seconds = test, seconds
        self.seed = int(os.environ.get("CHAT_SEED", random.getrandbits(32)))
        print(f"to repeat: CHAT_SEED={self.seed}", flush=True)
        self.over, self.faults, self.senders = threading.Event(), [], []
        self.books, self.samples = Books(), []

    def start(self):
        """The listener writes to a file, and exempts only honest sources."""
        self.output = self.test.home / "shown"
        path = self.write_directory(Reloads.others, True)
        with open(self.output, "wb") as output:
            self.listener = Listener(
                self.test, LISTEN, "-p", "0", "-u", "alice", "-d", path, "-j",
                "-m", str(SLOTS), "-E", "127.0.0.1", "-E", "127.0.2.0/24",
                stdout=output)
        self.directory = self.test.directory(
            self.test.shared, self.listener.port, name="bob.json")
        self.keyholder, = self.listener.children()["keyholder"]
        self.kinds = [kind(self, i) for i, kind in enumerate(ALL)]

    def write_directory(self, others, good):
        path = self.test.directory(self.test.shared | {
            f"user{n}": f"password of {n}" for n in range(others)},
            name="listener.json")
        if not good:
            os.truncate(path, os.path.getsize(path) - 9)
        return path

    def sample(self):
        both = self.listener.pid, self.keyholder
        sessions = len(self.listener.children()["session"])
        try:
            self.samples.append(Sample(
                time.monotonic(), *(kilobytes(pid, "Pss") for pid in both),
                *(kilobytes(pid, "Anonymous") for pid in both),
                *map(descriptors, both), sessions))
        except FileNotFoundError:  # it has ended: this is noticed
            pass

    def run(self):
        """Returns what went wrong."""
        self.start()
        self.sample()
        end = time.monotonic() + self.seconds
        for kind in self.kinds:
            kind.start()
        while self.listener.running() and (
                time.monotonic() < end or len(self.books.statuses) < FEWEST):
            self.over.wait(min(1, self.seconds / 20))
            self.sample()
        self.over.set()
        with contextlib.suppress(AssertionError):  # wrongs() reports it
            wait_until(lambda: not any(kind.is_alive() for kind in self.kinds),
                       "the end of all traffic")
        return list(self.wrongs())

    def wrongs(self):
        yield from self.faults
        yield from (f"{type(kind).__name__} goes on" for kind in self.kinds
                    if kind.is_alive())
        if not self.listener.running():
            yield f"the listener has ended: {self.listener.wait()}"
            return
        self.listener.wait_sessions(0)
        self.settle()
        yield from self.growth()
        yield from self.slots()
        yield from self.last_message()
        ended = self.listener.stop()
        yield from (f"the listener says {line!r}"
                    for line in ended.stderr.splitlines()
                    if "internal" in line or (
                        "crash" in line and "crashed: Killed" not in line))
        yield from self.books.wrongs(self.output.read_bytes())

    def last_message(self):
        """The listener works once it has noticed that all have gone."""
        message = self.books.open("the last one")
        sent = self.test.run_program(
            SEND, "-d", self.directory, "-u", "bob", "-i", message.drawn,
            "-r", "3600", "alice", message.text)
        self.books.close(message, sent.status)
        if sent.status != 0:
            yield f"the last message: {sent}"

    def settle(self):
        """The last sample. What has ended is freed once the listener notices;
        this happens soon, but at no fixed time."""
        def settled():
            self.sample()
            return all(getattr(self.samples[0], name) ==
                       getattr(self.samples[-1], name) for name in LASTING)

        with contextlib.suppress(AssertionError):  # growth() reports it
            wait_until(settled, "descriptors to be what they were")

    def halves(self):
        """Returns both halves of the samples, without those of the warm-up."""
        seconds = self.samples[-1].at - self.samples[0].at
        start = self.samples[0].at + WARM_UP * seconds
        middle = start + (1 - WARM_UP) / 2 * seconds
        return ([one for one in self.samples if start <= one.at < middle],
                [one for one in self.samples if one.at >= middle])

    def growth(self):
        first, last = self.samples[0], self.samples[-1]
        for name in LASTING:
            if getattr(first, name) != getattr(last, name):
                yield f"{name}: {getattr(first, name)}, {getattr(last, name)}"
        most = GROWTH_KB if self.seconds >= SHORT_S else SHORT_GROWTH_KB
        for name in "listener_own", "keyholder_own":
            before, after = (peak(half, name) for half in self.halves())
            if before and after > before + most and self.is_real():
                yield f"{name}: {before}, {after}"
        children = self.listener.children()
        if sum(children.values(), []) != [self.keyholder]:
            yield f"children left: {children}"

    def is_real(self):
        """Not with sanitizers, which keep freed memory."""
        version = self.test.run_program(SEND, "-V")
        return "sandbox: none" not in version.stdout

    def slots(self):
        """All slots can be used again: parent and keyholder have forgotten the
        killed sessions. Some attempts are refused by chance."""
        with_us = []

        def full():
            with_us.append(self.kinds[0].connect("127.0.2.1"))
            return len(self.listener.children()["session"]) == SLOTS

        try:
            wait_until(full, "all slots")
        except AssertionError:
            yield f"only {len(self.listener.children()['session'])} slots"
        for connection in with_us:
            connection.close()
        self.listener.wait_sessions(0)

    def receipted(self):
        return list(self.books.statuses.values()).count(0)

    def report(self):
        """Prints the table."""
        print(f"{'traffic':12}{'count':>7}  how it went")
        for name in dict.fromkeys(type(kind).__name__ for kind in self.kinds):
            counts = sum((kind.counts for kind in self.kinds
                          if type(kind).__name__ == name), Counter())
            print(f"{name:12}{counts.total():7}  " + ", ".join(
                f"{how}: {n}" for how, n in counts.most_common()))
        statuses = Counter(self.books.statuses.values())
        print(f"messages: {len(self.books.texts)}, receipted "
              f"{statuses[0]}, torn lines {self.books.cut}")
        halves = self.halves()
        print(f"{'':14}{'start':>8}{'peaks of the halves':>24}{'end':>8}")
        for name in Sample._fields[1:]:
            values = (getattr(self.samples[0], name),
                      *(peak(half, name) for half in halves),
                      getattr(self.samples[-1], name))
            print(f"{name:14}" + "{!s:>8}{!s:>12}{!s:>12}{!s:>8}".format(
                *values))
