"""No stranger keeps a known sender out (DESIGN.md, section 5, admission)."""
import os
import resource
import signal
import socket
import time

from chat1 import Sender
from frames import (BUSY, CLOCK, NOT_AUTHENTIC, WAIT, frame, kind_of, mac_of,
                    payload_of)
from harness import LISTEN, ChatTest, Listener
from process import read_proc, stop, wait_until

STRANGER = "127.0.0.2"
ENFORCED = 15  # seconds of penalty from which a source is barred


class AdmissionTest(ChatTest):

    def setUp(self):
        super().setUp()
        self.open = []
        self.addCleanup(self.close_all)

    def close_all(self):
        for connection in self.open:
            connection.close()
        self.open.clear()

    def listen_strictly(self, *options):
        """Starts a listener that exempts no source."""
        path = self.directory(self.shared, name="listener.json")
        return Listener(self, LISTEN, "-p", "0", "-d", path, "-u", "alice",
                        *options)

    def connect(self, alice, source=STRANGER):
        connection = socket.create_connection(
            ("127.0.0.1", alice.port), source_address=(source, 0))
        self.open.append(connection)
        return connection

    def answer(self, connection):
        """Returns what the listener sends until it closes."""
        data = b""
        try:
            while chunk := connection.recv(4096):
                data += chunk
        except ConnectionError:
            pass
        return data

    def assert_busy(self, data, reason=BUSY):
        self.assertEqual("nack", kind_of(data))
        self.assertEqual(bytes((reason,)), payload_of(data))

    def assert_has_to_wait(self, data):
        """Expects a refusal for its failures, not for lack of room."""
        self.assert_busy(data, WAIT)

    def misbehave(self, alice, what, source=STRANGER):
        connection = self.connect(alice, source)
        connection.sendall(what)
        return self.answer(connection)


class Crowds(AdmissionTest):

    limit = 120

    def test_p17_a_thousand_idle_connections_keep_nobody_out(self):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        alice = self.listen_strictly()
        for _ in range(1000):
            self.connect(alice)
        self.assert_sent(self.send(alice, "let me through"))
        self.assertLessEqual(len(alice.children()["session"]), 9)
        alice.process.send_signal(signal.SIGTERM)
        self.assertIn("bob: let me through\n", alice.wait().stdout)

    def test_a_source_has_eight_sessions_at_most(self):
        alice = self.listen_strictly()
        for _ in range(8):
            self.connect(alice)
        alice.wait_sessions(8)
        self.assert_busy(self.answer(self.connect(alice)))
        self.connect(alice, "127.0.0.3")
        alice.wait_sessions(9)

    def test_M_says_how_many(self):
        alice = self.listen_strictly("-M", "2")
        self.connect(alice)
        self.connect(alice)
        alice.wait_sessions(2)
        self.assert_busy(self.answer(self.connect(alice)))

    def test_D_keeps_the_silent_out(self):
        alice = self.listen_strictly("-D")
        for _ in range(20):
            self.connect(alice)
        self.assert_sent(self.send(alice, "while they are silent"))
        alice.wait_sessions(0)
        self.open[0].sendall(b"x")
        alice.wait_sessions(1)

    def test_E_trusts_a_network(self):
        alice = self.listen_strictly("-M", "1", "-E", STRANGER + "/31")
        for _ in range(4):
            self.connect(alice)
        alice.wait_sessions(4)

    def test_m_is_for_all(self):
        alice = self.listen_strictly("-m", "1", "-E", "127.0.0.0/8")
        self.connect(alice)
        alice.wait_sessions(1)
        sent = self.send(alice, "no room")
        self.assert_failed(sent, 75, "busy, try again")
        self.close_all()
        alice.wait_sessions(0)
        self.assert_sent(self.send(alice, "room again"))


class Queues(AdmissionTest):

    limit = 120

    def test_p17_who_comes_while_a_process_of_ours_is_slow_waits(self):
        self.hurry_up()
        for role in "keyholder", "recorder", "runner":
            with self.subTest(slow=role):
                alice = self.listen_strictly(
                    "-m", "512", "-E", "127.0.0.0/8", "-x", "cat",
                    "-o", str(self.home / f"{role}.jsonl"))
                slow, = alice.children()[role]
                stop(slow)
                for _ in range(330):  # more than a queue of orders holds
                    self.connect(alice)
                for _ in range(2):
                    alice.process.send_signal(signal.SIGHUP)
                self.answer(self.open[0])  # once its time is over
                os.kill(slow, signal.SIGCONT)
                for connection in self.open:
                    self.assertEqual(b"", self.answer(connection))
                self.close_all()
                alice.err.wait_for(b": reloaded, ")
                alice.stop()


