"""Host names: who looks them up, for how long, and what that one knows."""
import os
import signal
import struct

from failing import FailingTest
from harness import SEND, Program
from process import in_group, links_of, memory_of, wait_until

HOST = "alice.example"
MOST_ADDRESSES = 16
RESOLUTION = struct.Struct(f"iiN{MOST_ADDRESSES}I{128 * MOST_ADDRESSES}s")
AT = f"alice at {HOST} port "


class Names(FailingTest):

    def argv(self, *options):
        path = self.directory(self.shared, ip=HOST)
        return SEND, "-d", path, "-u", "bob", *options, "alice", "hi"

    def start(self, *options):
        """A sender that waits for a mute name server, and who asked it."""
        self.set_plan(mute=1)
        sending = Program(self, self.argv(*options), env=self.failing)
        wait_until(self.asked, "the question")
        asker, = set(in_group(sending.pid)) - {sending.pid}
        return sending, asker

    def test_a_look_up_ends_with_its_time(self):
        self.set_plan(mute=1)
        sent = self.run_program(*self.argv("-t", "1"), env=self.failing)
        self.assert_failed(sent, 75, AT, "name servers take too long",
                           "give an address")

    def test_another_try_asks_again(self):
        self.set_plan(mute=1)
        sent = self.run_program(
            *self.argv("-t", "1", "-r", "2"), env=self.failing)
        self.assert_failed(sent, 75, AT, "name servers take too long")

    def test_whoever_looks_up_may_die(self):
        sending, asker = self.start()
        os.kill(asker, signal.SIGKILL)
        self.assert_failed(sending.wait(), 75, AT, "cannot look it up")

    def answer(self, count, length):
        """What comes of an answer that was put into the asker's mouth."""
        sending, asker = self.start()
        pipe, = (fd for fd, link in links_of(asker).items()
                 if link.startswith("pipe:") and fd > 2)
        with open(f"/proc/{asker}/fd/{pipe}", "wb") as mouth:
            mouth.write(RESOLUTION.pack(
                0, 0, count, *[length] * MOST_ADDRESSES, b""))
        return sending.wait()

    def test_whoever_looks_up_may_lie(self):
        """Its answer has no more addresses than there are, or larger ones."""
        self.need_root()
        for count, length in (0, 16), (MOST_ADDRESSES + 1, 16), (1, 129):
            self.assert_failed(self.answer(count, length), 75, AT,
                               "cannot look it up: Input/output error")
        # And this is how it would look if it were believed.
        self.assert_failed(self.answer(MOST_ADDRESSES, 128), 75, AT,
                           "cannot connect")

    def test_there_may_be_no_process_for_it(self):
        self.set_plan(forks=1)
        sent = self.run_program(*self.argv(), env=self.failing)
        self.assert_failed(sent, 75, AT, "cannot look it up")

    def test_an_address_asks_nobody(self):
        self.set_plan(forks=1, mute=1)
        alice = self.listen()
        sent = self.send(alice, "hi", env=self.failing)
        self.assert_sent(sent)
        self.assertFalse(self.asked())

    def test_p13_whoever_looks_up_knows_no_password(self):
        self.need_root()
        sending, asker = self.start()
        for name, password in self.shared.items():
            self.assertNotIn(password.encode(), memory_of(asker), name)
            # It is seen where it must be, so it would be seen there.
            self.assertIn(password.encode(), memory_of(sending.pid), name)
        os.kill(asker, signal.SIGKILL)
        sending.wait()
