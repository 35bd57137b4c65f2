"""The log (-o) for a while: its listener and all processes of it are killed,
its file is rotated, its disk is full now and then, and senders retry. At the
end every message stands in the log once, as its receipts say."""
import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import traceback
from collections import Counter

from chat1 import id_of
from harness import BUILD
from process import wait_until

LOG = str(BUILD / "chat-log")
NAME = "messages.jsonl"
SENDERS = 6  # at once
MESSAGES = 30  # at least so many, however long it takes
AGAIN = 100  # known messages that are sent once more at the end
ROTATIONS = 48  # at most: the recorder looks through 64 older files
DISK = 64 << 20
TAKEN = "another id"


class Trouble(threading.Thread):
    """Does something, waits for up to so many seconds, and repeats."""

    def __init__(self, soak, once, most):
        super().__init__(daemon=True)
        self.soak, self.once, self.most = soak, once, most
        self.counts = Counter()

    def run(self):
        while not self.soak.over.wait(random.uniform(0, self.most)):
            try:
                self.counts[self.once()] += 1
            except Exception:
                self.soak.faults.append(traceback.format_exc())
                return


class DurableSoak:

    def __init__(self, test, seconds):
        self.test, self.seconds = test, seconds
        self.over, self.faults = threading.Event(), []
        self.lock = threading.Lock()  # for what senders share
        self.texts, self.receipts = {}, {}  # by the id that was drawn
        self.statuses = Counter()
        self.alice, self.starts, self.rotations = None, 0, 0
        self.disk = self.test.home / "disk"
        self.log, self.ballast = self.disk / NAME, self.disk / "ballast"
        self.kept = self.test.home / "results"

    # The listener.

    def mount(self):
        """Only root can have a disk that is so small that it is ever full."""
        self.disk.mkdir()
        self.small = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", self.disk],
            check=False).returncode == 0
        if self.small:
            self.test.addCleanup(
                subprocess.run, ["umount", "-l", self.disk], check=True)

    def is_up(self):
        return self.alice is not None and self.alice.running()

    def keep_up(self):
        """Starts the listener again when it has ended."""
        if self.is_up():
            return "up"
        if self.alice:
            self.bury()
        try:
            self.alice = self.test.listen("-o", str(self.log))
        except AssertionError as error:
            return "refused: " + self.reason_of(str(error))
        self.starts += 1
        return "started"

    def reason_of(self, words):
        """The disk is full, or what was killed is not gone yet; nothing else.
        """
        for reason in "No space left", "another chat-listen writes":
            if reason in words:
                return reason
        raise AssertionError(words)

    def bury(self):
        """Waits for all of it, and closes its pipes."""
        self.alice.wait()
        self.alice.clean_up()
        self.alice = None

    # What happens to it.

    def kill(self):
        """Kills the listener or any process of it, without a warning."""
        alice = self.alice
        if alice is None or not alice.running():
            return "nobody"
        role = random.choice(("recorder", "recorder", "session", "session",
                              "keyholder", "listener"))
        pids = [alice.pid] if role == "listener" else self.find(alice, role)
        if not pids:
            return "nobody"
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(pids), signal.SIGKILL)
        return role

    def find(self, alice, role):
        """Sessions are short, so it takes a while to see one."""
        pids = []
        while not pids and alice.running() and not self.over.wait(0.001):
            pids = alice.children()[role]
        return pids

    def rotate(self):
        if self.rotations == ROTATIONS or not self.log.exists():
            return "nothing"
        os.rename(self.log, self.disk / f"{NAME}.{self.rotations + 1}")
        self.rotations += 1
        alice = self.alice
        if alice is None or not alice.running():
            return "without a listener"
        with contextlib.suppress(ProcessLookupError):
            os.kill(alice.pid, signal.SIGUSR1)
        return "renamed"

    def fill(self):
        """Fills the disk up to the last pages; then there is room again."""
        with open(self.ballast, "wb") as ballast:
            left = os.statvfs(self.disk)
            size = left.f_bavail * left.f_frsize - random.randrange(3) * 4096
            with contextlib.suppress(OSError):
                os.posix_fallocate(ballast.fileno(), 0, max(size, 1))
        self.over.wait(random.uniform(0.2, 1))
        self.ballast.unlink()
        return "full"

    # Senders.

    def attempt(self, drawn):
        """Sends a message, once. Returns whether it was receipted."""
        alice = self.alice
        if alice is None:  # it has just ended
            return False
        sent = subprocess.run(
            self.test.command(alice, self.texts[drawn],
                              options=("-q", "-j", "-i", drawn)),
            env=self.test.environment, text=True, capture_output=True,
            check=False)
        if sent.returncode == 0:
            self.keep(drawn, sent.stdout)
        elif TAKEN in sent.stderr:
            raise AssertionError(f"{drawn}: {sent.stderr}")
        with self.lock:
            self.statuses[sent.returncode] += 1
        return sent.returncode == 0

    def keep(self, drawn, result):
        receipt = json.loads(result)["receipt"]
        with self.lock:
            with open(self.kept, "a", encoding="utf-8") as kept:
                kept.write(result)
            if self.receipts.setdefault(drawn, receipt) != receipt:
                raise AssertionError(
                    f"{drawn}: {self.receipts[drawn]}, then {receipt}")

    def send(self):
        """Sends a new message, or one again, whatever came of it before."""
        if self.alice is None:
            return "nobody"
        with self.lock:
            if self.texts and random.random() < 0.3:
                drawn = random.choice(list(self.texts))
            else:
                drawn = os.urandom(16).hex()
                self.texts[drawn] = "x" * random.choice((1, 100, 9000)) + drawn
        return "receipted" if self.attempt(drawn) else "failed"

    # From the start to the end.

    def run(self):
        """Returns what went wrong."""
        self.mount()
        self.kinds = {
            "keep up": Trouble(self, self.keep_up, 0.1),
            "kill": Trouble(self, self.kill, 4),
            "rotate": Trouble(self, self.rotate,
                              max(2, 2 * self.seconds / ROTATIONS)),
            **{f"send {n}": Trouble(self, self.send, 0.2)
               for n in range(SENDERS)}}
        if self.small:
            self.kinds["fill"] = Trouble(self, self.fill, 5)
        for kind in self.kinds.values():
            kind.start()
        self.over.wait(self.seconds)
        while len(self.receipts) < MESSAGES and not self.faults:
            self.over.wait(0.1)
        self.over.set()
        for kind in self.kinds.values():
            kind.join()
        return self.faults or list(self.wrongs())

    def files(self):
        return [self.disk / f"{NAME}.{n}"
                for n in range(1, self.rotations + 1)] + [self.log]

    def wrongs(self):
        wait_until(lambda: self.keep_up() == "up", "a listener")
        self.alice.stop()  # what was written reaches the end of its file
        wait_until(lambda: self.keep_up() == "up", "a listener")
        # Those that are known get the receipts that they had.
        known = list(self.receipts)
        for drawn in [*(self.texts.keys() - self.receipts.keys()),
                      *random.sample(known, min(AGAIN, len(known)))]:
            if not self.attempt(drawn):
                yield f"{drawn} is not receipted at the end"
        self.alice.stop()
        yield from self.miscounted()
        checked = self.test.run_program(
            LOG, "-c", *map(str, self.files()), str(self.kept))
        self.verdict = checked.stdout.strip()
        if checked.status != 0:
            yield f"chat-log: {checked}"

    def miscounted(self):
        lines = [json.loads(line) for path in self.files()
                 for line in path.read_text(encoding="utf-8").splitlines()]
        times = Counter((line["id"], line["text"])
                        for line in lines if "id" in line)
        for drawn, text in self.texts.items():
            found = times.pop(
                (id_of(bytes.fromhex(drawn), "alice").hex(), text), 0)
            if found != 1:
                yield f"{drawn} stands in the log {found} times"
        yield from (f"nobody sent {what}" for what in times)

    def receipted(self):
        return len(self.receipts)

    def report(self):
        for name, kind in self.kinds.items():
            print(f"{name:10}" + ", ".join(
                f"{what}: {n}" for what, n in kind.counts.most_common()))
        print(f"starts {self.starts}, rotations {self.rotations}, a small disk"
              f": {self.small}; messages {len(self.texts)}; attempts by status"
              f": {dict(sorted(self.statuses.items()))}")
        print(getattr(self, "verdict", "not checked"))