class Proofs(AdmissionTest):

    def shared_memory(self, pid):
        """Returns the access rights to shared memory; None if unknown."""
        maps = read_proc(pid, "maps").decode().splitlines()
        return [line.split()[1] for line in maps
                if "/dev/zero" in line] if maps else None

    def test_p36_sessions_do_not_have_the_proofs(self):
        """The parent trusts what the keyholder writes there."""
        self.need_root()
        alice = self.listen_strictly()
        self.connect(alice)
        session, = alice.wait_sessions(1)
        keyholder, = alice.children()["keyholder"]
        for pid, rights in ((alice.pid, ["r--s"]), (keyholder, ["rw-s"]),
                            (session, [])):
            wait_until(lambda: self.shared_memory(pid) is not None, "a map")
            self.assertEqual(rights, self.shared_memory(pid))

    def test_p36_whoever_has_to_make_room_is_gone_at_once(self):
        """A stopped session meets no deadline of its own."""
        alice = self.listen_strictly("-m", "1")
        self.assert_sent(self.send(alice, "now you know me"))
        alice.wait_sessions(0)
        stranger = self.connect(alice)
        session, = alice.wait_sessions(1)
        stop(session)
        self.assert_sent(self.send(alice, "my place"))
        self.assertEqual(b"", self.answer(stranger))
        alice.wait_sessions(0)

    def test_p36_what_a_session_took_is_paid_for(self):
        """Leaving just before the deadline costs as much as staying."""
        alice = self.listen_strictly()
        for _ in range(8):
            self.connect(alice)
        alice.wait_sessions(8)
        time.sleep(6)  # eight of these cost three times the 15 s
        self.close_all()
        alice.wait_sessions(0)
        self.assert_has_to_wait(self.answer(self.connect(alice)))
        alice.err.wait_for(b"its source misbehaved and must wait")


