"""Closed or full standard descriptors, for each program that needs them."""
import json
import os
import resource

from harness import BUILD, LISTEN, ROOT, SEND, ChatTest

KEYGEN = str(ROOT / "scripts" / "chat-keygen")
TERMINAL = str(BUILD / "chat-terminal")
NAME = ["in", "out", "err"]


class Closed(ChatTest):

    def run_closed(self, descriptors, *argv, **how):
        """Runs a command with descriptors closed by the shell, with >&- or
        <&-."""
        closing = " ".join(f"{number}>&-" for number in descriptors)
        return self.run_program("sh", "-c", f'exec "$@" {closing}', "sh",
                                *argv, **how)

    def refuse(self, status, descriptor, *argv, says=(), program="chat-send",
               **how):
        """Expects an error, if closed or open in the wrong direction."""
        self.assert_failed(
            self.run_closed([descriptor], *argv, **how), status,
            f"standard {NAME[descriptor]}put is closed", *says,
            program=program)
        wrong = (os.O_WRONLY, os.O_RDONLY)[descriptor]
        null = os.open("/dev/null", wrong)
        self.addCleanup(os.close, null)
        self.assert_failed(
            self.run_program(*argv, **{("stdin", "stdout")[descriptor]: null}),
            status, f"standard {NAME[descriptor]}put", program=program)

    def test_what_is_asked_for_needs_standard_output(self):
        path = self.directory(self.shared)
        for option in "-h", "-V", "--help", "--version":
            self.refuse(74, 1, SEND, option)
            self.refuse(74, 1, LISTEN, option, program="chat-listen")
        self.refuse(74, 1, SEND, "-L", "-d", path, says=["-L"])
        self.refuse(74, 1, SEND, "--list", "-d", path)

    def test_a_listener_needs_standard_output(self):
        path = self.directory(self.shared)
        for options in [], ["-j"], ["-n"]:
            self.refuse(74, 1, LISTEN, "-p", "0", "-u", "alice", "-d", path,
                        *options, program="chat-listen")

    def test_results_need_standard_output(self):
        """This is noticed before anything is sent."""
        alice = self.serve()
        for options in ["-j"], ["-jn"], ["-jl"], ["-j", "-r", "5"]:
            words = [] if {"-jn", "-jl"} & set(options) else ["hi"]
            self.refuse(74, 1, *self.command(alice, *words, options=options),
                        says=["-j"])
        alice.socket.setblocking(False)
        self.assertRaises(BlockingIOError, alice.socket.accept)

    def test_a_message_that_is_read_needs_standard_input(self):
        alice = self.serve()
        for options, words in (([], []), (["-l"], []), ([], ["-"]),
                               (["-l", "-q"], []), (["-r", "5"], ["-"])):
            self.refuse(66, 0, *self.command(alice, *words, options=options))
        alice.socket.setblocking(False)
        self.assertRaises(BlockingIOError, alice.socket.accept)

    def test_who_needs_none_works_without(self):
        """No other file gets their numbers."""
        alice = self.listen()
        command = self.command(alice, "hi")
        for closed in [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]:
            self.assert_sent(self.run_closed(closed, *command))
        self.assert_sent(self.run_closed(
            [0, 1], *self.command(alice, options=("-n",))))
        self.assertEqual(["bob: hi"] * 7, alice.shown())

    def test_results_without_the_others(self):
        alice = self.listen()
        ended = self.run_closed(
            [0, 2], *self.command(alice, "hi", options=("-j",)))
        self.assertEqual(0, ended.status)
        self.assertTrue(json.loads(ended.stdout)["ok"])

    def test_a_listener_needs_nothing_else(self):
        path = self.directory(self.shared)
        self.assertEqual(0, self.run_closed(
            [0, 2], LISTEN, "-n", "-u", "alice", "-d", path).status)

    def test_scripts(self):
        for argv in ((KEYGEN,), (KEYGEN, "alice"), (KEYGEN, "-h"),
                     (TERMINAL, "-h")):
            self.assert_failed(self.run_closed([1], *argv), 74, "cannot write",
                               program=os.path.basename(argv[0]))


class Full(ChatTest):

    def on_full(self, *argv, **how):
        with open("/dev/full", "wb") as full:
            return self.run_program(*argv, stdout=full, **how)

    def test_what_is_asked_for(self):
        path = self.directory(self.shared)
        for argv in ((SEND, "-L", "-d", path), (SEND, "--version"),
                     (LISTEN, "--help"), (TERMINAL, "-h"), (KEYGEN, "-h"),
                     (KEYGEN, "alice")):
            self.assert_failed(self.on_full(*argv), 74,
                               program=os.path.basename(argv[0]))

    def test_a_result_that_cannot_be_written(self):
        """The message was delivered, and standard error says so."""
        alice = self.listen()
        for options in ["-j"], ["-j", "-r", "5"], ["-j", "-q"]:
            ended = self.on_full(*self.command(alice, "hi", options=options))
            self.assertEqual(74, ended.status, ended)
            self.assert_says(ended.stderr, "standard output: No space left",
                             "alice: delivered")
        self.assertEqual(["bob: hi"] * 3, alice.shown())

    def test_nobody_reads_the_result(self):
        alice = self.listen()
        reader, writer = os.pipe()
        os.close(reader)
        ended = self.run_program(
            *self.command(alice, "hi", options=("-j",)), stdout=writer)
        os.close(writer)
        self.assertEqual(74, ended.status, ended)
        self.assert_says(ended.stderr, "Broken pipe", "alice: delivered")

    def test_a_result_of_a_failure_keeps_its_status(self):
        nobody = self.serve()
        nobody.close()
        for options in ["-j"], ["-j", "-r", "1"]:
            ended = self.on_full(*self.command(nobody, "hi", options=options,
                                               name="alice"))
            self.assertEqual(75, ended.status, ended)
            self.assert_says(ended.stderr, "No space left", "refused")

    def test_a_result_that_is_written_in_part(self):
        self.need_no_counters()
        alice = self.listen()
        with open(self.home / "log", "wb") as log:
            ended = self.run_program(
                *self.command(alice, "hi", options=("-j",)), stdout=log,
                limits=[(resource.RLIMIT_FSIZE, 50)])
        self.assertEqual(74, ended.status, ended)
        self.assert_says(ended.stderr, "alice: delivered")

    WIDE = "a" * 65536  # a message of its own

    def test_lines_end_with_the_first_that_is_not_reported(self):
        alice = self.listen()
        ended = self.on_full(*self.command(alice, options=("-jl",)),
                             stdin=self.lines(f"{self.WIDE}\nb\n"))
        self.assertEqual(74, ended.status, ended)
        self.assertEqual([f"bob: {self.WIDE}"], alice.shown())

    def lines(self, text):
        file = open(self.file("lines", text), "rb")
        self.addCleanup(file.close)
        return file
