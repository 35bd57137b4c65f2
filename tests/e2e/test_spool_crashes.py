"""Property 31, with processes that are killed before each of their system calls.
"""
import json
import os
import sys
from pathlib import Path

from harness import SEND, SPOOL, Program
from process import wait_until
from takeover import possible
from test_spool import SpoolTest

KILL_AT = str(Path(__file__).with_name("kill_at.py"))
LAST = 2000  # more calls than chat-send and chat-spool make
EVERY = int(os.environ.get("CHAT_KILL_EVERY", 29))  # one call in so many
KILLED = -9


class SpoolCrashes(SpoolTest):
    """Alice keeps a log, so she knows what she has got."""

    limit = 600
    once = True

    def setUp(self):
        super().setUp()
        if not possible():
            self.skipTest("needs root on x86-64")
        self.need_no_counters()
        self.log = self.home / "log"
        self.alice("-q", "-o", str(self.log))

    def run_killed(self, number, *argv):
        """Runs a program that is killed before this call. Returns how it ended,
        and whether it was killed."""
        reader, writer = os.pipe()
        program = Program(self, (
            "sh", "-c", 'read -r _ && exec "$@"', "sh", *argv), stdin=reader)
        killer = Program(self, (sys.executable, KILL_AT, str(program.pid),
                                str(number)))
        killer.out.wait_for(b"ready")
        os.write(writer, b"\n")
        os.close(writer)
        os.close(reader)
        return program.wait(), "killed" in killer.wait().stdout

    def texts(self):
        return [json.loads(line)["text"]
                for line in self.log.read_text().splitlines()
                if '"type":"message"' in line]

    def deliver_rest(self):
        """Delivers all that is left."""
        if not self.files():
            return
        self.make_due()
        done = self.spool("-f", "-q")
        self.assertEqual((0, ""), (done.status, done.stderr))
        wait_until(lambda: not self.files(), "an empty spool")

    def expect_once(self, text, certain):
        """A text that was promised is there once; another one at most."""
        self.deliver_rest()
        found = self.texts().count(text)
        self.assertIn(found, (1,) if certain else (0, 1), text)

    def test_p31_a_sender_is_killed_at_any_call(self):
        """What has a file is promised, whatever it said."""
        for number in range(1, LAST, EVERY):
            text = f"text {number}"
            ended, killed = self.run_killed(
                number, SEND, "-s", "1d", "alice", text)
            self.assertIn(ended.status, (0, KILLED), ended)
            self.expect_once(text, ended.status == 0 or self.files())
            if not killed:
                break
        else:
            self.fail("chat-send makes more calls than expected")
        self.assertGreater(number, 100)

    def kill_courier(self, number):
        """Kills the process that delivers a queue before this call. Returns
        whether it came to that."""
        program = Program(self, (
            "sh", "-c", 'read -r _ && exec "$@"', "sh", SPOOL, "-f", "-q"),
            stdin=(pipe := os.pipe())[0])
        killer = Program(self, (sys.executable, KILL_AT, str(program.pid),
                                str(number), "child"))
        killer.out.wait_for(b"ready")
        os.write(pipe[1], b"\n")
        for fd in pipe:
            os.close(fd)
        program.wait()
        return "killed" in killer.wait().stdout

    def test_p31_a_courier_is_killed_at_any_call(self):
        port = self.port_of_alice()
        for number in range(1, LAST, EVERY):
            texts = [f"text {number} {i}" for i in range(2)]
            self.users(9)
            for text in texts:
                self.keep(text)
            self.users(port)
            self.make_due()
            killed = self.kill_courier(number)
            for text in texts:
                self.expect_once(text, True)
            if not killed:
                break
        else:
            self.fail("a courier makes more calls than expected")
        self.assertGreater(number, 100)

    def port_of_alice(self):
        with open(self.home / "users.json", encoding="utf-8") as file:
            return json.load(file)[0]["port"]
