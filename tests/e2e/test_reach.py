"""p33: what live processes have in reach, as listener/SECURITY.md says it."""
import re
import resource

from chat1 import Sender
from harness import ROOT, ChatTest
from process import (links_of, memory_of, read_proc, status_of, wait_until)

ENVIRONMENT = "a value that is for the listener's starter only"
COMMAND = "exit 75 # a command that is the runner's business"


def table():
    """Rows of the table in SECURITY.md: role to a dictionary."""
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
        """Of each role, with a session that waits for its peer."""
        alice = self.listen(*options, env={"STARTER": ENVIRONMENT})
        peer = Sender(alice.port, **self.parties())
        self.addCleanup(peer.close)
        session, = alice.wait_sessions(1)
        wait_until(lambda: status_of(session)["Seccomp"] != ["0"],
                   "its sandbox")
        return {"listener": alice.pid, "session": session} | {
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
        for role, pid in self.pids("-x", COMMAND).items():
            with self.subTest(role=role):
                seen, said = self.holds(pid), table()[role]
                self.assertEqual(set(seen) | {"descriptors"}, set(said))
                for what, value in seen.items():
                    self.assertEqual("yes" if value else "no", said[what],
                                     f"{what} of the {role}")
                self.assertEqual(int(said["descriptors"]),
                                 len(links_of(pid)), links_of(pid))

    def test_p33_memory_is_limited(self):
        pids = self.pids()
        for role, most in (("session", 256 << 20), ("keyholder", 5 << 30)):
            self.assertLess(memory_limit(pids[role]), most)
            self.assertNotEqual(resource.RLIM_INFINITY,
                                memory_limit(pids[role]))
