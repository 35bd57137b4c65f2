"""A listener in a crowd of hostile addresses, and friends who try to reach it.
"""
import math
import subprocess
import sys
import time
from pathlib import Path

from harness import LISTEN, ChatTest, Listener
from mob import MANNERS
from patience import clock, factor
from wire import Proxy

__all__ = "MANNERS", "Crowd"
KNOWN, NEW = "127.0.2.1", "127.0.3.{}"  # where friends connect from
SETTLE = 3  # seconds until the listener knows the crowd


class Tries:
    """How many attempts succeeded, of how many, and the slowest of them."""

    def __init__(self):
        self.through = self.count = 0
        self.worst = 0.0

    def add(self, seconds, most):
        self.count += 1
        if seconds is not None and seconds <= most:
            self.through += 1
            self.worst = max(self.worst, seconds)

    @property
    def share(self):
        return self.through / self.count

    @property
    def text(self):
        return f"{self.through}/{self.count}"


class Crowd(ChatTest):
    """A listener that exempts nobody, a friend that it knows, and the mob. Can
    be used as a context outside of the test runner."""

    def __init__(self, manner, addresses, options=()):
        super().__init__()
        self.manner, self.addresses = manner, str(addresses)
        self.options = options

    def runTest(self):
        """There is no test of this name."""

    def __enter__(self):
        self.setUp()
        path = self.directory(self.shared, name="listener.json")
        self.alice = Listener(self, LISTEN, "-p", "0", "-d", path,
                              "-u", "alice", *self.options)
        self.home_of = {}
        if self.attempt(KNOWN, 20) is None:
            raise AssertionError("the friend is not heard without a crowd")
        self.mob = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("mob.py"),
             str(self.alice.port), self.manner, self.addresses, "8",
             str(factor())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(self.mob.kill)
        if self.mob.stdout.readline() != b"ready\n":
            raise AssertionError("the mob did not come")
        return self

    def __exit__(self, *what):
        self.doCleanups()

    def attempt(self, origin, seconds):
        """Sends from there, again and again. Returns the time it took."""
        if origin not in self.home_of:
            proxy = Proxy(self.alice, origin=origin)
            self.addCleanup(proxy.close)
            self.home_of[origin] = self.command(
                proxy, "let me through",
                options=("-r", str(math.ceil(seconds * factor()))))
        start = clock()
        sent = subprocess.run(self.home_of[origin], env=self.environment,
                              capture_output=True, check=False)
        return None if sent.returncode else clock() - start

    @staticmethod
    def settle():
        time.sleep(SETTLE)

    def friend(self, tries):
        """A sender who has delivered before, within 2 seconds."""
        found = Tries()
        for _ in range(tries):
            found.add(self.attempt(KNOWN, 2), 2)
        return found

    def strangers(self, tries):
        """Senders who never have, within 10 seconds each."""
        found = Tries()
        for number in range(tries):
            found.add(self.attempt(NEW.format(number + 1), 10), 10)
        return found

    def disperse(self):
        """Ends the mob. Returns how many connections it had."""
        output, _ = self.mob.communicate(timeout=60)
        return int(output)
