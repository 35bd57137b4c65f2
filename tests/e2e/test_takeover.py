"""What a taken-over session gains, and what it does not: SECURITY.md."""
import contextlib
import errno
import json
import os
import signal
import struct
import time

from chat1 import Sender, mac256
from frames import payload_of
from harness import HURRY, ChatTest
from process import PATIENCE, Terminal, read_proc, status_of, wait_until
from takeover import CALLS, Killed, Takeover, possible

OUTPUT, CONNECTION, CHANNEL, RUNNER, RECORDER = 1, 3, 4, 5, 6
BEGIN, VERIFY, DELIVER, DONE = range(1, 5)
GO, WHOLE = 1, 1
ALARM = 249  # seconds after which the kernel ends a session
SIZE_PROOF = 32
SIZE_ID, SIZE_DIGEST = 16, 32
HANDLED = b"\1"
HOLD, APPEND = b"\1", b"\2"
HELD, RECORDED = 1, 2


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


class TakeoverTest(ChatTest):

    limit = 150 + ALARM

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


class HeldTurn(TakeoverTest):

    waits = ALARM // HURRY

    def test_p18_it_holds_the_turn_until_its_alarm_and_no_longer(self):
        self.hurry_up()
        alice = self.listen()
        start = time.monotonic()
        _, session = self.confirmed(alice)
        session.write(CHANNEL, bytes([DELIVER]) + bytes(SIZE_DIGEST))
        self.assertEqual(bytes([GO]), session.read(CHANNEL))
        session.go_on_with("poll", 0, 0, -1)
        self.assert_failed(self.send(alice, "x"), 75, "busy, try again")
        self.assert_waited(start, 26)
        self.assert_sent(self.send(alice, "at last", options=("-r", "3600"),
                                   seconds=PATIENCE + ALARM))
        self.assert_waited(start, ALARM)
        alice.err.wait_for(b"cut off: too slow")
        cut_off, line = alice.stop().stdout.splitlines()
        self.assertEqual(("", "bob: at last"), (cut_off, alice.text_of(line)))


class TakenOver(TakeoverTest):

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
        proof = bytes([VERIFY]) + os.urandom(SIZE_ID + 3 * SIZE_PROOF)
        with Sender(alice.port, **self.parties()) as bob:
            bob.ask(bob.hello())
            session = self.take_over(alice)
            session.write(CHANNEL, proof)
            self.assertEqual(bytes(2 + 2 * SIZE_PROOF),
                             session.read(CHANNEL))
            session.write(CHANNEL, proof)
            self.assertEqual(b"", session.read(CHANNEL))
            session.call("exit_group", 0)
        self.assert_sent(self.send(alice, "and on"))

    def test_p16_without_a_proof_it_gets_no_turn(self):
        alice = self.listen()
        with Sender(alice.port, **self.parties()):
            session = self.take_over(alice)
            session.write(CHANNEL, bytes([DELIVER]) + bytes(SIZE_DIGEST))
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
        session.write(CHANNEL, bytes([DELIVER]) + bytes(SIZE_DIGEST))
        self.assertEqual(bytes([GO]), session.read(CHANNEL))
        session.write(CHANNEL, bytes([DONE, WHOLE]))
        session.call("exit_group", 0)
        ended = alice.wait()
        self.assertEqual((0, ""), (ended.status, ended.stdout))

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


class ProvenTest(TakeoverTest):

    @staticmethod
    def request(ident, ticket, sender="bob", listed=1, text="forged"):
        """What a session says to runner or recorder."""
        return b"".join((ident, bytes(16), struct.pack("=q", int(time.time())),
                         sender.encode().ljust(65, b"\0"),
                         b"alice".ljust(65, b"\0"), bytes([listed, 0]), ticket,
                         text.encode()))

    def proven(self):
        """
        The session of a sender who is about to prove itself, taken over; the
        id; and what the keyholder gives for the proof, a ticket.
        """
        bob = Sender(self.alice.port, **self.parties())
        self.addCleanup(bob.close)
        challenge = bob.ask(bob.hello())
        session = self.take_over(self.alice)
        bob.absorb(challenge)
        bob.agree(payload_of(challenge)[1:66])
        proof = mac256(bob.chap_secret, b"chat1 sender proof\0",
                       bob.transcript, payload_of(challenge)[66:], bob.nonce)
        session.write(CHANNEL, b"".join((bytes([VERIFY]), bob.id,
                                         bob.transcript, bob.nonce, proof)))
        right, listed, ticket = struct.unpack("BB32x32s",
                                              session.read(CHANNEL))
        self.assertEqual((1, 1), (right, listed))
        return session, bob.id, ticket

    def ask(self, session, request, channel=RUNNER):
        """The answer on that channel; then the session ends."""
        session.write(channel, request)
        answer = session.read(channel)
        session.call("exit_group", 0)
        self.alice.wait_sessions(0)
        return answer


