"""p33: what live processes can reach, as listener/SECURITY.md and chat-send(1)
state it."""
import ctypes
import os
import re
import resource

import place
import takeover
from chat1 import Sender
from failing import FailingTest
from harness import ROOT, SEND, ChatTest, Program
from process import (in_group, links_of, memory_of, read_proc, status_of,
                     wait_until)

ENVIRONMENT = "a value that is only for whoever started chat-listen"
COMMAND = "exit 75 # a command that is the runner's business"


def table():
    """Returns the rows of the table in SECURITY.md: role to a dictionary."""
    text = (ROOT / "listener/SECURITY.md").read_text()
    lines = text.partition("## What each process has")[2].split("\n\n")[2]
    head, _, *rows = [[cell.strip(" *") for cell in line.strip("|").split("|")]
                      for line in lines.strip().splitlines()]
    return {row[0]: dict(zip(head[1:], row[1:])) for row in rows}


def memory_limit(pid):
    line = re.search(rb"Max data size\s+(\S+)", read_proc(pid, "limits"))[1]
    return None if line == b"unlimited" else int(line)


class Reach(ChatTest):

    def setUp(self):
        super().setUp()
        self.need_root()
        self.need_seccomp()

    def pids(self, *options):
        """Returns the process of each role, with a session that waits for its
        peer."""
        alice = self.listen(*options, env={"STARTER": ENVIRONMENT})
        peer = Sender(alice.port, **self.parties())
        self.addCleanup(peer.close)
        session, = alice.wait_sessions(1)
        wait_until(lambda: status_of(session)["Seccomp"] != ["0"],
                   "its sandbox")
        return {"parent": alice.pid, "session": session} | {
            role: pids[0] for role, pids in alice.children().items()
            if role != "session" and pids}

    def holds(self, pid):
        memory = memory_of(pid)
        return {
            "passwords": self.shared["alice"].encode() in memory,
            "environment": ENVIRONMENT.encode() in
            memory + read_proc(pid, "environ"),
            "text of -x": COMMAND.encode() in memory,
            "memory limit": memory_limit(pid) is not None,
            "filter": status_of(pid)["Seccomp"] == ["2"],
            "root": status_of(pid)["Uid"][0] == "0",
        }

    def test_p33_the_table_is_true(self):
        pids = self.pids("-x", COMMAND, "-o", "messages.jsonl")
        self.assertEqual(set(table()), set(pids))
        for role, pid in pids.items():
            with self.subTest(role=role):
                seen, said = self.holds(pid), table()[role]
                self.assertEqual(set(seen) | {"descriptors"}, set(said))
                for what, value in seen.items():
                    self.assertEqual("yes" if value else "no", said[what],
                                     f"{what} of the {role}")
                self.assertEqual(int(said["descriptors"]),
                                 len(links_of(pid)), links_of(pid))

    def test_p33_memory_is_limited(self):
        pids = self.pids("-o", "messages.jsonl")
        for role, most in (("session", 256 << 20), ("keyholder", 5 << 30),
                           ("recorder", 256 << 20)):
            self.assertLess(memory_limit(pids[role]), most)
            self.assertNotEqual(resource.RLIM_INFINITY,
                                memory_limit(pids[role]))


NOBODY = 65534
AT_FDCWD, AF_INET, SOCK_STREAM = -100, 2, 1
TEXT, LATER = "this is the message", "a line that comes later"
PROCESSES = ("first", "attempt", "alone", "look-up")


def senders_table():
    """Returns the table of chat-send(1): process to a dictionary."""
    page = (ROOT / "sender/chat-send.1").read_text()
    rows = [row.split(" Ta ") for row in page.partition(
        '.Bl -column "set-user-ID programs"')[2].partition(".El")[0]
        .replace("\n.It ", "\n").strip().splitlines()[1:]]
    assert rows[0][1:] == [f"Em {name}" for name in PROCESSES], rows[0]
    return {name: {row[0]: row[i] for row in rows[1:]}
            for i, name in enumerate(PROCESSES, 1)}


def landlock():
    return ctypes.CDLL(None).syscall(444, None, 0, 1) >= 1


