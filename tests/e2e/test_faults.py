"""Processes that die, stop, or get no resources (p19, p26)."""
import os
import random
import resource
import signal
import subprocess
import threading
from pathlib import Path

from chat1 import Sender
from failing import FailingTest
from frames import kind_of
from harness import LISTEN, SEND, ChatTest
from process import links_of, wait_until
from wire import Cut


class Sessions(ChatTest):
    """A session in each state: connected, challenged, confirmed."""

    def stages(self, alice):
        """Brings a sender to each stage in turn. Yields the stage and the
        session."""
        for stage in range(3):
            with Sender(alice.port, **self.parties()) as sender:
                session, = alice.wait_sessions(1)
                if stage == 1:
                    sender.ask(sender.hello())
                elif stage == 2:
                    sender.shake_hands()
                yield sender, session
            alice.wait_sessions(0)

    def check_death(self, number):
        alice = self.listen()
        for sender, session in self.stages(alice):
            os.kill(session, number)
            self.assertEqual(b"", sender.hear())
            self.assert_sent(self.send(alice, "I am well"))
        self.assertEqual(["bob: I am well"] * 3, alice.shown())

    def test_p19_killed_in_every_state(self):
        self.check_death(signal.SIGKILL)

    def test_p19_crashed_in_every_state(self):
        self.check_death(signal.SIGSEGV)

    def test_p19_without_their_listener_sessions_end(self):
        for stage in range(3):
            alice = self.listen()
            for n, (sender, session) in enumerate(self.stages(alice)):
                if n == stage:
                    os.kill(alice.pid, signal.SIGKILL)
                    self.assertEqual(b"", sender.hear())
                    self.assertEqual(-signal.SIGKILL, alice.wait().status)
                    break

    def test_a_stopped_session_goes_on(self):
        """poll(2) is then restarted by another system call."""
        alice = self.listen()
        with Sender(alice.port, **self.parties()) as sender:
            session, = alice.wait_sessions(1)
            challenge = sender.ask(sender.hello())
            os.kill(session, signal.SIGSTOP)
            wait_until(lambda: self.state(session) == "T", "it to stop")
            os.kill(session, signal.SIGCONT)
            wait_until(lambda: self.state(session) == "S", "it to go on")
            confirm = sender.ask(sender.response(challenge))
            self.assertEqual("confirm", kind_of(confirm))

    @staticmethod
    def state(pid):
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0]

    def test_a_stopped_keyholder_keeps_nobody_for_ever(self):
        alice = self.listen()
        keyholder, = alice.children()["keyholder"]
        os.kill(keyholder, signal.SIGSTOP)
        self.assertEqual(75, self.send(alice, "x", options=("-t", "1")).status)
        os.kill(keyholder, signal.SIGCONT)
        self.assert_sent(self.send(alice, "awake"))
        os.kill(keyholder, signal.SIGSTOP)
        self.assertEqual(0, alice.stop().status)


