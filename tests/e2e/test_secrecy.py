"""p24: no password leaves the processes that need it."""
import os
import resource
import signal
import threading

from chat1 import Sender
from harness import SEND, ChatTest
from process import in_group, read_proc


class Printed(ChatTest):
    """The base of the tests checks all output of every test."""

    def test_p24_the_base_of_the_tests_would_find_a_secret(self):
        secret = self.secret()
        self.assertRaises(AssertionError, self.assert_no_secrets,
                          f"x{secret}x".encode(), "the test")
        self.assertRaises(AssertionError, self.assert_no_secrets,
                          secret[16:].encode(), "the test")

    def test_p24_verbose_programs(self):
        alice = self.listen("-v", "-j")
        wrong = self.shared | {"alice": self.secret()}
        self.send(alice, "hi", options=("-v",))
        self.send(alice, "hi", options=("-v",), knows=wrong)
        self.send(alice, "hi", options=("-v",), name="carol")
        alice.stop()

    def test_p24_wrong_files(self):
        """A directory for a secret, a secret for a directory."""
        key = self.file("key", self.secret() + "\n")
        self.assert_failed(self.run_program(
            SEND, "-d", key, "-u", "bob", "alice", "hi"), 78)
        self.assert_failed(self.run_program(
            SEND, "-a", "127.0.0.1", "-p", "9", "-k",
            self.directory(self.shared), "-u", "bob", "alice", "hi"), 78)


class Living(ChatTest):

    def test_p24_argv_and_environment_of_live_processes(self):
        """At each frame. Only root can read all environments."""
        def look(n, line):
            ready.wait()
            for pid in (*in_group(alice.pid), *in_group(sending.pid)):
                for name in ("cmdline", "environ"):
                    seen.append(read_proc(pid, name))
            return line

        seen, ready = [], threading.Event()
        alice = self.listen()
        sending = self.start_send(self.proxy(alice, look), "hi")
        ready.set()
        self.assert_sent(sending.wait())
        self.assertGreater(len(seen), 6 * 2 * 3)
        self.assertTrue(any(b"session with" in part for part in seen))
        self.assert_no_secrets(b"\n".join(seen), "a live process")


class Dying(ChatTest):
    """A crash leaves no core file with a secret."""

    def setUp(self):
        super().setUp()
        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        self.limits = [(resource.RLIMIT_CORE, most)]
        if most == 0:
            self.skipTest("core files are forbidden here")

    def assert_no_cores(self):
        """Checks each at once, because the next may get the same name."""
        for path in self.home.iterdir():
            if path.suffix != ".json":
                self.assert_no_secrets(path.read_bytes(), path)

    def test_p24_core_of_a_sender(self):
        alice = self.listen()
        for frame in range(1, 7):
            self.crash_sender(alice, frame)

    def crash_sender(self, alice, frame):
        def crash(n, line):
            ready.wait()
            if n == frame:
                sending.process.send_signal(signal.SIGQUIT)
                sending.process.wait()
            return line

        ready = threading.Event()
        sending = self.start_send(
            self.proxy(alice, crash), "hi", limits=self.limits)
        ready.set()
        self.assertEqual(-signal.SIGQUIT, sending.wait().status)
        self.assert_no_cores()

    def crash(self, role):
        alice = self.listen(limits=self.limits)
        with Sender(alice.port, **self.parties()) as bob:
            bob.shake_hands()
            pids = alice.children() | {"listener": [alice.pid]}
            os.kill(pids[role][0], signal.SIGQUIT)
            bob.hear()
        self.assert_no_cores()
        return alice

    def test_p24_core_of_a_session(self):
        self.crash("session").stop()

    def test_p24_core_of_the_keyholder(self):
        self.crash("keyholder").wait()

    def test_p24_core_of_the_listener(self):
        self.crash("listener").wait()