class SendersReach(FailingTest):
    """chat-send of an ordinary user, who owns everything in their home."""

    def setUp(self):
        super().setUp()
        self.need_root()
        self.need_seccomp()
        if not takeover.possible():
            self.skipTest("senders are taken over as root on x86-64 only")
        self.shared["carol"] = self.secret()

    def start(self, ip, *options, to="alice", stdin=None):
        """Starts one whose peer, or whose name server, does not answer."""
        silent = self.serve(lambda peer: peer.recv(65536) and peer.recv(1))
        path = self.directory(self.shared, silent.port, ip)
        program = place.put(SEND, self.home)
        self.set_plan(mute=1)
        words = () if stdin else (TEXT,)
        source = self.file("stdin", stdin or "")
        for name in (self.home, *self.home.iterdir()):
            os.chown(name, NOBODY, NOBODY)
        with open(source, "rb") as lines:
            return Program(
                self, (program, "-d", path, "-u", "bob", *options, to, *words),
                env=self.failing | {"STARTER": ENVIRONMENT}, stdin=lines,
                user=NOBODY, group=NOBODY, extra_groups=[])

    def attempts_of(self, sending, count):
        """Returns the confined processes of so many attempts."""
        def confined():
            pids = [pid for pid in in_group(sending.pid)
                    if status_of(pid).get("Seccomp", ["0"]) != ["0"]]
            return pids if len(pids) >= count else None

        return wait_until(confined, "its sandbox")

    def attempt_of(self, sending):
        return self.attempts_of(sending, 1)[0]

    def asker_of(self, sending, count=1):
        """Returns the process that looks a name up: it has no children."""
        wait_until(lambda: self.asked() == count, "questions")
        group = set(in_group(sending.pid))
        return (group - {int(status_of(pid)["PPid"][0])
                         for pid in group}).pop()

    def may(self, pid):
        """Tries it: a process dies if its filter forbids a call."""
        file = str(self.home / "plan").encode() + b"\0"

        def answers(name, *args):
            # After a page fault, it waits in a system call again.
            wait_until(lambda: status_of(pid)["State"][0] == "S", "its rest")
            victim = takeover.Takeover(pid)
            victim.poke(victim.scratch, file)
            try:
                got = victim.call(name, *(victim.scratch if arg is None
                                          else arg for arg in args))
            except takeover.Killed:
                return False
            if got >= 0:
                victim.call("close", got)
            victim.resume()
            return got >= 0

        if status_of(pid)["Seccomp"] == ["2"]:
            # It would die; the unit tests of the sandbox try each call.
            return dict.fromkeys(
                ("files of the user", "new connections", "new processes"),
                answers("openat", AT_FDCWD, None, os.O_RDONLY))
        limits = read_proc(pid, "limits")
        return {
            "files of the user": answers("openat", AT_FDCWD, None, os.O_RDONLY),
            "new connections": answers("socket", AF_INET, SOCK_STREAM, 0),
            "new processes": not re.search(rb"Max processes +0 ", limits)}

    def has(self, pid):
        memory, links = memory_of(pid), links_of(pid)
        seen = {
            "passwords": str(sum(password.encode() in memory
                                 for password in self.shared.values())),
            "message": TEXT.encode() in memory,
            "lines to come": LATER.encode() in memory or
            str(self.home / "stdin") in links.values(),
            "environment": ENVIRONMENT.encode() in memory,
            "descriptors": str(len(links)),
            "system call filter": status_of(pid)["Seccomp"] == ["2"],
            "set-user-ID programs": status_of(pid)["NoNewPrivs"] == ["0"],
            "memory limit": memory_limit(pid) is not None,
            "core file": not re.search(rb"Max core file size +0 +0 ",
                                       read_proc(pid, "limits")),
            "traced by its user": os.stat(f"/proc/{pid}/mem").st_uid == NOBODY,
        } | self.may(pid)
        return {what: value if isinstance(value, str) else
                "yes" if value else "no" for what, value in seen.items()}

    def check(self, process, pid):
        said, seen = senders_table()[process], self.has(pid)
        if process == "look-up" and not landlock():
            said["files of the user"] = "yes"
        self.assertEqual(said, seen, process)

    def several(self, ip):
        return self.start(ip, "-l", "-r", "60", to="alice,carol",
                          stdin="\n".join((TEXT, "x" * 65536, LATER)))

    def test_p33_the_table_of_attempts_is_true(self):
        sending = self.several("127.0.0.1")
        attempt = self.attempt_of(sending)
        self.check("first", sending.pid)
        self.check("attempt", attempt)

    def test_p33_an_attempt_has_only_its_own_byte(self):
        """In it, it says that its text may have left."""
        for pid in self.attempts_of(self.several("127.0.0.1"), 2):
            maps = read_proc(pid, "maps").decode().splitlines()
            shared = [line for line in maps if "/dev/zero" in line]
            self.assertEqual(1, len(shared), shared)

    def test_p33_the_table_of_look_ups_is_true(self):
        sending = self.several("alice.example")
        self.check("look-up", self.asker_of(sending, 2))
        self.check("first", sending.pid)

    def test_p33_the_table_of_one_alone_is_true(self):
        sending = self.start("127.0.0.1")
        self.check("alone", self.attempt_of(sending))
