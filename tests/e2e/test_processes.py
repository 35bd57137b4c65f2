"""Parent, keyholder, sessions: which there are, with which rights, how long.
"""
import os
import resource
import signal
import socket
import struct
import threading

import patience
from chat1 import Sender
from harness import ChatTest
from process import (Collector, in_group, is_stopped, links_of, read_proc,
                     status_of, stop, title_of, wait_until, waiting_in)


class Roles(ChatTest):

    def test_three_roles_in_three_processes(self):
        alice = self.listen()
        with Sender(alice.port):
            session, = alice.wait_sessions(1)
            keyholder, = alice.children()["keyholder"]
            self.assertCountEqual([alice.pid, session, keyholder],
                                  in_group(alice.pid))
            self.assertRegex(title_of(keyholder),
                             r"\Achat-listen: keyholder\b")
            self.assertRegex(title_of(session),
                             r"\Achat-listen: session with 127\.0\.0\.1\b")
            for pid in (session, keyholder):
                self.assertEqual([str(alice.pid)], status_of(pid)["PPid"])

    def test_each_connection_has_a_session_of_its_own(self):
        alice = self.listen()
        with Sender(alice.port), Sender(alice.port), Sender(alice.port):
            self.assertEqual(3, len(set(alice.wait_sessions(3))))
        alice.wait_sessions(0)

    def test_p14_sessions_and_keyholder_may_do_nothing_new(self):
        self.need_seccomp()
        alice = self.listen()
        with Sender(alice.port):
            for pid in self.confined(alice):
                status = status_of(pid)
                self.assertEqual(["1"], status["NoNewPrivs"])
                self.assertEqual(["2"], status["Seccomp"])
                for kind in ("CapEff", "CapPrm", "CapInh"):
                    self.assertEqual(["0" * 16], status[kind])

    def confined(self, alice):
        """Returns the session and the keyholder, once both are ready."""
        session, = alice.wait_sessions(1)
        wait_until(lambda: status_of(session)["Seccomp"] != ["0"],
                   "the session to be confined")
        return session, *alice.children()["keyholder"]

    def test_p14_sessions_and_keyholder_of_root_are_nobody(self):
        self.need_root()
        self.need_seccomp()
        user = self.unprivileged()
        alice = self.listen(extra_groups=[user.pw_gid - 1])
        with Sender(alice.port):
            for pid in self.confined(alice):
                status = status_of(pid)
                self.assertEqual([str(user.pw_uid)] * 4, status["Uid"])
                self.assertEqual([str(user.pw_gid)] * 4, status["Gid"])
                self.assertEqual([], status["Groups"])
                self.assertEqual([], os.listdir(f"/proc/{pid}/root/"))
                root = os.readlink(f"/proc/{pid}/root")
                self.assertTrue(root.endswith(" (deleted)"), root)
                self.assertEqual([], os.listdir(f"/proc/{pid}/cwd/"))

    def test_p14_limits_of_a_session(self):
        self.need_seccomp()
        alice = self.listen()
        with Sender(alice.port):
            session, keyholder = self.confined(alice)
            self.assert_limits(session, {
                "open files": 3, "processes": 0, "core file size": 0,
                "locked memory": 0, "msgqueue size": 0, "file size": 0,
                "cpu time": 10})
            self.assert_limits(keyholder, {
                "processes": 0, "core file size": 0, "locked memory": 0})

    def test_p14_a_session_whose_output_is_a_file_may_write_it(self):
        self.need_seccomp()
        with open(self.home / "log", "ab") as log:
            alice = self.listen(stdout=log)
        with Sender(alice.port):
            session, _ = self.confined(alice)
            self.assert_limits(session, {"file size": "unlimited",
                                         "processes": 0})

    def assert_limits(self, pid, limits):
        """Soft and hard limits."""
        table = read_proc(pid, "limits").decode()
        for what, value in limits.items():
            self.assertRegex(table, rf"(?m)^Max {what} +{value} +{value}\b")

    def test_p15_a_sender_is_confined_while_it_talks(self):
        self.need_seccomp()

        def confinement():
            status = status_of(sending.pid)
            return *status["Seccomp"], *status["NoNewPrivs"]

        def look(n, line):
            """The sender does not have frame 2 yet; it may still be busy."""
            ready.wait()
            if n == 2:
                wait_until(lambda: confinement() == confined, "its sandbox")
            if n > 1:
                seen.append((n, confinement()))
            return line

        seen, ready, confined = [], threading.Event(), ("2", "1")
        alice = self.listen()
        sending = self.start_send(self.proxy(alice, look), "hi")
        ready.set()
        self.assert_sent(sending.wait())
        self.assertEqual([(n, confined) for n in range(2, 7)], seen)

    def test_no_process_has_the_directory_open(self):
        self.need_root()
        alice = self.listen()
        with Sender(alice.port):
            alice.wait_sessions(1)
            for pid in in_group(alice.pid):
                for name in links_of(pid).values():
                    self.assertNotIn("listener.json", name)

    def test_p14_descriptors_of_a_session(self):
        """Output, connection, channel."""
        self.need_root()
        self.need_seccomp()
        alice = self.listen()
        with Sender(alice.port):
            session, keyholder = self.confined(alice)
            kinds = {fd: name.partition(":")[0]
                     for fd, name in links_of(session).items()}
            self.assertEqual(
                {1: "pipe", 3: "socket", 4: "socket"}, kinds)
            self.assertNotIn("pipe", {
                name.partition(":")[0] for fd, name in
                links_of(keyholder).items() if fd != 2})

    def test_descriptors_of_the_listener_do_not_leak(self):
        alice = self.listen()
        self.assert_sent(self.send(alice, "hi"))
        alice.wait_sessions(0)
        before = links_of(alice.pid)
        for _ in range(20):
            self.assert_sent(self.send(alice, "hi"))
        alice.wait_sessions(0)
        self.assertEqual(before, links_of(alice.pid))

    def test_p26_places_are_used_again(self):
        """Those of the parent, three, and those of the keyholder, 64 more."""
        alice = self.listen("-m", "1")
        for _ in range(70):
            with Sender(alice.port, **self.parties()) as bob:
                bob.shake_hands()
            alice.wait_sessions(0)
        self.assert_sent(self.send(alice, "hi"))


