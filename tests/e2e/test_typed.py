"""Typing mistakes: options after the recipient, two messages."""
import os

from harness import SEND, ChatTest, Program
from process import Terminal


class Words(ChatTest):
    """Words after the recipient."""

    def refuse(self, *words, says=(), options=(), **how):
        """No connection is made for it."""
        alice = self.serve()
        self.assert_failed(self.send(alice, *words, options=options, **how),
                           64, *says)
        alice.socket.setblocking(False)
        self.assertRaises(BlockingIOError, alice.socket.accept)

    def test_options_at_the_start_are_refused(self):
        for words in (["-v"], ["-qv"], ["-r300"], ["-r", "300"], ["-l"],
                      ["--retry=300"], ["--retry", "300"], ["--verbose"],
                      ["--verb"], ["-4"], ["-dusers.json"], ["-d", "file"],
                      ["-r"], ["-r", "soon"], ["-h"], ["-V"], ["--help"],
                      ["-i", "0" * 32], ["-i" + "0" * 32], ["-qr5"]):
            for more in [], ["disk full"]:
                with self.subTest(words=words, more=more):
                    self.refuse(*words, *more,
                                says=[f"'{words[0]}", "-- right after"])

    def test_options_at_the_end_are_refused(self):
        for words in (["-v"], ["-qv"], ["-r300"], ["-r", "300"],
                      ["--retry=300"], ["--retry", "300"], ["--quiet"],
                      ["-u", "bob"], ["-r"], ["-r", "300", "-v"]):
            with self.subTest(words=words):
                self.refuse("disk full", *words, says=["-- right after"])
                self.refuse("disk", "is", "full", *words,
                            says=["-- right after"])

    def test_both_words_are_named(self):
        self.refuse("disk full", "-r", "300", says=["'-r 300' is an option"])

    def test_data_is_not_lost_for_an_option(self):
        for option in "-v", "-l":
            self.refuse(option, stdin="a table", says=[f"'{option}'"])

    def test_what_steers_a_terminal_is_escaped(self):
        self.refuse("-d\x1b[31m", says=[r"'-d\x1b[31m'"])

    def deliver(self, text, *words, before=()):
        alice = self.listen()
        command = list(self.command(alice, *words))
        at = command.index("alice")
        command[at:at] = before
        self.assert_sent(self.run_program(*command))
        self.assertEqual([f"bob: {text}"], alice.shown())

    def test_what_is_no_option_of_ours_is_text(self):
        for words in (["-5 degrees"], ["-5", "degrees"], ["-x"], ["-xv"],
                      ["-r300 seconds"], ["-v is loud"], ["-r0"], ["-test"],
                      ["---"], ["--colour"], ["--verbose=yes"], ["--re x"],
                      ["temperature", "-4"], ["see", "-v", "for", "more"],
                      ["-", "hi"], ["-hello"], ["a", "--"], ["-"+"9" * 9]):
            with self.subTest(words=words):
                self.deliver(" ".join(words), *words)

    def test_all_behind_two_dashes_is_text(self):
        for words in (["-v"], ["-r", "300"], ["hi"], ["-"], ["--"],
                      ["--", "-n"], ["disk full", "-r", "300"]):
            with self.subTest(words=words):
                self.deliver(" ".join(words), "--", *words)

    def test_two_dashes_before_the_recipient_end_options(self):
        self.deliver("-v", "-v", before=["--"])
        self.deliver("disk -r 300", "disk", "-r", "300", before=["--"])
        self.deliver("-n", "--", "-n", before=["--"])

    def test_two_dashes_and_no_words_read_standard_input(self):
        alice = self.listen()
        self.assert_sent(self.send(alice, "--", stdin="data"))
        self.assertEqual(["bob: data"], alice.shown())


class Both(ChatTest):
    """A message in words, and data on standard input."""

    SAYS = "leave out the words", "</dev/null"

    def setUp(self):
        super().setUp()
        self.alice = self.listen()
        self.reader, self.writer = os.pipe()
        self.addCleanup(os.close, self.reader)

    def send_words(self, **how):
        return Program(self, self.command(self.alice, "words"), **how).wait()

    def write(self):
        os.write(self.writer, b"data\n")

    def test_data_in_a_pipe_is_refused(self):
        self.write()
        self.assert_failed(self.send_words(stdin=self.reader), 64, *self.SAYS)
        os.close(self.writer)
        self.assert_failed(self.send_words(stdin=self.reader), 64, *self.SAYS)
        self.assertEqual([], self.alice.shown())

    def test_data_in_a_file_is_refused(self):
        self.assert_failed(self.send(self.alice, "words", stdin="data"), 64,
                           *self.SAYS)
        self.assertEqual([], self.alice.shown())

    def test_a_dash_takes_the_data(self):
        self.assert_sent(self.send(self.alice, "-", stdin="data"))
        self.assertEqual(["bob: data"], self.alice.shown())

    def test_who_has_nothing_to_say_is_not_waited_for(self):
        """A pipe that is kept open, one that has ended, files at their end."""
        self.assert_sent(self.send_words(stdin=self.reader))
        os.close(self.writer)
        self.assert_sent(self.send_words(stdin=self.reader))
        self.assert_sent(self.send(self.alice, "words", stdin=""))
        with open(self.file("read", "all of it"), "rb") as file:
            file.seek(0, os.SEEK_END)
            self.assert_sent(self.send_words(stdin=file))
        with open("/dev/zero", "rb") as zero:
            self.assert_sent(self.send_words(stdin=zero))
        self.assertEqual(["bob: words"] * 5, self.alice.shown())

    def test_what_is_typed_is_for_the_shell(self):
        terminal = Terminal()
        terminal.type("make\n")
        self.assert_sent(self.send_words(stdin=terminal.slave))
        terminal.hang_up()

    def loop(self, script, stdin):
        """A shell whose standard input is not meant for us."""
        ended = self.run_program(
            "sh", "-c", script, "sh", *self.command(self.alice), stdin=stdin)
        self.assert_sent(ended)
        self.assertEqual(["bob: host a", "bob: host b", "bob: host c"],
                         self.alice.shown())

    LOOP = 'while read -r host; do "$@" "host $host" || exit; done'

    def test_the_list_of_a_loop_is_not_ours(self):
        self.loop(self.LOOP, "a\nb\nc\n")

    def test_the_pipe_of_a_loop_is_not_ours(self):
        self.loop(f"printf 'a\\nb\\nc\\n' | {self.LOOP}", None)

    def test_the_rest_of_a_script_is_not_ours(self):
        script = "".join(f"{' '.join(self.command(self.alice))} 'host {name}'\n"
                         for name in "abc")
        self.loop("exec sh", script)

    def test_a_secret_or_a_directory_on_standard_input_is_used(self):
        path = self.file("secret", self.shared["alice"])
        alice = self.listen(knows={"alice": self.shared["alice"]})
        with open(path, "rb") as file:
            self.assert_sent(self.run_program(
                SEND, "-u", "bob", "-a", "127.0.0.1", "-p", str(alice.port),
                "-k", "/dev/stdin", "alice", "hi", stdin=file))
        path = self.directory(self.shared, self.alice.port)
        with open(path, "rb") as file:
            self.assert_sent(self.run_program(
                SEND, "-d", "/dev/stdin", "-u", "bob", "alice", "hi",
                stdin=file))
