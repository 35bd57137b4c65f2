"""Traffic around a listener in a soak: a thread for each kind."""
import os
import random
import signal
import socket
import subprocess
import threading
import traceback
from collections import Counter
from itertools import count

from chat1 import Sender
from frames import BUSY as BUSY_REASON, WAIT
from frames import kind_of, payload_of
from harness import SEND
from initiator import Initiator
from process import soon, title_of
from tamper import FRAMES, KINDS, Change, Middle, every_change

LETTERS = "abcdefghij \u00e4\u20ac\U0001f600\n\t\x1b\"\\"
LENGTHS = (1, 10, 10, 100, 100, 1000, 1000, 10000, 65000)
BUSY = bytes((BUSY_REASON,)), bytes((WAIT,))
UNKNOWN = 79
NEVER = "never"  # the status of a message that must not be shown
# Their sessions are never killed: what they send twice is shown once.
RETRYING = "127.3."


class Busy(Exception):
    """There was no room."""


class Kind(threading.Thread):
    """Does something, waits, and repeats, until the soak is over."""

    pause = 0.1  # seconds
    net = 0  # of its sources, which are 127.net.x.y

    def __init__(self, soak, number):
        super().__init__(daemon=True)
        self.soak = soak
        self.random = random.Random(f"{soak.seed} {number}")
        self.counts = Counter()
        self.sources = (f"127.{self.net}.{n // 254 % 254}.{n % 254 + 1}"
                        for n in count())

    def run(self):
        while not self.soak.over.wait(self.pause):
            try:
                self.counts[self.once()] += 1
            except ConnectionError:
                self.counts["cut off"] += 1
            except Busy:
                self.counts["busy"] += 1
            except Exception:
                self.soak.faults.append(traceback.format_exc())
                return

    def connect(self, source=None):
        return socket.create_connection(
            ("127.0.0.1", self.soak.listener.port),
            source_address=(source or next(self.sources), 0))

    def ask(self, peer, line, expected):
        """Returns the answer: the expected one, or an end, because sessions
        die."""
        answer = peer.ask(line)
        if not answer:
            raise ConnectionResetError
        if kind_of(answer) == "nack" and payload_of(answer) in BUSY:
            raise Busy
        if kind_of(answer) != expected:
            raise AssertionError(f"{expected} expected: {answer}")
        return answer

    def stranger(self, **wrong):
        """Returns a sender with a connection from a source of this kind."""
        return Sender(self.soak.listener.port, source=next(self.sources),
                      **self.soak.test.parties() | wrong)

    def text(self):
        length = self.random.choice(LENGTHS)
        letters = self.random.choices(LETTERS, k=length // 2)
        return "".join(letters)[:length] + "."


class Honest(Kind):
    """chat-send, with all its options."""

    pause = 0.04

    def once(self):
        message = self.soak.books.open(self.text())
        sending = subprocess.Popen(
            [SEND, "-q", "-d", self.soak.directory, "-u", "bob", "-i",
             message.drawn, "alice"], env=self.soak.test.environment,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.soak.senders.append(sending)
        sending.communicate(message.text.encode())
        self.soak.senders.remove(sending)
        self.soak.books.close(message, sending.returncode)
        return f"status {sending.returncode}"


class Peer(Kind):
    """An honest client of another implementation."""

    pause = 0.5

    def once(self):
        message = self.soak.books.open(self.text()[:1000])
        with self.connect("127.0.2.1") as connection:
            status = Initiator(
                connection, drawn=bytes.fromhex(message.drawn),
                **self.soak.test.parties()).deliver(message.text.encode())
        self.soak.books.close(message, status)
        return f"status {status}"


class Tampering(Kind):
    """A change to one frame of an honest sender, and the retry."""

    pause, net = 0.1, 3

    def __init__(self, soak, number):
        super().__init__(soak, number)
        self.middle = Middle(soak.test, soak.listener)

    def once(self):
        kind = self.random.choice(list(KINDS))
        every = every_change(self.random.choice(FRAMES), kind)
        if not every:
            return "nothing to change"
        change = self.random.choice(every)
        self.middle.source = next(self.sources)
        message = self.soak.books.open("tampered")
        sending = self.middle.start(self.middle.port, message.text,
                                    message.drawn, ("-t", soon()))
        made = self.middle.relay(change)
        status = sending.wait()
        if made and status == 0:
            self.soak.faults.append(f"a receipt in spite of {change}")
        if made and change.frame == 5:
            status = NEVER
        if made and change.frame == 6:  # the first attempt has shown it
            status = self.middle.start(
                self.soak.listener.port, message.text,
                message.drawn).wait() and UNKNOWN
        self.soak.books.close(message, status)
        return "changed" if made else "unchanged"


class Slow(Kind):
    """An honest, slow sender, so that its session can be killed in time."""

    pause, net = 0.1, 9

    def __init__(self, soak, number):
        super().__init__(soak, number)
        self.middle = Middle(soak.test, soak.listener)

    def once(self):
        self.middle.source = next(self.sources)
        message = self.soak.books.open(self.text()[:1000])
        sending = self.middle.start(self.middle.port, message.text,
                                    message.drawn)
        self.middle.relay(Change(0, "none", 0), lambda: self.soak.over.wait(
            self.random.random() / 5))
        self.soak.books.close(message, sending.wait())
        return f"status {sending.returncode}"


class Garbage(Kind):
    """Bytes that were never chat1; half of them always from one source."""

    net = 4

    def once(self):
        what = self.random.choice((
            b"GET / HTTP/1.1\r\n\r\n", b"\n", b"{}\n", b"[" * 1000 + b"\n",
            b"x" * 100000, self.random.randbytes(300), b"\x16\x03\x01", b"",
            b'{"header":{"msg_type":"hello"\n'))
        source = self.random.choice((None, "127.4.0.1"))
        with self.connect(source) as connection:
            connection.sendall(what)
            try:
                connection.shutdown(socket.SHUT_WR)
            except OSError:  # it has left
                return "cut off"
            while connection.recv(4096):
                pass
        return "said"


class Guesses(Kind):
    """Passwords, one after another."""

    net = 5

    def once(self):
        wrong = "%032x" % self.random.getrandbits(128)
        with self.stranger(passwords=(wrong, wrong)) as eve:
            challenge = self.ask(eve, eve.hello(), "challenge")
            self.ask(eve, eve.response(challenge), "nack")
        return "refused"


class Idle(Kind):
    """Connections that stay open, some after a part of the handshake."""

    pause, net = 0.3, 6

    def once(self):
        with self.stranger() as eve:
            if self.random.random() < 0.5:
                eve.ask(eve.hello())
            self.soak.over.wait(self.random.random() * 12)
        return "held"


class Leaving(Kind):
    """Proven senders who leave before or within their text."""

    pause, net = 0.3, 7

    def once(self):
        with self.stranger() as bob:
            challenge = self.ask(bob, bob.hello(), "challenge")
            bob.absorb(self.ask(bob, bob.response(challenge), "confirm"))
            line = bob.text(b"never whole")
            bob.say(line[:self.random.randrange(len(line))])
        return "left"


class Replays(Kind):
    """Frames that an honest sender sent once."""

    pause, net, left = 0.2, 8, 0
    often = 100  # replays of a recording, before its time is too old

    def record(self):
        message = self.soak.books.open("recorded")
        with self.connect("127.0.2.1") as connection:
            bob = Initiator(connection, drawn=bytes.fromhex(message.drawn),
                            **self.soak.test.parties())
            status = bob.deliver(message.text.encode())
        self.soak.books.close(message, status)
        if status == 0:
            self.recorded, self.left = bob.lines[::2], self.often

    def once(self):
        if self.left == 0:
            self.record()
            return "recorded"
        self.left -= 1
        with self.stranger() as eve:
            self.ask(eve, self.recorded[0], "challenge")
            self.ask(eve, self.recorded[1], "nack")
        return "refused"


class SenderKills(Kind):
    """Honest senders, killed at any moment."""

    def once(self):
        senders = list(self.soak.senders)
        if not senders or self.random.random() < 0.8:
            return "spared"
        self.random.choice(senders).kill()
        return "killed"


class Kills(Kind):
    """Sessions, killed at any moment; but at most as many as the log has lines
    for: a real crash must be seen there."""

    pause = 2.2

    def once(self):
        sessions = self.soak.listener.children()["session"]
        if not sessions:
            return "nobody there"
        return self.kill(self.random.choice(sessions))

    def kill(self, pid):
        """Makes sure that the process is still a session of ours."""
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return "too late"
        try:
            if pid not in self.soak.listener.children()["session"]:
                return "too late"
            if f"with {RETRYING}" in title_of(pid):
                return "spared"
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            return "killed"
        except ProcessLookupError:
            return "too late"
        finally:
            os.close(handle)


class Reloads(Kind):
    """Another directory, or a broken one."""

    pause, others = 1.5, 3000

    def once(self):
        good = self.random.random() < 0.7
        self.soak.write_directory(self.random.randrange(self.others), good)
        self.soak.listener.process.send_signal(signal.SIGHUP)
        return "good" if good else "broken"


ALL = (Honest, Honest, Peer, Slow, Slow, Slow, Tampering, Garbage, Guesses,
       Idle, Idle, Idle, Idle, Leaving, Replays, SenderKills, Kills, Reloads)
