"""chat-listen as a service: options, signals, exit statuses."""
import contextlib
import json
import os
import random
import re
import signal
import socket
import threading
import time

from chat1 import Sender
from chat1 import id_of
from harness import LISTEN, SEND, ChatTest, Listener, Program
from process import Collector, Terminal, stop, wait_until, waiting_in


class Reload(ChatTest):
    """SIGHUP"""

    def reload(self, alice, content):
        """Gives a listener another directory. Returns what it prints about it.
        """
        said = len(alice.err.bytes)
        if isinstance(content, dict):
            self.directory(content, name="listener.json")
        else:
            self.file("listener.json", content)
        alice.process.send_signal(signal.SIGHUP)
        wait_until(
            lambda: re.search(rb"reloaded.*\n", alice.err.bytes[said:]),
            "what the listener says of its new directory")
        return alice.err.bytes[said:].decode()

    def test_a_new_user_may_write_after_it(self):
        both = self.shared | {"carol": self.secret()}
        alice = self.listen()
        before = self.send(alice, "now?", user="carol", knows=both)
        self.assert_failed(before, 77)
        self.assertRegex(self.reload(alice, both),
                         r"(?m)^chat-listen: \S+: reloaded, 3 users$")
        self.assert_sent(self.send(alice, "now!", user="carol", knows=both))
        self.assertEqual(["carol: now!"], alice.shown())

    def test_an_old_user_may_not(self):
        alice = self.listen("-s")
        self.reload(alice, {"alice": self.shared["alice"]})
        self.assert_failed(self.send(alice, "hi"), 77)

    def test_a_changed_password_counts(self):
        alice = self.listen()
        changed = self.shared | {"bob": self.secret()}
        self.reload(alice, changed)
        self.assert_failed(self.send(alice, "old"), 77)
        self.assert_sent(self.send(alice, "new", knows=changed))

    def test_a_bad_file_keeps_the_old_one_and_says_so(self):
        alice = self.listen("-q")  # else a notice may come that late
        said = self.reload(alice, "[{'username'")
        self.assertRegex(
            said, r"\Achat-listen: \S+listener.json:1: single quotes.*\n"
            r"chat-listen: \S+listener.json: not reloaded, "
            r"the old directory stays\n\Z")
        self.assert_sent(self.send(alice, "still here"))

    def test_a_missing_file_keeps_the_old_one_and_says_so(self):
        alice = self.listen()
        os.unlink(self.home / "listener.json")
        alice.process.send_signal(signal.SIGHUP)
        alice.err.wait_for(b"not reloaded, the old directory stays: No such")
        self.assert_sent(self.send(alice, "still here"))

    def test_many_at_once(self):
        alice = self.listen()
        for _ in range(100):
            alice.process.send_signal(signal.SIGHUP)
        self.assert_sent(self.send(alice, "still here"))
        self.assertEqual(["bob: still here"], alice.shown())

    def test_a_running_session_goes_on(self):
        alice = self.listen()
        with Sender(alice.port, **self.parties()) as bob:
            bob.shake_hands()
            self.reload(alice, {"alice": self.secret()})
            bob.ask(bob.text(b"as agreed"))
        self.assertEqual(["bob: as agreed"], alice.shown())


