"""Where messages go: the receipt says that they went, and what they become."""
import calendar
import json
import os
import resource
import signal
import time

from harness import LISTEN, ChatTest
from process import Collector, Terminal, soon, stop, wait_until, waiting_in

NOT_WRITTEN = "could not write the message out"

# All that a terminal or a reader could take for more than text.
UNSAFE = [chr(c) for first, last in (
    (0x01, 0x08), (0x0a, 0x1f), (0x7f, 0x9f), (0xad, 0xad), (0x61c, 0x61c),
    (0x180e, 0x180e), (0x200b, 0x200f), (0x2028, 0x202e), (0x2060, 0x206f),
    (0xfeff, 0xfeff), (0xfff9, 0xfffb), (0xe0001, 0xe007f))
    for c in range(first, last + 1)]


def is_unsafe(text):
    return any(char in text for char in UNSAFE)


class Failing(ChatTest):
    """p20: what was not written out is not receipted."""

    limit = 120

    def send_watched(self, alice, *words, **how):
        """Sends; returns how it ended, and the type of the last frame."""
        middle = self.proxy(alice)
        sent = self.send(middle, *words, **how)
        return sent, middle.frames[-1][1].split(b'"')[5].decode()

    def test_p20_full_disk_is_never_receipted(self):
        with open("/dev/full", "wb") as full:
            alice = self.listen(stdout=full)
        for _ in range(3):
            sent, last = self.send_watched(alice, "hi")
            self.assert_failed(sent, 74, "alice at ", NOT_WRITTEN)
            self.assertEqual("nack", last)
        said = alice.stop().stderr.splitlines()[1:]
        self.assertEqual(3, len(said))
        self.assertIn("message not shown", said[0])

    def test_p20_full_file_is_never_receipted(self):
        """A limit on its size, where a process could be killed for writing."""
        with open(self.home / "log", "wb") as log:
            alice = self.listen(
                stdout=log, limits=[(resource.RLIMIT_FSIZE, 4096)])
        self.assert_sent(self.send(alice, "small"))
        sent, last = self.send_watched(alice, "x" * 5000)
        self.assert_failed(sent, 74, NOT_WRITTEN)
        self.assertEqual("nack", last)

    def test_p20_closed_output_is_never_receipted(self):
        """There is nothing to write to, so there is no listener."""
        path = self.directory(self.shared)
        ended = self.run_program(
            "/bin/sh", "-c", 'exec "$@" >&-', "sh", LISTEN, "-p", "0", "-u",
            "alice", "-w", "1", "-d", path)
        self.assert_failed(ended, 74, "standard output",
                           program="chat-listen")

    def assert_gone(self, alice):
        ended = alice.wait()
        self.assertEqual(74, ended.status, ended)
        self.assertEqual(
            1, ended.stderr.count("nobody reads the output any more\n"))

    def test_p20_closed_pipe_ends_the_listener(self):
        alice, reader = self.listen_on_small_pipe()
        os.close(reader)
        self.assert_gone(alice)

    def test_p20_pipe_closed_between_messages(self):
        alice, reader = self.listen_on_small_pipe()
        self.assert_sent(self.send(alice, "hi"))
        os.close(reader)
        self.assert_gone(alice)
        self.assert_failed(self.send(alice, "hi"), 75, "refused")

    def test_p20_pipe_closed_during_a_session_is_never_receipted(self):
        def close_first(n, line):
            if n == 5:
                os.close(reader)
            return line

        alice, reader = self.listen_on_small_pipe()
        sent = self.send(self.proxy(alice, close_first), "hi")
        self.assert_failed(sent, 74, NOT_WRITTEN)
        self.assert_gone(alice)

    def test_p20_closed_terminal_ends_the_listener(self):
        master, slave = os.openpty()
        alice = self.listen(stdout=slave)
        os.close(slave)
        os.close(master)
        self.assert_gone(alice)

    def test_p20_stopped_reader_gives_no_receipt(self):
        alice, reader = self.listen_on_small_pipe()
        sent = self.send(alice, "x" * 60000, options=("-t", soon()))
        self.assert_failed(sent, 79, "no valid receipt")
        os.close(reader)
        self.assert_gone(alice)

    def test_p20_stopped_reader_who_goes_on_in_time(self):
        alice, reader = self.listen_on_small_pipe()
        sending = self.start_send(alice, "x" * 60000)
        alice.wait_sessions(1)
        self.assertTrue(sending.running())
        screen = Collector(reader)
        self.assert_sent(sending.wait())
        alice.stop()
        self.assertIn(b": " + b"x" * 60000 + b"\n", screen.wait_end())

    def test_p20_stopped_reader_is_told_to_the_sender(self):
        """And what was cut off does not spoil what comes after it."""
        alice, reader = self.listen_on_small_pipe()
        options = ("-i", "ab" * 16)
        start = time.monotonic()
        sent, last = self.send_watched(
            alice, "x" * 60000, options=(*options, "-t", "3600"))
        self.assert_failed(sent, 74, NOT_WRITTEN)
        self.assertEqual("nack", last)
        self.assert_waited(start, 28)
        screen = Collector(reader)
        self.assert_sent(self.send(alice, "y" * 9000, options=options))
        alice.stop()
        part, whole = screen.wait_end().decode().splitlines()
        self.assertRegex(part, r"Z bob: x+\Z")
        self.assertEqual("bob: " + "y" * 9000, alice.text_of(whole))

    def test_a_busy_reader_does_not_make_others_wait_for_ever(self):
        """
        Who waits for a turn hears `busy` before its own patience ends. Whoever
        has the turn is stopped: on a slow machine it would end before that.
        """
        self.hurry_up()
        alice, reader = self.listen_on_small_pipe()
        first = self.start_send(alice, "x" * 60000)
        wait_until(lambda: waiting_in(reader), "the first message")
        session, = alice.children()["session"]
        stop(session)
        second = self.send(alice, "hi", options=("-t", "3600"))
        self.assert_failed(second, 75, "busy")
        os.kill(session, signal.SIGKILL)
        self.assert_failed(first.wait(), 79)
        os.close(reader)
        self.assertEqual(74, alice.wait().status)