class Scarcity(FailingTest):
    """The system refuses memory, processes or descriptors."""

    limit = 300
    PARTS = 3  # of the allocations, at the same time
    EVERY = 4  # this many are tried in one run; 1: all

    # glibc's look-up of users asserts or crashes when memory runs out.
    NOT_OURS = (-signal.SIGABRT, -signal.SIGSEGV)

    # libcrypto 3.5 deadlocks if one of its first two allocations fails. Our
    # programs have one thread and no lock, so a process that waits for a lock
    # is in libcrypto.
    HANGS = 2
    FUTEX = {"x86_64": "202", "aarch64": "98"}.get(os.uname().machine)

    def setUp(self):
        super().setUp()
        self.hangs = []

    def waits_for_a_lock(self, pid):
        state = Path(f"/proc/{pid}/syscall").read_text().split()
        return state[0] == self.FUTEX

    def some_of(self, most, part=0, parts=1):
        """Returns those of the allocations 1 to most that this run tries."""
        every = int(os.environ.get("CHAT_FAIL_EVERY", self.EVERY))
        seed = int(os.environ.get("CHAT_SEED", random.getrandbits(32)))
        print(f"to repeat: CHAT_SEED={seed}")  # shown when the test fails
        first = part + parts * random.Random(seed).randrange(every)
        return range(1 + first, most + 1, parts * every)

    def run_failing(self, n, command):
        """Runs a program in which allocation n fails; None if libcrypto hangs.
        """
        self.set_plan(n)
        with subprocess.Popen(command, env=self.environment | self.failing,
                              cwd=self.home, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as running:
            while True:
                try:
                    out, err = running.communicate(timeout=2)
                    break
                except subprocess.TimeoutExpired:
                    if self.waits_for_a_lock(running.pid):
                        running.kill()
                        self.hangs.append(n)
                        self.assertLessEqual(len(self.hangs), self.HANGS)
                        return None
        self.assert_no_secrets(out + err, (n, command))
        if self.left():  # it needed fewer this time
            self.assertEqual(0, running.returncode, n)
        return subprocess.CompletedProcess(
            command, running.returncode, out, err)

    def check_chat_send(self, part):
        """Tries its allocations while it talks to a listener."""
        alice = self.listen("-q")
        self.set_plan(1 << 40)
        self.assert_sent(self.send(alice, "0", env=self.failing))
        most = (1 << 40) - self.left()
        delivered, perhaps = ["bob: 0"], []
        command = self.command(alice)
        for n in self.some_of(most, part, self.PARTS):
            sent = self.run_failing(n, (*command, str(n)))
            if sent is None:
                continue
            self.assertIn(sent.returncode,
                          (0, 64, 70, 71, 75, 76, 78, 79, 127), (n, sent))
            if sent.returncode == 0:
                delivered.append(f"bob: {n}")
            elif sent.returncode == 79:
                perhaps.append(f"bob: {n}")
        shown = alice.shown()
        self.assertEqual(delivered, [t for t in shown if t not in perhaps])
        self.assertEqual(len(shown), len(set(shown)))

    def test_p26_failing_malloc_in_chat_send_1(self):
        self.check_chat_send(0)

    def test_p26_failing_malloc_in_chat_send_2(self):
        self.check_chat_send(1)

    def test_p26_failing_malloc_in_chat_send_3(self):
        self.check_chat_send(2)

    def test_p26_failing_malloc_in_chat_listen(self):
        """An allocation for a message, in any process."""
        alice = self.listen("-q", env=self.failing)
        self.set_plan(1 << 40)
        self.assert_sent(self.send(alice, "0"))
        alice.wait_sessions(0)
        most = (1 << 40) - self.left()
        delivered = {"bob: 0"}
        for n in self.some_of(most):
            self.set_plan(n)
            sent = self.send(alice, str(n))
            alice.wait_sessions(0)
            self.assertIn(sent.status, (0, 75, 76, 79), sent)
            if sent.status == 0:
                delivered.add(f"bob: {n}")
        self.set_plan()
        self.assert_sent(self.send(alice, "all is well"))
        shown = alice.shown()
        self.assertEqual(len(shown), len(set(shown)))
        self.assertLessEqual(delivered, set(shown))
        self.assertEqual("bob: all is well", shown[-1])

    def check_start(self, part):
        """Expects that it starts, or says why not."""
        path = self.directory(self.shared)
        command = (LISTEN, "-n", "-d", path, "-u", "alice")
        self.set_plan(1 << 40)
        self.run_program(*command, env=self.failing)
        most = (1 << 40) - self.left()
        for n in self.some_of(most, part, self.PARTS):
            ended = self.run_failing(n, command)
            if ended is None:
                continue
            self.assertIn(ended.returncode, (0, 64, 71, 74, 78, 127) +
                          self.NOT_OURS, (n, ended))
            if ended.returncode > 0:
                self.assertTrue(ended.stderr, n)

    def test_p26_failing_malloc_at_the_start_1(self):
        self.check_start(0)

    def test_p26_failing_malloc_at_the_start_2(self):
        self.check_start(1)

    def test_p26_failing_malloc_at_the_start_3(self):
        self.check_start(2)

    def test_p26_failing_fork(self):
        """The place is free again."""
        alice = self.listen("-m", "1", env=self.failing)
        self.set_plan(forks=1)
        sent = self.send(alice, "nobody to take it")
        self.assert_failed(sent, 75, "busy, try again")
        self.set_plan()
        self.assert_sent(self.send(alice, "here we are"))
        self.assertEqual(["bob: here we are"], alice.shown())

    def test_p26_few_descriptors(self):
        """The keyholder has no descriptors for more channels."""
        alice = self.listen("-M", "64",
                            limits=[(resource.RLIMIT_NOFILE, 20)])
        idle = [Sender(alice.port) for _ in range(40)]
        sent = wait_until(
            lambda: (sent := self.send(alice, "none for me")).status and sent,
            "a refusal")
        self.assert_failed(sent, 75, "busy")
        for sender in idle:
            sender.__exit__()
        alice.wait_sessions(0)
        self.assert_sent(self.send(alice, "room again",
                                   options=("-r", "3600")))


class Descriptors(ChatTest):
    """A listener without descriptors accepts again once it has some."""

    def set_most(self, alice, count):
        """Sets the soft limit of a running process."""
        what = resource.RLIMIT_NOFILE
        _, most = resource.prlimit(alice.pid, what)
        resource.prlimit(alice.pid, what, (count or most, most))

    def test_p26_no_descriptor_for_a_connection(self):
        alice = self.listen()
        taken = links_of(alice.pid)
        self.set_most(alice, min(set(range(len(taken) + 1)) - set(taken)))
        sending = self.start_send(alice, "in the end")
        alice.err.wait_for(b"somebody: not accepted yet: out of file")
        self.assertEqual([], alice.children()["session"])
        self.set_most(alice, None)
        self.assert_sent(sending.wait())
        self.assertEqual(["bob: in the end"], alice.shown())


class Retries(ChatTest):
    """A network that loses receipts."""

    limit = 240
    MESSAGES, SENDERS = 200, 10

    def test_hundreds_of_messages_are_shown_once_each(self):
        def lose(n, line):
            if n == 6 and random.random() < 0.3:
                lost.append(n)
                raise Cut
            return line

        lost = []
        alice = self.listen("-M", "64")
        proxy = self.proxy(alice, lose)
        share = self.MESSAGES // self.SENDERS
        ended = [None] * self.SENDERS

        def send(n):
            with open(files[n], "rb") as lines:
                ended[n] = self.run_program(*command, stdin=lines)

        command = self.command(proxy, options=("-l", "-e", "-r", "3600"))
        files = [self.file(f"lines-{n}", "".join(
            f"{n}-{i}\n" for i in range(share))) for n in range(self.SENDERS)]
        threads = [threading.Thread(target=send, args=(n,))
                   for n in range(self.SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in ended:
            self.assert_sent(one)
        self.assertGreater(len(lost), self.MESSAGES // 10)
        self.assertEqual(sorted(f"bob: {n}-{i}" for n in range(self.SENDERS)
                                for i in range(share)), sorted(alice.shown()))

    def test_a_listener_that_starts_late_is_waited_for(self):
        alice = self.listen()
        port = alice.port
        alice.stop()
        sending = self.start_send(alice, "at last", options=("-r", "3600"))
        late = self.listen("-p", str(port))
        self.assert_sent(sending.wait())
        self.assertEqual(["bob: at last"], late.shown())

    def test_what_is_permanent_is_not_retried(self):
        """A label is too long: the directory has to change first."""
        self.assert_failed(self.send(
            self.serve(), "x", ip="l" * 64 + ".example",
            options=("-r", "3600")), 78)

    def test_giving_up(self):
        alice = self.listen()
        alice.stop()
        self.assert_failed(self.send(alice, "x", options=("-r", "1")), 75,
                           "connection refused")

    def test_results_as_json(self):
        alice = self.listen()
        sent = self.send(alice, "x", options=("-j",))
        self.assertEqual(0, sent.status, sent)
        jq = self.run_program(
            "jq", "-e", "keys == [\"drawn\",\"id\",\"ms\",\"ok\",\"reason\","
            "\"retryable\",\"status\",\"to\",\"type\",\"v\"] and .v == 1 and "
            ".type == \"result\" and .ok and .status == 0 and .to == \"alice\""
            " and ([.id, .drawn] | all(test(\"^[0-9a-f]{32}$\"))) and .id != .drawn and .retryable == false "
            "and (.ms | type) == \"number\" and .reason == \"\"",
            stdin=sent.stdout)
        self.assertEqual(0, jq.status, sent)
        alice.stop()
        failed = self.send(alice, "x", options=("-j",))
        self.assertEqual((75, ""), (failed.status, failed.stderr))
        self.assertIn('"ok":false,"status":75,', failed.stdout)
        self.assertIn('"retryable":true', failed.stdout)