class Ending(ChatTest):

    def end(self, number):
        alice = self.listen()
        self.assert_sent(self.send(alice, "hi"))
        alice.process.send_signal(number)
        ended = alice.wait()
        self.assertEqual(0, ended.status)
        self.assertEqual(alice.err.bytes.count(b"\n"), 2, ended)

    def test_sigterm(self):
        self.end(signal.SIGTERM)

    def test_sigint(self):
        self.end(signal.SIGINT)

    def test_signals_that_who_started_it_ignores(self):
        """Ignored signals are inherited; without SIGCHLD no child would be
        waited for."""
        path = self.directory(self.shared, name="listener.json")
        alice = Listener(self, "env", "--ignore-signal", LISTEN, "-p", "0",
                         "-d", path, "-u", "alice", "-m", "1")
        for _ in range(3):
            self.assert_sent(self.send(alice, "hi", options=("-r", "3600")))
        self.assertEqual(["bob: hi"] * 3, alice.shown())

    def test_a_running_session_gets_to_finish(self):
        alice = self.listen()
        with Sender(alice.port, **self.parties()) as bob:
            bob.shake_hands()
            alice.process.terminate()
            self.wait_refused(alice)
            bob.ask(bob.text(b"just in time"))
        ended = alice.wait()
        self.assertEqual(0, ended.status)
        self.assertIn("bob: just in time\n", ended.stdout)

    def wait_refused(self, alice):
        def refused():
            try:
                socket.create_connection(("127.0.0.1", alice.port)).close()
            except ConnectionError:
                return True

        wait_until(refused, "the listener to accept nobody")

    def test_an_idle_session_does_not_hold_it_for_ever(self):
        alice = self.listen()
        with Sender(alice.port):
            alice.wait_sessions(1)
            start = time.monotonic()
            self.assertEqual("", alice.stop().stdout)
        self.assert_waited(start, 5)

    def end_by(self, number, *options, after=()):
        """Returns how a listener ends that was told to after these messages.
        """
        alice = self.listen(*options)
        for text in after:
            self.assert_sent(self.send(alice, text))
        alice.process.send_signal(number)
        return alice.wait()

    def test_before_the_count_is_reached_a_signal_is_the_end(self):
        """Even if it was ignored or blocked when we were started."""
        for number in signal.SIGINT, signal.SIGTERM:
            for options, after in ((("-c", "1"), ()),
                                   (("-c", "3", "-w", "1000"), ("1", "2"))):
                ended = self.end_by(number, *options, after=after)
                self.assertEqual(-number, ended.status, ended)
                self.assertEqual(len(after), ended.stdout.count("\n"))
        path = self.directory(self.shared, name="listener.json")
        alice = Listener(self, "env", "--ignore-signal", "--block-signal",
                         LISTEN, "-p", "0", "-d", path, "-u", "alice",
                         "-c", "1")
        alice.process.terminate()
        self.assertEqual(-signal.SIGTERM, alice.wait().status)

    def test_a_signal_ends_it_in_order(self):
        """A running session may finish, and its message does not count as
        success."""
        alice = self.listen("-c", "1")
        with Sender(alice.port, **self.parties()) as bob:
            bob.shake_hands()
            alice.process.send_signal(signal.SIGINT)
            self.wait_refused(alice)
            bob.ask(bob.text(b"just in time"))
        ended = alice.wait()
        self.assertEqual(-signal.SIGINT, ended.status)
        self.assertIn("bob: just in time\n", ended.stdout)

    def test_what_was_shown_before_the_signal_counts(self):
        alice = self.listen("-c", "1")
        stop(alice.pid)
        with Sender(alice.port) as waiting:
            alice.process.send_signal(signal.SIGCONT)
            alice.wait_sessions(1)
            self.assert_sent(self.send(alice, "hi"))
            alice.process.terminate()
            waiting.close()
        self.assertEqual(0, alice.wait().status)

    def test_a_shell_does_not_go_on(self):
        """Neither after &&, nor in a loop."""
        path = self.directory(self.shared, name="listener.json")
        listen = f"{LISTEN} -p 0 -u alice -d {path} -c 1"
        for script in (f"{listen} >answer && touch used",
                       f"while :; do {listen}; done; touch used"):
            shell = Listener(self, "bash", "-c", script + "; :")
            os.killpg(shell.pid, signal.SIGINT)  # like Ctrl-C
            self.assertEqual(-signal.SIGINT, shell.wait().status)
            self.assertFalse((self.home / "used").exists())

    def test_c_ends_after_so_many_messages(self):
        alice = self.listen("-c", "2")
        self.assert_sent(self.send(alice, "one"))
        self.assert_failed(
            self.send(alice, "not me", knows={"alice": self.secret()}), 77)
        self.assert_sent(self.send(alice, "two"))
        ended = alice.wait()
        self.assertEqual(0, ended.status)
        self.assertEqual(["one", "two"], [line.split(": ")[1] for line in
                                          ended.stdout.splitlines()])

    def test_c_shows_no_more_even_when_more_come_at_once(self):
        alice = self.listen("-c", "1")
        with Sender(alice.port, **self.parties()) as bob, \
                Sender(alice.port, **self.parties()) as again:
            bob.shake_hands()
            again.shake_hands()
            bob.ask(bob.text(b"first"))
            again.ask(again.text(b"second"))
        ended = alice.wait()
        self.assertEqual((0, 1), (ended.status, ended.stdout.count("\n")))

    def test_c_counts_what_the_keyholder_counts(self):
        """The end of a session proves nothing: it may have been killed."""
        alice, reader = self.listen_on_small_pipe("-c", "1")
        sending = self.start_send(alice, "x" * 60000)
        wait_until(lambda: waiting_in(reader), "the first bytes")
        keyholder, = alice.children()["keyholder"]
        stop(keyholder)
        screen = Collector(reader)
        self.assert_sent(sending.wait())
        alice.wait_sessions(0)
        self.assertTrue(alice.running())
        os.kill(keyholder, signal.SIGCONT)
        self.assertEqual(0, alice.wait().status)
        self.assertEqual(1, screen.wait_end().count(b"\n"))

    def test_c_ends_whenever_a_session_is_killed(self):
        """Either the message is counted, or it is accepted again."""
        random.seed(seed := random.randrange(1 << 32))
        self.addCleanup(print, f"seed {seed}")
        for n in range(20):
            alice = self.listen("-c", "1")
            with Sender(alice.port, **self.parties()) as bob:
                session, = alice.wait_sessions(1)
                bob.shake_hands()
                bob.say(bob.text(b"once"))
                time.sleep(random.random() / 1000)  # this is the point
                with contextlib.suppress(ProcessLookupError):
                    os.kill(session, signal.SIGKILL)
            for _ in range(50):
                if alice.running():
                    self.send(alice, "again")
            self.assertEqual(0, alice.wait().status, n)

    def test_w_ends_when_nothing_comes(self):
        ended = self.listen("-w", "1").wait()
        self.assertEqual((124, ""), (ended.status, ended.stdout))

    def test_w_ends_though_strangers_call(self):
        alice = self.listen("-w", "1")

        def pester():
            while alice.running():
                try:
                    socket.create_connection(
                        ("127.0.0.1", alice.port)).close()
                except OSError:
                    pass

        threading.Thread(target=pester, daemon=True).start()
        self.assertEqual(124, alice.wait().status)

    def test_w_does_not_end_when_the_count_is_reached_first(self):
        alice = self.listen("-w", "3600", "-c", "1")
        self.assert_sent(self.send(alice, "hi"))
        self.assertEqual(0, alice.wait().status)