class Commands(ProvenTest):
    """p30: no proof, no command; and of a proof, one command."""

    def setUp(self):
        super().setUp()
        self.make_place()
        self.alice = self.listen(
            "-x", f"echo $CHAT_FROM $(cat) >>{self.place}/texts")

    def texts(self):
        path = self.place / "texts"
        return path.read_text().splitlines() if path.exists() else []

    def test_p30_without_a_proof_no_command_runs(self):
        with Sender(self.alice.port):
            self.assertEqual(b"", self.ask(
                self.take_over(self.alice),
                self.request(bytes(SIZE_ID), os.urandom(SIZE_PROOF))))
        self.assert_sent(self.send(self.alice, "and on"))
        self.assertEqual(["bob and on"], self.texts())

    def test_p30_a_command_runs_for_what_was_proven(self):
        session, ident, ticket = self.proven()
        self.assertEqual(HANDLED, self.ask(
            session, self.request(ident, ticket)))
        self.assertEqual(["bob forged"], self.texts())

    def test_p30_and_for_nothing_else(self):
        for change in ({"sender": "dave"}, {"listed": 0},
                       {"ident": bytes(SIZE_ID)}):
            session, ident, ticket = self.proven()
            request = {"ident": ident, "ticket": ticket} | change
            self.assertEqual(b"", self.ask(session, self.request(**request)),
                             change)
        self.assertEqual([], self.texts())

    def test_p30_nor_in_another_session(self):
        session, ident, ticket = self.proven()
        session.call("exit_group", 0)
        self.alice.wait_sessions(0)
        with Sender(self.alice.port):
            self.assertEqual(b"", self.ask(
                self.take_over(self.alice), self.request(ident, ticket)))
        self.assertEqual([], self.texts())

    def test_p30_nor_twice(self):
        session, ident, ticket = self.proven()
        request = self.request(ident, ticket)
        session.write(RUNNER, request)
        self.assertEqual(HANDLED, session.read(RUNNER))
        self.assertEqual(b"", session.read(RUNNER))
        self.assertEqual(-errno.EPIPE, session.write(RUNNER, request))
        session.call("exit_group", 0)
        self.alice.wait_sessions(0)
        self.assertEqual(["bob forged"], self.texts())


class Log(ProvenTest):
    """p30: no proof, no line of the log; and of a proof, one line."""

    def setUp(self):
        super().setUp()
        self.alice = self.listen("-o", "log")

    def texts(self):
        lines = (self.home / "log").read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["text"] for line in lines[1:]]

    def assert_refused(self, session, request):
        self.assertEqual(b"", self.ask(session, APPEND + request, RECORDER))
        self.assertEqual([], self.texts())

    def test_p30_without_a_proof_nothing_is_recorded(self):
        with Sender(self.alice.port):
            self.assert_refused(
                self.take_over(self.alice),
                self.request(bytes(SIZE_ID), os.urandom(SIZE_PROOF)))
        self.assert_sent(self.send(self.alice, "and on"))
        self.assertEqual(["and on"], self.texts())

    def test_p30_what_was_proven_is_recorded(self):
        session, ident, ticket = self.proven()
        answer = self.ask(session, APPEND + self.request(ident, ticket),
                          RECORDER)
        self.assertEqual((RECORDED, 1), struct.unpack_from("=BQ", answer))
        self.assertEqual(["forged"], self.texts())

    def test_p30_and_nothing_else_is(self):
        for change in ({"sender": "dave"}, {"listed": 0},
                       {"ident": bytes(SIZE_ID)}):
            session, ident, ticket = self.proven()
            request = {"ident": ident, "ticket": ticket} | change
            self.assert_refused(session, self.request(**request))

    def test_p30_nor_is_it_in_another_session(self):
        session, ident, ticket = self.proven()
        session.call("exit_group", 0)
        self.alice.wait_sessions(0)
        with Sender(self.alice.port):
            self.assert_refused(self.take_over(self.alice),
                                self.request(ident, ticket))

    def test_p30_nor_twice_in_the_log(self):
        session, ident, ticket = self.proven()
        session.write(RECORDER, APPEND + self.request(ident, ticket))
        self.assertEqual(RECORDED, session.read(RECORDER)[0])
        self.assertEqual(b"", self.ask(
            session, APPEND + self.request(ident, ticket, text="more"),
            RECORDER))
        self.assertEqual(["forged"], self.texts())

    def test_p30_nor_another_text_than_was_held(self):
        session, ident, ticket = self.proven()
        session.write(RECORDER, HOLD + self.request(ident, ticket))
        self.assertEqual(HELD, session.read(RECORDER)[0])
        self.assertEqual(b"", self.ask(
            session, APPEND + self.request(ident, ticket, text="more"),
            RECORDER))
        self.assertEqual([], self.texts())
