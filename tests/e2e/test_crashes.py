"""Property 29, with processes that are killed before each of their system calls.
"""
import os
import sys
import threading
from pathlib import Path

from harness import Program
from takeover import possible
from test_log import LogTest

KILL_AT = str(Path(__file__).with_name("kill_at.py"))
SENDERS = 3  # at once
FIRST = 100  # more calls than a recorder makes for so many messages
LAST = 1000  # more calls than a session makes
LOCK = threading.Lock()  # for the file of the results
EVERY = int(os.environ.get("CHAT_KILL_EVERY", 7))  # one call in so many


class Crashes(LogTest):
    limit = 600
    once = True

    def setUp(self):
        super().setUp()
        if not possible():
            self.skipTest("needs root on x86-64")
        self.need_no_counters()
        self.texts_sent = []

    def aim(self, pid, number, *child):
        """Starts what will kill the process at that call."""
        killer = Program(self, (sys.executable, KILL_AT, str(pid), str(number),
                                *child))
        killer.out.wait_for(b"ready")
        return killer

    def send_all(self, alice, number):
        """Sends some messages at once. Returns the arguments of each."""
        sends = [(f"{number:028x}{i:04x}", f"text {number} {i}")
                 for i in range(SENDERS)]
        threads = [threading.Thread(target=self.send_one, args=(alice, *one))
                   for one in sends]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.texts_sent += [text for _, text in sends]
        return sends

    def send_one(self, alice, drawn, text):
        sent = self.send(alice, text, options=("-j", "-i", drawn))
        with LOCK:
            self.kept = self.file("results", self.results() + sent.stdout)
        return sent

    def retry(self, alice, sends):
        """Sends all again, to the next listener if this one ends. Returns the
        listener. Each message stands once, and every receipt is true."""
        for drawn, text in sends:
            if self.send_one(alice, drawn, text).status != 0:
                self.assertEqual(74, alice.wait().status)
                alice = self.record()
                self.assertEqual(0, self.send_one(alice, drawn, text).status)
        self.assertEqual(sorted(self.texts_sent), sorted(self.texts()))
        self.assert_whole()
        return alice

    def test_p29_the_recorder_is_killed_at_any_call(self):
        for number in range(1, FIRST, (EVERY + 2) // 3):
            alice = self.record()
            recorder, = alice.children()["recorder"]
            killer = self.aim(recorder, number)
            alice = self.retry(alice, self.send_all(alice, number))
            alice.process.terminate()
            alice.wait()
            if killer.wait().stdout == "ready\nended\n":
                break
        else:
            self.fail("the recorder makes more calls than expected")
        self.assertGreater(number, 8)

    def test_p29_a_session_is_killed_at_any_call(self):
        alice = self.record()
        for number in range(1, LAST, EVERY):
            killer = self.aim(alice.pid, number, "child")
            drawn, text = f"{number:032x}", f"text {number}"
            self.send_one(alice, drawn, text)
            self.texts_sent.append(text)
            ended = killer.wait()
            self.retry(alice, [(drawn, text)])
            if ended.stdout == "ready\nended\n":
                break
        else:
            self.fail("a session makes more calls than expected")
        self.assertGreater(number, 40)