class Status(ChatTest):
    """64, 71; 74 is in test_output.py, 78 in test_directory_file.py."""

    def usage(self, *args, says, **how):
        self.assert_usage(self.run_program(LISTEN, *args, **how), *says,
                          program="chat-listen")

    def test_mistakes(self):
        path = self.directory(self.shared)
        self.usage("-x", says=["-x needs an argument"])
        self.usage("-Z", says=["unknown option '-Z'"])
        self.usage("-p", says=["-p needs an argument"])
        self.usage("-p", "0", "-d", path, "alice", says=["alice", "options"])

    def test_numbers_out_of_bounds(self):
        for option, value in (("-p", "65536"), ("-p", "-1"), ("-p", "x"),
                              ("-c", "0"), ("-m", "0"), ("-w", "0"),
                              ("-w", "1.5")):
            with self.subTest(option, value=value):
                self.assert_failed(
                    self.run_program(LISTEN, option, value), 64,
                    f"{option} {value}: ", "give a number",
                    program="chat-listen")

    def test_more_networks_than_there_is_room_for(self):
        for option in ("-E", "-P"):
            networks = [word for n in range(65)
                        for word in (option, f"192.0.2.{n}")]
            self.assert_failed(
                self.run_program(LISTEN, *networks), 64,
                f"{option} 192.0.2.64: at most 64 networks",
                program="chat-listen")

    def test_no_port_and_no_terminal(self):
        self.usage("-d", self.directory(self.shared), says=["-p port"])

    def test_no_directory_and_no_terminal(self):
        self.usage("-p", "0", says=["-d file", "CHAT_DIRECTORY"])

    def test_a_port_in_use(self):
        alice = self.listen()
        self.cannot_listen("-p", str(alice.port), says=[str(alice.port),
                                                        "in use"])

    def test_an_address_that_is_not_ours(self):
        self.cannot_listen("-p", "0", "-b", "192.0.2.1",
                           says=["192.0.2.1", "Cannot assign"])

    def test_an_address_that_is_none(self):
        ended = self.run_program(LISTEN, "-p", "0", "-b", "l" * 64 + ".example")
        self.assert_failed(ended, 64, "not a host name",
                           program="chat-listen")

    def cannot_listen(self, *options, says):
        path = self.directory(self.shared)
        ended = self.run_program(
            LISTEN, "-u", "alice", "-d", path, *options)
        self.assert_failed(ended, 71, "cannot listen on ", *says,
                           program="chat-listen")


