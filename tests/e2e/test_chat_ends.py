"""chat-terminal: what fails, how it ends, and what it asks at the start."""
import os
import resource
import shutil
import signal
import socket
import sys
import unittest

from harness import SEND, SPOOL
from process import wait_until
from terminals import CHAT, Chat, TerminalTest


# Listens in the place of chat-listen. After a SIGTERM, its child still has a
# message.
LAST_MOMENT = """
import os, signal, time
def finish(*_):
    parent = os.getpid()
    if os.fork() == 0:
        while os.getppid() == parent:
            time.sleep(0.01)
        os.write(1, b"12:00:00 bob: the last\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, finish)
os.write(2, b"chat-listen: listening on [::]:1 as alice\\n")
while True:
    signal.pause()
"""


class Failures(TerminalTest):

    def test_a_failure_is_shown_and_it_goes_on(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to carol")
        alice.enter("are you there?")
        alice.wait_for("chat-send: carol at .*: connection refused(?s:.*)"
                       r"chat: not delivered to carol \(status 75\)")
        alice.enter("/to bob")
        alice.enter("are you?")
        bob.wait_message("alice: are you?")

    def test_what_cannot_be_delivered_may_be_kept(self):
        alice = Chat(self, "alice", "-s", "1h")
        alice.enter("/to carol")
        alice.enter("for later")
        alice.wait_line("chat: not delivered to carol yet, but kept; "
                        "chat-spool delivers it")
        self.assertIn(" carol ", self.run_program(SPOOL).stdout)

    def test_an_unknown_end_is_told_apart(self):
        """The connection breaks before the receipt."""
        alice, = self.chat_with("alice")

        def cut(n, line):
            if n == 6:
                raise ConnectionError
            return line

        self.write_users(
            bob=self.proxy(self.listen(user="bob"), cut).port)
        alice.wait_for("(?s)(users.json: reloaded.*){2}")
        alice.enter("/to bob")
        alice.enter("hello?")
        alice.wait_line("chat: delivery to bob unknown; "
                        "sent again, it may be shown twice")

    def test_a_slow_delivery_keeps_nobody_waiting(self):
        """carol accepts connections and says nothing."""
        alice, bob = self.chat_with("alice", "bob")
        silent = self.serve(lambda connection: connection.recv(65536) and
                            connection.recv(65536))
        self.write_users(alice=alice.port, bob=bob.port, carol=silent.port)
        alice.wait_for("(?s)(users.json: reloaded.*){2}")
        alice.enter("/to carol")
        alice.enter("hello?")
        alice.enter("hello again?")
        wait_until(lambda: silent.connections, "a connection")
        bob.enter("/to alice")
        bob.enter("meanwhile")
        alice.wait_message("bob: meanwhile")
        alice.enter("/to bob")
        alice.enter("this one arrives")
        bob.wait_for("alice: this one arrives")
        self.assertEqual(1, len(silent.connections), "out of order")
        alice.key("C-c")
        self.assertEqual(130, alice.wait_end())
        alice.wait_for("not delivered to carol .*: hello\\?")
        alice.wait_line("chat: not sent to carol: hello again?")

    def test_a_bad_directory_ends_it(self):
        self.file("users.json", "[")
        alice = Chat(self, "alice", ready=False)
        self.assertEqual(78, alice.wait_end())
        self.assertIn("users.json:1: ", alice.screen())

    def test_messages_of_the_last_moment_are_shown(self):
        """A session ends after chat-listen; its sender got the receipt."""
        alice = Chat(self, "alice", program=self.chat_beside(
            "chat-listen", f"exec {sys.executable} -c '{LAST_MOMENT}'"))
        alice.enter("/quit")
        self.assertEqual(0, alice.wait_end())
        alice.wait_message("bob: the last")

    def test_the_end_of_chat_listen_ends_it(self):
        for sign, status in ((signal.SIGTERM, 0), (signal.SIGKILL, 137)):
            with self.subTest(signal=sign):
                alice = Chat(self, "alice")
                os.kill(alice.find("chat-listen: listening"), sign)
                alice.wait_line(
                    f"chat: chat-listen ended with status {status}")
                self.assertEqual(status, alice.wait_end())


class Ends(TerminalTest):
    """However the chat ends, the terminal is restored and no process is left.
    """

    def test_p42_quit_and_keys(self):
        for keys, status in ((("/quit", "Enter"), 0), (("C-d",), 0),
                             (("half a li", "C-c"), 130)):
            with self.subTest(keys=keys):
                alice = Chat(self, "alice")
                for key in keys:
                    alice.key(key)
                self.assertEqual(status, alice.wait_end())

    def test_p42_where_a_secret_is_asked_for(self):
        for sign in signal.SIGINT, signal.SIGTERM, signal.SIGKILL:
            with self.subTest(signal=sign):
                alice = Chat(self, "alice")
                alice.enter("/at 127.0.0.1 9 dave")
                alice.wait_for(r"^secret shared with dave:\Z")
                if sign == signal.SIGINT:
                    alice.key("C-c")
                else:
                    os.kill(alice.find(CHAT), sign)
                self.assertEqual(128 + sign, alice.wait_end())

    def test_p42_a_stop_from_the_keyboard_is_ignored(self):
        alice = Chat(self, "alice")
        alice.key("C-z")
        alice.type_line("/help")
        alice.wait_for("send a text that starts with a slash$")

    def test_p42_a_terminal_that_is_stopped(self):
        """Ctrl-S stops it."""
        alice = Chat(self, "alice")
        alice.key("C-s")
        alice.type_line("/help")
        os.kill(alice.find(CHAT), signal.SIGKILL)
        self.assertEqual(137, alice.wait_end())

    def test_p42_an_error(self):
        """It cannot wait for the next key."""
        alice = Chat(self, "alice")
        resource.prlimit(alice.find(CHAT), resource.RLIMIT_NOFILE, (3, 3))
        alice.type_line("hello")
        self.assertEqual(71, alice.wait_end())

    def test_p42_signals_to_either_process(self):
        for sign in signal.SIGTERM, signal.SIGHUP, signal.SIGKILL:
            for first in True, False:
                with self.subTest(signal=sign, first=first):
                    alice = Chat(self, "alice")
                    alice.type("half a li")
                    os.kill(alice.pid() if first else alice.find(CHAT), sign)
                    if sign == signal.SIGKILL and first:
                        alice.wait_gone()  # the terminal, a moment later
                    else:
                        self.assertEqual(128 + sign, alice.wait_end())

    def test_p42_the_terminal_goes_away(self):
        alice = Chat(self, "alice")
        self.tmux("new-session", "-d", "cat")  # otherwise tmux ends too
        alice.tmux("kill-pane")
        alice.wait_gone()
        self.chats.remove(alice)

    def test_lines_of_a_pipe_are_sent_before_the_end(self):
        bob = self.listen(user="bob")
        self.write_users(bob=bob.port)
        ended = self.run_program(
            CHAT, "-d", self.users, "-u", "alice", "-p", "0",
            stdin=b"one\nbob\n/to bob\ntwo\n//three")
        self.assertEqual(0, ended.status, ended)
        self.assertEqual(["alice: one", "alice: two", "alice: /three"],
                         bob.shown())
        self.assertNotIn("> ", ended.stdout)

    def test_p41_the_first_failure_of_a_pipe_is_its_status(self):
        bob = self.listen(user="bob")
        self.write_users(bob=bob.port)
        for status, stdin, says in (
                (64, b"one", "not sent: no recipient"),
                (65, b"/to bob\n\xff\none", "typed is not UTF-8"),
                (65, b"/to bob\nabc\0\none", "NUL character"),
                (65, b"/to bob\none\nabc\0", "NUL character"),
                (75, b"/to carol\ntwo\n/to bob\none", "refused"),
                (64, b"/to bob\none\n/help me\n/no", "not a command"),
                (67, b"/to bob\none\n/to zoe\nfor zoe", "zoe"),
                (64, b"/to bob\none\n/at nowhere\nfor dave", "usage"),
                (64, b"/to bob\none\n/at 127.0.0.1 5 d,e\nfor d",
                 "-a and -k are for one recipient")):
            with self.subTest(stdin=stdin):
                ended = self.run_program(
                    CHAT, "-d", self.users, "-u", "alice", "-p", "0",
                    stdin=stdin)
                self.assertEqual(status, ended.status, ended)
                self.assert_says(ended.stdout, says)
        self.assertEqual(["alice: one"] * 8, bob.shown())


class PlainEnds(Ends):

    env = {"CHAT_TERM": "dumb"}


class Questions(TerminalTest):

    def test_what_is_missing_is_asked_for_until_it_is_right(self):
        (self.home / "home").mkdir()
        os.rename(self.users, self.home / "home" / "users.json")
        with socket.socket(socket.AF_INET6) as taken:
            taken.bind(("::", 0))
            taken.listen()
            alice = Chat(self, "alice", ready=False, CHAT_DIRECTORY="",
                         CHAT_PORT="", HOME=str(self.home / "home"))
            question = r"^user directory \(a JSON file\):\Z"
            for answer in "/to bob", "/nowhere/users.json", "~/users.json":
                alice.wait_for(question)
                alice.enter(answer)
            alice.wait_line("chat: first answer the question")
            alice.wait_for("^chat-send: /nowhere/users.json: No such file")
            for answer in "x", "70000", str(taken.getsockname()[1]), "0":
                alice.wait_for(r"^port to listen on \[9\]:\Z")
                alice.enter(answer)
        alice.wait_ready("alice")
        self.assertIn("Address already in use", alice.screen())

    def test_quit_answers_any_question(self):
        alice = Chat(self, "alice", ready=False, CHAT_PORT="")
        alice.wait_for(r"^port to listen on \[9\]:\Z")
        alice.type("/qu")
        alice.key("Tab", "Enter")
        self.assertEqual(0, alice.wait_end())

    def test_options_come_before_the_environment(self):
        bob = Chat(self, "alice", "-u", "bob", "-p", "0", "-d", self.users,
                   ready=False, CHAT_PORT="1", CHAT_DIRECTORY="/nowhere")
        bob.wait_ready("bob")

    def test_the_usual_directory(self):
        (self.home / ".config" / "chat").mkdir(parents=True)
        os.rename(self.users, self.home / ".config" / "chat" / "users.json")
        Chat(self, "alice", CHAT_DIRECTORY="")

    def test_without_a_terminal_it_does_not_ask(self):
        for args, says in (((), "directory"), (("-d", self.users), "port"),
                           (("-x",), "-x"), (("-p",), "-p"),
                           (("hello",), "hello")):
            with self.subTest(args=args):
                self.assert_usage(self.run_program(CHAT, *args), says,
                                  program="chat-terminal")

    def test_how_long_messages_are_kept_is_checked_at_the_start(self):
        ended = self.run_program(
            CHAT, "-d", self.users, "-p", "0", "-s", "0")
        self.assertEqual((64, ""), (ended.status, ended.stdout), ended)
        self.assert_says(ended.stderr, "-s 0: not a time")

    def test_programs_that_are_missing(self):
        """None is taken from the current folder."""
        (self.home / "alone").mkdir()
        alone = shutil.copy(CHAT, self.home / "alone")
        (self.home / "chat-send").symlink_to(SEND)
        for path in "/nowhere", "":
            ended = self.run_program(
                alone, "-d", self.users, "-p", "0", env={"PATH": path})
            self.assertEqual(69, ended.status, ended)
            self.assert_says(
                ended.stdout, "chat-terminal: cannot run chat-send")


if __name__ == "__main__":
    unittest.main()