class Shown(ChatTest):
    """p22: nothing that a peer writes can do more than be read."""

    def show(self, *texts, options=(), **how):
        """What a listener writes for these texts, byte for byte."""
        alice = self.listen(*options, **how)
        for text in texts:
            self.assert_sent(self.send(alice, stdin=text.encode()))
        return alice

    def on_terminal(self, *texts, env=None, columns=60000):
        terminal = Terminal(raw=True, columns=columns)
        alice = self.show(*texts, stdout=terminal.slave, env=env)
        alice.stop()
        terminal.hang_up()
        return terminal.screen.wait_end().decode()

    def in_pipe(self, *texts, options=()):
        return self.show(*texts, options=options).stop().stdout

    CHUNKS = ["<%s>" % "".join(UNSAFE[i:i + 20]) + "."
              for i in range(0, len(UNSAFE), 20)]

    def escaped(self, text):
        """How an unsafe text is shown."""
        return "".join(
            "\\n" if char == "\n" else char if char not in UNSAFE else
            "\\x%02x" % ord(char) if ord(char) < 0x80 else
            "\\u{%x}" % ord(char) for char in text)

    def test_p22_to_a_pipe(self):
        output = self.in_pipe(*self.CHUNKS)
        self.assertFalse(is_unsafe(output.replace("\n", "")))
        self.assertEqual([self.escaped(chunk) for chunk in self.CHUNKS],
                         [line[26:] for line in output.splitlines()])

    def test_p22_to_a_terminal(self):
        chunks = [chunk.replace("\n", "") for chunk in self.CHUNKS]
        screen = self.on_terminal(*chunks)
        plain = screen.replace("\x1b[1mbob\x1b[0m: ", "bob: ")
        self.assertFalse(is_unsafe(plain.replace("\n", "")))
        self.assertEqual([self.escaped(chunk) for chunk in chunks],
                         [line[14:] for line in plain.splitlines()])

    def test_p22_as_json(self):
        output = self.in_pipe(*self.CHUNKS, options=("-j",))
        self.assertFalse(is_unsafe(output.replace("\n", "")))
        self.assertEqual(self.CHUNKS, [json.loads(line)["text"] for line in
                                       output.splitlines()])

    def test_p22_all_bytes_that_are_no_text(self):
        """The sender refuses them; test_strangers.py asks the listener."""
        alice = self.listen()
        for byte in (0, *range(0x80, 0x100)):
            sent = self.send(alice, stdin=b"a%cb" % byte)
            self.assert_failed(sent, 65)
        self.assertEqual([], alice.shown())

    def test_p22_all_bytes_that_are_a_text(self):
        texts = ["<%c>" % byte for byte in range(1, 0x80)]
        output = self.in_pipe(*texts)
        self.assertEqual([self.escaped(text) for text in texts],
                         [line[26:] for line in output.splitlines()])

    def test_no_text_forges_a_message_in_a_pipe(self):
        forged = "hi\n2026-11-23T03:22:01Z alice: forged\r\n"
        self.assertEqual(1, self.in_pipe(forged).count("\n"))

    def test_no_text_forges_a_message_on_a_terminal(self):
        screen = self.on_terminal("hi\n03:22:01 alice: forged\n\nend")
        first, *rest = screen.splitlines()
        self.assertTrue(first.endswith("hi"))
        self.assertEqual(
            ["    03:22:01 alice: forged", "    ", "    end"], rest)

    def test_p22_a_terminal_that_does_not_say_has_80_columns(self):
        screen = self.on_terminal("x" * 200, columns=0)
        lines = screen.replace("\x1b[1mbob\x1b[0m: ", "bob: ").splitlines()
        self.assertEqual([80, 80], [len(line) for line in lines[:2]])

    def test_no_text_forges_a_message_by_the_terminals_own_wrapping(self):
        text = "x" * 65 + "03:22:01 alice: forged" + "你" * 70
        screen = self.on_terminal(text, env={"NO_COLOR": "1"}, columns=80)
        first, *rest = screen.splitlines()
        self.assertEqual(80, len(first))
        for line in rest:
            self.assertTrue(line.startswith("    "), line)
            self.assertLessEqual(len(line) + line.count("你"), 80)
        self.assertEqual(
            text, first[14:] + "".join(line[4:] for line in rest))

    def test_bold_names(self):
        self.assertRegex(
            self.on_terminal("hi"),
            "\\A\\d\\d:\\d\\d:\\d\\d \x1b\\[1mbob\x1b\\[0m: hi\n\\Z")

    def test_plain_names(self):
        for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            with self.subTest(env):
                self.assertRegex(self.on_terminal("hi", env=env),
                                 r"\A\d\d:\d\d:\d\d bob: hi\n\Z")

    def test_a_terminal_shows_local_time(self):
        before = time.time()
        screen = self.on_terminal("hi", env={"TZ": "HERE-5:30"})
        spelled = {time.strftime("%H:%M:%S", time.gmtime(at + 19800))
                   for at in range(int(before), int(time.time()) + 1)}
        self.assertIn(screen[:8], spelled)

    def test_a_pipe_gets_utc(self):
        before = int(time.time())
        line = self.show("hi", env={"TZ": "HERE-5:30"}).stop().stdout
        shown = calendar.timegm(time.strptime(line[:20], "%Y-%m-%dT%H:%M:%SZ"))
        self.assertTrue(before <= shown <= time.time(), line)