class Asking(ChatTest):
    """What is missing is asked for, if somebody can answer."""

    def setUp(self):
        super().setUp()
        self.path = self.directory(self.shared)
        self.terminal = Terminal()

    def start(self, *options):
        self.alice = Program(self, (LISTEN, "-u", "alice", *options),
                             stdin=self.terminal.slave)

    def ask(self, question, answer):
        self.alice.err.wait_for(question)
        self.terminal.type(answer + "\n")

    def test_port_and_directory(self):
        self.start()
        self.ask(b"port to listen on: ", "0")
        self.ask(b"user directory (a JSON file): ", self.path)
        self.alice.err.wait_for(b" as alice\n")

    def test_the_port_only(self):
        self.start("-d", self.path)
        self.ask(b"port to listen on: ", "0")
        self.alice.err.wait_for(b" as alice\n")

    def test_a_port_that_is_none(self):
        self.start("-d", self.path)
        self.ask(b"port to listen on: ", "http")
        ended = self.alice.wait()
        self.assertEqual(64, ended.status)
        self.assert_says(ended.stderr, "http: ", "give a number")

    def test_no_answer(self):
        self.start("-d", self.path)
        self.ask(b"port to listen on: ", "\4")
        self.assertEqual(64, self.alice.wait().status)


class Saying(ChatTest):

    def test_n_checks_and_ends(self):
        path = self.directory(self.shared)
        ended = self.run_program(LISTEN, "-n", "-u", "bob", "-d", path)
        self.assertEqual(
            (0, "", f"chat-listen: {path}: 2 users; this is bob\n"),
            (ended.status, ended.stdout, ended.stderr))

    def test_n_needs_no_free_port(self):
        alice = self.listen()
        path = self.directory(self.shared)
        self.assertEqual(0, self.run_program(
            LISTEN, "-n", "-p", str(alice.port), "-u", "alice", "-d",
            path).status)

    def said(self, *options):
        """Returns what it prints about a message, a failure and a probe."""
        alice = self.listen(*options)
        self.assert_sent(self.send(alice, "hi"))
        self.assert_failed(
            self.send(alice, "hi", knows={"alice": self.secret()}), 77)
        with Sender(alice.port, **self.parties()) as bob:
            bob.shake_hands()
        wait_until(lambda: not alice.children()["session"], "its end")
        said = alice.stop().stderr.partition(" as alice\n")[2].splitlines()
        return [line for line in said if "unlisted senders" not in line]

    def test_faults_are_told(self):
        fault, = self.said()
        self.assertRegex(fault, r"\Achat-listen: 127\.0\.0\.1: refused: "
                         "authentication failed")

    def test_v_tells_everything(self):
        message, fault, probe = self.said("-v")
        self.assertIn("127.0.0.1: message delivered and receipted", message)
        self.assertIn("authentication failed", fault)
        self.assertIn("probe", probe)

    def test_q_tells_nothing(self):
        self.assertEqual([], self.said("-q"))

    def test_help(self):
        for program in (LISTEN, SEND):
            ended = self.run_program(program, "-h")
            self.assertEqual((0, ""), (ended.status, ended.stderr))
            self.assertRegex(ended.stdout,
                             rf"\Ausage: {os.path.basename(program)} \[-46")
            for letter in "dhpquvV":
                self.assertIn(f"\n  -{letter} ", ended.stdout)

    def test_version(self):
        for program in (LISTEN, SEND):
            ended = self.run_program(program, "-V")
            self.assertEqual((0, ""), (ended.status, ended.stderr))
            self.assertRegex(
                ended.stdout, rf"\A{os.path.basename(program)} \d+\.\d+, "
                r"protocol chat1, sandbox: (seccomp|none \(.*\))\n\Z")

    def test_help_and_version_on_a_full_disk(self):
        for program in (LISTEN, SEND):
            for option in ("-h", "-V"):
                with open("/dev/full", "wb") as full:
                    self.assert_failed(
                        self.run_program(program, option, stdout=full), 74,
                        "standard output", program=os.path.basename(program))

    def test_help_lists_every_option_of_the_synopsis(self):
        for program in (LISTEN, SEND):
            text = self.run_program(program, "-h").stdout
            synopsis, _, rest = text.partition("\n\n")
            flags, = re.findall(r"\[-(\w+)\]", synopsis)
            options = re.findall(r"\[-(\w) ", synopsis)
            listed = re.findall(r"^  -(\w) ", rest, re.MULTILINE)
            self.assertCountEqual([*flags, *options], listed)