class Penalties(AdmissionTest):

    def fail_to_authenticate(self, alice, source=STRANGER):
        """Makes a wrong proof. Returns whether it was answered."""
        parties = self.parties() | {"passwords": ("wrong", "guess")}
        with Sender(alice.port, **parties) as sender:
            sender.socket.close()
            sender.socket = self.connect(alice, source)
            sender.lines = sender.socket.makefile("rb")
            answer = sender.ask(sender.hello())
            if kind_of(answer) == "nack":
                self.assert_has_to_wait(answer)
                return False
            nack = sender.ask(sender.response(answer))
            self.assertEqual(("nack", b"\4"), (kind_of(nack),
                                               payload_of(nack)))
        return True

    def fail_until_barred(self, alice, seconds, fail):
        """Fails until the source is barred. Each failure costs so many
        seconds, and fifteen are the limit; penalties decrease with time. So
        a source that was answered had a lower penalty before, however long
        this takes."""
        start, failures = time.monotonic(), 0
        while fail():
            owed = failures * seconds - (time.monotonic() - start)
            self.assertLess(owed, ENFORCED, failures)
            failures += 1
            alice.wait_sessions(0)
            if failures * seconds > 10 * ENFORCED:
                self.skipTest("a failure takes as long here as it costs")
        self.assertGreaterEqual(failures * seconds, ENFORCED)

    def test_guessing_bars_the_source_and_nobody_else(self):
        alice = self.listen_strictly()
        self.fail_until_barred(
            alice, 5, lambda: self.fail_to_authenticate(alice))
        self.assert_sent(self.send(alice, "I know the password"))

    def test_whoever_is_barred_is_told(self):
        """Even with the right password: "busy" would suggest a crowd."""
        alice = self.listen_strictly()
        wrong = self.shared | {"alice": self.secret()}
        while (sent := self.send(alice, "hi", knows=wrong)).status == 77:
            pass
        for ended in sent, self.send(alice, "hi"):
            self.assert_failed(ended, 75, "after failures", "wrong passwords",
                               "this address has to wait")

    def test_a_crash_bars_the_source_at_once(self):
        alice = self.listen_strictly("-v")
        self.connect(alice)
        session, = alice.wait_sessions(1)
        os.kill(session, signal.SIGKILL)
        alice.err.wait_for(b"session crashed")
        self.assert_has_to_wait(self.answer(self.connect(alice)))
        self.assert_sent(self.send(alice, "not from there"))

    def test_good_behaviour_costs_nothing(self):
        alice = self.listen_strictly()
        for n in range(30):
            self.assert_sent(self.send(alice, f"number {n}"))
            self.assert_sent(self.send(alice, options=("-n",)))

    def ride(self, alice, hello=None, response=None, spoil=lambda line: line):
        """Sends frames 1 and 3 with these times. Returns why it was refused.
        """
        with Sender(alice.port, **self.parties(), source=STRANGER) as sender:
            answer = sender.ask(sender.hello(hello))
            if kind_of(answer) == "challenge":
                answer = sender.ask(spoil(sender.response(answer, response)))
        return payload_of(answer)[0]

    def assert_costs(self, seconds, reason, **how):
        # With that many places, the budget of all sources is not reached here.
        alice = self.listen_strictly("-q", "-m", "1000")

        def fail():
            answer = self.ride(alice, **how)
            self.assertIn(answer, (reason, WAIT))
            return answer != WAIT

        self.fail_until_barred(alice, seconds, fail)

    def test_p17_a_hello_of_another_time_costs_as_any_failure(self):
        self.assert_costs(1, CLOCK, hello=time.time() - 10000)

    def test_p17_a_response_of_another_time_is_a_guess(self):
        """A wrong clock is not excused without a proof."""
        self.assert_costs(
            5, NOT_AUTHENTIC, response=time.time() - 10000,
            spoil=lambda line: line.replace(
                mac_of(line).hex().encode(), b"0" * 64))

    def test_p17_whoever_has_proven_himself_may_have_a_wrong_clock(self):
        alice = self.listen_strictly("-q")
        for _ in range(40):
            self.assertEqual(
                CLOCK, self.ride(alice, response=time.time() - 10000))
            alice.wait_sessions(0)

    def test_p23_the_log_stays_small(self):
        alice = self.listen_strictly("-E", "127.0.0.0/8")
        start = time.monotonic()
        for _ in range(200):
            self.assertTrue(self.misbehave(alice, b"garbage\n"))
        alice.wait_sessions(0)
        self.assert_bounded(alice, b"does not speak chat1", start)

    def assert_bounded(self, alice, reason, start):
        """Expects five lines in each window of ten seconds, and one for the
        rest."""
        windows = 2 + (time.monotonic() - start) // 10
        lines = alice.err.bytes.count(reason)
        self.assertLessEqual(lines, 6 * windows)
        self.assertGreaterEqual(lines, 5)

    def test_p23_the_log_of_refusals_stays_small(self):
        alice = self.listen_strictly("-M", "1")
        self.connect(alice)
        alice.wait_sessions(1)
        start = time.monotonic()
        for _ in range(200):
            self.assert_busy(self.answer(self.connect(alice)))
        self.assert_bounded(
            alice, b"too many sessions from this source", start)


class Deadlines(AdmissionTest):

    HANDSHAKE, COMPOSE = 10, 30  # seconds, common/base/limits.h
    limit, waits = 120, 10

    def setUp(self):
        super().setUp()
        self.start = time.monotonic()

    def assert_cut(self, alice, seconds):
        alice.err.wait_for(b"cut off: too slow")
        alice.wait_sessions(0)
        self.assert_waited(self.start, seconds)

    def test_p18_an_idle_peer_is_cut(self):
        alice = self.listen_strictly()
        connection = self.connect(alice)
        self.assertEqual(b"", self.answer(connection))
        self.assert_cut(alice, self.HANDSHAKE)

    def test_p18_a_trickling_peer_is_cut(self):
        self.hurry_up()
        alice = self.listen_strictly()
        connection = self.connect(alice)
        hello = iter(frame("hello", b"x" * 200))

        def trickle():
            """Sends a byte, then waits for a while without an answer."""
            connection.sendall(bytes((next(hello),)))
            try:
                return connection.recv(1) == b""
            except TimeoutError:
                return False

        connection.settimeout(0.1)
        wait_until(trickle, "the listener to lose patience")
        self.assert_cut(alice, self.HANDSHAKE)

    def test_p18_a_half_open_peer_is_cut(self):
        self.hurry_up()
        alice = self.listen_strictly()
        with Sender(alice.port, **self.parties()) as sender:
            sender.ask(sender.hello())
            self.assertEqual(b"", sender.hear())
        self.assert_cut(alice, self.HANDSHAKE)

    def test_p18_a_confirmed_peer_without_a_text_is_cut(self):
        alice = self.listen_strictly()
        with Sender(alice.port, **self.parties()) as sender:
            sender.shake_hands()
            self.assertEqual(b"", sender.hear())
        self.assert_cut(alice, self.COMPOSE)