class Together(ChatTest):
    """Sessions run at the same time, and their lines stay whole."""

    COUNT = 20

    def send_at_once(self, alice, size):
        """Different senders send texts of this size at the same time."""
        texts = [chr(ord("a") + n) * size for n in range(self.COUNT)]
        all_sent = [self.start_send(alice, text) for text in texts]
        for sent in all_sent:
            self.assert_sent(sent.wait())
        return sorted("bob: " + text for text in texts)

    def test_twenty_small_messages(self):
        alice = self.listen()
        sent = self.send_at_once(alice, 10)
        self.assertEqual(sent, sorted(alice.shown()))

    def test_twenty_large_messages_in_a_pipe(self):
        alice = self.listen()
        sent = self.send_at_once(alice, 60000)
        self.assertEqual(sent, sorted(alice.shown()))

    def test_twenty_large_messages_in_a_small_pipe(self):
        """Each takes many writes; without turns they would mix."""
        alice, reader = self.listen_on_small_pipe()
        screen = Collector(reader)
        sent = self.send_at_once(alice, 60000)
        alice.stop()
        lines = screen.wait_end().decode().splitlines()
        self.assertEqual(sent, sorted(map(alice.text_of, lines)))

    def test_twenty_large_messages_in_a_file(self):
        with open(self.home / "log", "ab") as log:
            alice = self.listen(stdout=log)
        sent = self.send_at_once(alice, 60000)
        alice.stop()
        lines = (self.home / "log").read_text().splitlines()
        self.assertEqual(sent, sorted(map(alice.text_of, lines)))

    def test_idle_connections_hold_nobody_up(self):
        alice = self.listen()
        idle = [socket.create_connection(("127.0.0.1", alice.port))
                for _ in range(4)]
        with Sender(alice.port, **self.parties()) as slow:
            slow.shake_hands()
            self.assert_sent(self.send(alice, "hi"))
        for connection in idle:
            connection.close()

    def test_a_message_to_a_listener_that_was_asleep(self):
        """SIGSTOP and SIGCONT for all processes in the middle of a session."""
        alice = self.listen()
        with Sender(alice.port, **self.parties()) as bob:
            bob.shake_hands()
            everybody = in_group(alice.pid)
            os.killpg(alice.pid, signal.SIGSTOP)
            wait_until(lambda: all(map(is_stopped, everybody)), "the stop")
            os.killpg(alice.pid, signal.SIGCONT)
            bob.ask(bob.text(b"good morning"))
        self.assertEqual(["bob: good morning"], alice.shown())