class Managers(ChatTest):
    """NOTIFY_SOCKET; test_install.py tests the unit of systemd."""

    def test_a_manager_at_an_abstract_name(self):
        name = f"chat-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind("\0" + name)
            self.listen(env={"NOTIFY_SOCKET": "@" + name})
            self.assertEqual(b"READY=1", manager.recv(100))

    def test_a_manager_that_is_not_there(self):
        path = str(self.home / "nobody")
        alice = self.listen(env={"NOTIFY_SOCKET": path})
        self.assert_sent(self.send(alice, "hi"))
        self.assertIn(f"NOTIFY_SOCKET {path}: ", alice.stop().stderr)


class Json(ChatTest):
    """-j"""

    def lines(self, *texts, user="bob", knows=None):
        alice = self.listen("-j", knows=knows)
        for text in texts:
            self.assert_sent(self.send(
                alice, text, user=user, knows=knows,
                options=("-i", "0123456789abcdef" * 2)
                if text is texts[0] else ()))
        return [json.loads(line) for line in alice.stop().stdout.splitlines()]

    def test_the_members(self):
        line, = self.lines("hi")
        when = r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z"
        self.assertRegex(line.pop("sent"), when)
        self.assertRegex(line.pop("received"), when)
        self.assertEqual(
            {"v": 1, "type": "message",
             "id": id_of(bytes.fromhex("0123456789abcdef" * 2), "alice").hex(),
             "from": "bob", "to": "alice", "listed": True,
             "address": "127.0.0.1", "text": "hi"}, line)

    def test_an_unlisted_sender(self):
        line, = self.lines("hi", knows={"alice": self.shared["alice"]})
        self.assertEqual(("bob", False), (line["from"], line["listed"]))

    def test_one_line_a_message_whatever_is_in_it(self):
        texts = ['"quotes" \\ and \\" more', "two\nlines\r\n", "\t \x01 \x7f",
                 "Grüße 你好 👩‍🚀", "\u2028\u202e\ufeff\U000e0041"]
        self.assertEqual(texts, [line["text"] for line in self.lines(*texts)])

class Levels(ChatTest):

    def said(self, **env):
        """What a listener prints, into a file."""
        with open(self.home / "said", "wb+") as said:
            file = os.fstat(said.fileno())
            env = {name: value.format(file.st_dev, file.st_ino)
                   for name, value in env.items()}
            path = self.directory(self.shared, name="listener.json")
            os.chmod(path, 0o644)  # a warning
            alice = Program(
                self, (LISTEN, "-p", "0", "-v", "-d", path, "-u", "alice"),
                stderr=said, env=env)
            lines = (self.home / "said").read_bytes
            wait_until(lambda: b" as alice" in lines(), "the ready line")
            alice.stop()
            return lines().decode().splitlines()

    def test_the_journal_gets_the_level_of_each_line(self):
        said = self.said(JOURNAL_STREAM="{}:{}")
        self.assertEqual({"<4>", "<6>"}, {line[:3] for line in said})
        for line in said:
            self.assertRegex(line, "^<(6>chat-listen: (listening|sessions)|"
                             "4>chat-listen: (?!listening|sessions))")

    def test_nothing_else_gets_levels(self):
        for stream in ("{}:0", "", "{}:{}x"):
            for line in self.said(JOURNAL_STREAM=stream):
                self.assertTrue(line.startswith("chat-listen: "), line)
