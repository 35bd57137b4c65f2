"""What a taken-over session gains, and what it does not: SECURITY.md."""
import contextlib
import errno
import os
import signal
import time

from chat1 import Sender
from harness import ChatTest
from process import Terminal, read_proc, status_of, wait_until
from takeover import CALLS, Killed, Takeover, possible

OUTPUT, CONNECTION, CHANNEL = 1, 3, 4
BEGIN, VERIFY, DELIVER, DONE = range(1, 5)
GO, WHOLE = 1, 1
SIZE_PROOF = 32
SIZE_ID, SIZE_DIGEST = 16, 32


def time_of_children(pid):
    """Returns the CPU seconds of children that have ended."""
    fields = read_proc(pid, "stat").rpartition(b")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def go_first(pid):
    """Gives it priority, because it could not compute enough in its lifetime
    on a busy machine. Uses a real-time class if possible, but not all of
    the time."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))


class TakenOver(ChatTest):

    limit = 150

    def setUp(self):
        super().setUp()
        self.need_seccomp()
        if not possible():
            self.skipTest("needs root on x86-64")

    def take_over(self, alice):
        """Takes the only session over, once it waits for its peer."""
        session, = alice.wait_sessions(1)
        wait_until(lambda: status_of(session)["Seccomp"] == ["2"] and
                   status_of(session)["State"][0] == "S", "it to wait")
        return Takeover(session)

    def confirmed(self, alice):
        """Returns a sender that has proven itself, and its session, taken
        over."""
        bob = Sender(alice.port, **self.parties())
        self.addCleanup(bob.close)
        bob.shake_hands()
        return bob, self.take_over(alice)

    def assert_killed(self, alice, name, *args):
        with Sender(alice.port) as bob:
            session = self.take_over(alice)
            with self.assertRaises(Killed, msg=name) as killed:
                session.call(name, *args)
            self.assertEqual(signal.SIGSYS, killed.exception.number, name)
            self.assertEqual(b"", bob.hear())
        alice.wait_sessions(0)

    def test_p15_it_has_no_other_system_calls(self):
        """No file, socket, process, signal, tracing or change of rights."""
        alice = self.listen()
        allowed = {"read", "write", "poll", "mmap", "exit_group"}
        for name in CALLS.keys() - allowed:
            self.assert_killed(alice, name, os.getpid(), 0, 0)
        executable = (0, 4096, 7, 0x22, -1, 0)
        self.assert_killed(alice, "mmap", *executable)
        self.assert_sent(self.send(alice, "and on"))
        self.assertEqual(["bob: and on"], alice.shown())

    def test_it_has_three_descriptors(self):
        alice = self.listen()
        with Sender(alice.port) as bob:
            session = self.take_over(alice)
            self.assertEqual(6, session.write(CONNECTION, b"words\n"))
            self.assertEqual(b"words\n", bob.hear())
            forged = b"2026-11-23T03:22:01Z mallory: I was here\n"
            self.assertEqual(len(forged), session.write(OUTPUT, forged))
            for other in (0, 2, *range(5, 40)):
                self.assertLess(session.write(other, b"x"), 0, other)
            session.call("exit_group", 0)
        self.assertEqual(["mallory: I was here"], alice.shown())

    def test_p14_a_terminal_is_for_writing_only(self):
        screen = Terminal()
        self.addCleanup(screen.hang_up)
        alice = self.listen(stdout=screen.slave)
        screen.type("what others type\n")
        with Sender(alice.port):
            session = self.take_over(alice)
            self.assertEqual(-errno.EBADF, session.call(
                "read", OUTPUT, session.scratch, 16))
            self.assertEqual(2, session.write(OUTPUT, b"x\n"))
            session.call("exit_group", 0)

    def test_p16_it_spends_one_guess(self):
        alice = self.listen()
        proof = bytes([VERIFY]) + os.urandom(3 * SIZE_PROOF)
        with Sender(alice.port, **self.parties()) as bob:
            bob.ask(bob.hello())
            session = self.take_over(alice)
            session.write(CHANNEL, proof)
            self.assertEqual(bytes(2 + SIZE_PROOF), session.read(CHANNEL))
            session.write(CHANNEL, proof)
            self.assertEqual(b"", session.read(CHANNEL))
            session.call("exit_group", 0)
        self.assert_sent(self.send(alice, "and on"))

    def test_p16_without_a_proof_it_gets_no_turn(self):
        alice = self.listen()
        with Sender(alice.port, **self.parties()):
            session = self.take_over(alice)
            session.write(CHANNEL, bytes([DELIVER]) + bytes(SIZE_ID + SIZE_DIGEST))
            self.assertEqual(b"", session.read(CHANNEL))
            session.call("exit_group", 0)
        self.assert_sent(self.send(alice, "and on"))

    def test_it_is_not_counted_for_how_it_ends(self):
        alice = self.listen("-c", "1")
        for status in range(20):
            with Sender(alice.port):
                self.take_over(alice).call("exit_group", status)
            alice.wait_sessions(0)
        self.assertTrue(alice.running())
        self.assert_sent(self.send(alice, "the first"))
        self.assertEqual(0, alice.wait().status)

    def test_it_is_counted_for_a_message_once_it_has_proven_itself(self):
        alice = self.listen("-c", "1")
        _, session = self.confirmed(alice)
        session.write(CHANNEL, bytes([DELIVER]) + bytes(SIZE_ID + SIZE_DIGEST))
        self.assertEqual(bytes([GO]), session.read(CHANNEL))
        session.write(CHANNEL, bytes([DONE, WHOLE]))
        session.call("exit_group", 0)
        ended = alice.wait()
        self.assertEqual((0, ""), (ended.status, ended.stdout))

    def test_p18_it_holds_the_turn_until_its_alarm_and_no_longer(self):
        self.hurry_up()
        alice = self.listen()
        start = time.monotonic()
        _, session = self.confirmed(alice)
        session.write(CHANNEL, bytes([DELIVER]) + bytes(SIZE_ID + SIZE_DIGEST))
        self.assertEqual(bytes([GO]), session.read(CHANNEL))
        session.go_on_with("poll", 0, 0, -1)
        self.assert_failed(self.send(alice, "x"), 75, "busy, try again")
        self.assert_waited(start, 26)
        self.assert_sent(self.send(alice, "at last", options=("-r", "3600")))
        self.assert_waited(start, 75)
        alice.err.wait_for(b"cut off: too slow")
        cut_off, line = alice.stop().stdout.splitlines()
        self.assertEqual(("", "bob: at last"), (cut_off, alice.text_of(line)))

    def test_p18_it_computes_for_ten_seconds_and_no_longer(self):
        self.hurry_up()
        alice = self.listen()
        with Sender(alice.port) as bob:
            session = self.take_over(alice)
            go_first(session.pid)
            session.spin()
            self.assertEqual(b"", bob.hear())
        alice.err.wait_for(b"crashed: Killed")
        computed = time_of_children(alice.pid) * self.hurry
        self.assertTrue(8 < computed < 12 + 2 * self.hurry, computed)