class Deaths(ChatTest):
    """p19: no process hangs, and none is left."""

    def setUp(self):
        super().setUp()
        self.hurry_up()

    def test_p19_without_its_keyholder_a_listener_ends(self):
        alice = self.listen()
        with Sender(alice.port, **self.parties()) as bob:
            bob.shake_hands()
            os.kill(*alice.children()["keyholder"], signal.SIGKILL)
            ended = self.wait_in_grace(alice)
            self.assertEqual(71, ended.status)
            self.assertIn("keyholder", ended.stderr)
            self.assertNotIn(b'"ack"', bob.hear())

    def test_p19_without_its_runner_a_listener_ends(self):
        alice = self.listen("-x", "true")
        os.kill(*alice.children()["runner"], signal.SIGKILL)
        ended = self.wait_in_grace(alice)
        self.assertEqual(71, ended.status)
        self.assertIn("the runner ended", ended.stderr)

    def test_p19_without_its_reader_a_listener_ends(self):
        alice, reader = self.listen_on_small_pipe()
        with Sender(alice.port, **self.parties()) as bob:
            bob.shake_hands()
            os.close(reader)
            self.assertEqual(74, self.wait_in_grace(alice).status)

    def wait_in_grace(self, alice):
        """Sessions get time to finish; waiting uses no CPU time and prints
        nothing."""
        start = patience.clock()
        ended = alice.wait()
        self.assertLess(ended.stderr.count("\n"), 5)
        self.assertLess(patience.clock() - start, 20)
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertLess(usage.ru_utime + usage.ru_stime,
                        patience.factor())
        return ended

    def test_p19_without_its_listener_nobody_stays(self):
        """A stopped session meets no deadline of its own."""
        alice = self.listen()
        with Sender(alice.port, **self.parties()) as bob:
            bob.shake_hands()
            stop(*alice.children()["session"])
            alice.process.kill()
            self.assertEqual(-signal.SIGKILL, alice.wait().status)
            self.assertEqual(b"", bob.hear())

    def test_p19_a_killed_session_harms_nobody_else(self):
        alice = self.listen()
        with Sender(alice.port) as victim:
            session, = alice.wait_sessions(1)
            with Sender(alice.port, **self.parties()) as bob:
                bob.shake_hands()
                os.kill(session, signal.SIGKILL)
                self.assertEqual(b"", victim.hear())
                bob.ask(bob.text(b"survived"))
        self.assert_sent(self.send(alice, "and on"))
        alice.err.wait_for(b"127.0.0.1: session crashed: Killed")
        self.assertEqual(["bob: survived", "bob: and on"], alice.shown())

    def test_p19_a_session_killed_while_it_writes_gives_its_turn_back(self):
        alice, reader = self.listen_on_small_pipe()
        sending = self.start_send(alice, "x" * 60000)
        wait_until(lambda: waiting_in(reader), "the first bytes")
        os.kill(*alice.children()["session"], signal.SIGKILL)
        self.assert_failed(sending.wait(), 79)
        screen = Collector(reader)
        self.assert_sent(self.send(alice, "next"))
        alice.stop()
        part, whole = screen.wait_end().decode().splitlines()
        self.assertRegex(part, r"Z bob: x+\Z")
        self.assertEqual("bob: next", alice.text_of(whole))

    def test_p19_a_sender_that_is_gone_before_its_receipt(self):
        """Its text is shown, and the log says that it was not told."""
        alice = self.listen()
        keyholder, = alice.children()["keyholder"]
        with Sender(alice.port, **self.parties()) as bob:
            bob.shake_hands()
            stop(keyholder)
            bob.say(bob.text(b"goodbye"))
            bob.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  struct.pack("ii", 1, 0))  # a reset
        os.kill(keyholder, signal.SIGCONT)
        alice.err.wait_for(b"the sender left before its receipt")
        self.assertEqual(["bob: goodbye"], alice.shown())

    def test_p19_a_killed_sender_leaves_no_session(self):
        def hold(n, line):
            if n == 4:
                held.set()
                released.wait()
            return line

        held, released = threading.Event(), threading.Event()
        alice = self.listen("-v")
        sending = self.start_send(self.proxy(alice, hold), "hi")
        held.wait()
        sending.process.kill()
        sending.wait()
        released.set()
        alice.err.wait_for(b"probe")  # it looks the same
        alice.wait_sessions(0)
        self.assertEqual([], alice.shown())
