"""Where messages go: receipts for what was written, and how it is shown."""
import calendar
import json
import os
import re
import resource
import signal
import subprocess
import time
import unicodedata

from chat1 import Sender
from harness import LISTEN, ROOT, SEND, ChatTest
from process import Collector, Terminal, soon, stop, wait_until, waiting_in

NOT_WRITTEN = "could not write the message out"

# Everything that a terminal or a reader could take for more than text.
UNSAFE = [chr(c) for first, last in (
    (0x01, 0x08), (0x0a, 0x1f), (0x7f, 0x9f), (0xad, 0xad), (0x61c, 0x61c),
    (0x180e, 0x180e), (0x200b, 0x200f), (0x2028, 0x202e), (0x2060, 0x206f),
    (0xfeff, 0xfeff), (0xfff9, 0xfffb), (0xe0001, 0xe007f))
    for c in range(first, last + 1)]


def is_unsafe(text):
    return any(char in text for char in UNSAFE)


class Failing(ChatTest):
    """p20: what was not written is not receipted."""

    limit = 120

    def send_watched(self, alice, *words, **how):
        """Sends. Returns the result, and the type of the last frame."""
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
        said = alice.stop().stderr.splitlines()[2:]
        self.assertEqual(3, len(said))
        self.assertIn("message not shown", said[0])

    def test_p20_full_file_is_never_receipted(self):
        """A file size limit could also kill the process."""
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
            1, ended.stderr.count("the output is no longer read\n"))

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
        """And a torn line does not spoil the next one."""
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
        """A session that waits for a turn answers `busy` before its sender
        gives up. The one that has the turn is stopped: on a slow machine it
        would end before."""
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
    """p22: text of a peer has no effect but to be read."""

    def show(self, *texts, options=(), **how):
        """Returns what a listener writes for these texts, byte for byte."""
        alice = self.listen(*options, **how)
        for text in texts:
            self.assert_sent(self.send(alice, stdin=text.encode()))
        return alice

    def on_terminal(self, *texts, env=None, columns=60000, options=()):
        terminal = Terminal(raw=True, columns=columns)
        env = {"LC_ALL": "C.UTF-8"} | (env or {})
        alice = self.show(
            *texts, options=options, stdout=terminal.slave, env=env)
        alice.stop()
        terminal.hang_up()
        return terminal.screen.wait_end().decode()

    def in_pipe(self, *texts, options=()):
        return self.show(*texts, options=options).stop().stdout

    CHUNKS = ["<%s>" % "".join(UNSAFE[i:i + 20]) + "."
              for i in range(0, len(UNSAFE), 20)]

    def escaped(self, text):
        """Returns how an unsafe text is shown."""
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
        text = "x" * 77 + "03:22:01 alice: forged" + "你" * 70
        screen = self.on_terminal(text, env={"NO_COLOR": "1"}, columns=80)
        first, *rest = screen.splitlines()
        self.assertEqual(80, len(first))
        for line in rest:
            self.assertTrue(line.startswith("    "), line)
            self.assertLessEqual(len(line) + line.count("你"), 80)
        self.assertEqual(  # breaks replace blanks, or are in long words
            text.replace(" ", ""), "".join(
                [first[14:], *(line[4:] for line in rest)]).replace(" ", ""))

    def through_a_pipe(self, text, columns, stdin=None):
        """Returns what another program gets to show on a terminal."""
        lines = self.show(text, options=("-t", str(columns)), stdin=stdin,
                          env={"NO_COLOR": "1"}).stop().stdout.splitlines()
        self.assertRegex(lines[0], r"^\d\d:\d\d:\d\d bob: x")
        for line in lines[1:]:
            self.assertTrue(line.startswith("    "), line)
        return [len(line) for line in lines]

    def test_no_text_forges_a_message_through_another_program(self):
        text = "x" * 177 + "03:22:01 alice: forged\n03:22:01 alice: forged"
        for columns, width in ((33, 33), (100, 100), (0, 80)):
            with self.subTest(columns=columns):
                self.assertEqual(
                    width, self.through_a_pipe(text, columns)[0])

    def test_the_width_of_a_terminal_that_is_standard_input_counts(self):
        terminal = Terminal(columns=44)
        self.addCleanup(terminal.hang_up)
        self.assertEqual(
            44, self.through_a_pipe("x" * 99, 0, terminal.slave)[0])

    def test_a_long_link_stays_whole_on_a_terminal(self):
        link = "https://example.org/" + "long/" * 30
        screen = self.on_terminal(f"see {link} and", env={"NO_COLOR": "1"},
                                  columns=80)
        first, *rest = screen.splitlines()
        self.assertTrue(first.endswith(f"bob: see {link}"), first)
        self.assertEqual(["    and"], rest)

    def test_a_late_message_says_when_it_was_composed(self):
        alice = self.listen()
        with Sender(alice.port, **self.parties()) as bob:
            bob.shake_hands()
            bob.ask(bob.text(b"old", when=int(time.time()) - 3600))
        self.assertRegex(alice.stop().stdout,
                         r"\A\S+Z bob \(composed \S+Z\): old\n\Z")

    # The reader does not know UTF-8, or is not known to; LC_ALL is C here.
    OTHER_LOCALES = ({"LC_ALL": ""}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"},
                     {"LC_ALL": "", "LANG": "C"},
                     {"LC_ALL": "", "LANG": "de_DE.ISO-8859-1"},
                     {"LC_ALL": "", "LANG": "xx_XX.UTF-8"},
                     {"LC_ALL": "", "LC_CTYPE": "C", "LANG": "C.UTF-8"},
                     {"LC_ALL": "C", "LANG": "C.UTF-8"})
    UTF8_LOCALES = ({"LC_ALL": "C.UTF-8"}, {"LC_ALL": "", "LANG": "C.UTF-8"},
                    {"LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": "C"},
                    {"LC_ALL": "C.UTF-8", "LANG": "C"})
    # U+00DB is the bytes c3 9b; some terminals take the second one for CSI.
    FOREIGN = "\xdb1A\xdb2J \xe9 \u4f60 \U0001f600 a\u0301"
    SPELLED = "\\u{db}1A\\u{db}2J \\u{e9} \\u{4f60} \\u{1f600} a\\u{301}"

    def only_ascii(self, screen):
        plain = screen.replace("\x1b[1mbob\x1b[0m: ", "bob: ")
        self.assertRegex(plain, r"\A[ -~\n]*\Z")
        return plain

    def test_p22_a_terminal_not_known_to_read_utf8_gets_ascii(self):
        for env in self.OTHER_LOCALES:
            with self.subTest(env):
                screen = self.only_ascii(
                    self.on_terminal(self.FOREIGN, env=env))
                self.assertEqual(self.SPELLED, screen.rstrip("\n")[14:])

    def test_p22_so_it_is_where_the_environment_is_empty(self):
        for name in ("LC_ALL", "LC_CTYPE", "LANG"):
            self.environment.pop(name, None)
        terminal = Terminal(raw=True, columns=200)
        self.show(self.FOREIGN, stdout=terminal.slave).stop()
        terminal.hang_up()
        screen = self.only_ascii(terminal.screen.wait_end().decode())
        self.assertEqual(self.SPELLED, screen.rstrip("\n")[14:])

    def test_p22_json_on_such_a_terminal_is_ascii_and_whole(self):
        for env in self.OTHER_LOCALES[:3]:
            screen = self.on_terminal(self.FOREIGN, env=env, options=("-j",))
            self.assertEqual(
                self.FOREIGN, json.loads(self.only_ascii(screen))["text"])

    def test_a_terminal_known_to_read_utf8_gets_the_text(self):
        for env in self.UTF8_LOCALES:
            with self.subTest(env):
                screen = self.on_terminal(
                    self.FOREIGN, env=env | {"NO_COLOR": "1"})
                self.assertEqual(self.FOREIGN, screen.rstrip("\n")[14:])

    def test_programs_get_utf8_in_every_locale(self):
        for options in ((), ("-j",)):
            for env in self.OTHER_LOCALES[:3]:
                shown = self.show(self.FOREIGN, options=options, env=env)
                self.assertIn(self.FOREIGN, shown.stop().stdout)

    def test_p22_joiners_stay_between_letters_and_nowhere_else(self):
        words = "\u0915\u094d\u200d\u0937 \u0645\u06cc\u200c\u062e"
        shown = {words: words, "pay\u200dpal": "pay\\u{200d}pal",
                 "\u0915\u200d": "\u0915\\u{200d}",
                 "\u0915\u200d\u200d\u0937":
                 "\u0915\\u{200d}\\u{200d}\u0937",
                 "\u2764\ufe0f\u200d\U0001f525":
                 "\u2764\\u{fe0f}\\u{200d}\U0001f525"}
        screen = self.on_terminal(*shown, env={"NO_COLOR": "1"})
        self.assertEqual(
            list(shown.values()), [line[14:] for line in screen.splitlines()])
        self.assertEqual(
            list(shown.values()),
            [line[26:] for line in self.in_pipe(*shown).splitlines()])

    def test_p22_widths_are_the_most_that_unicode_lets_a_terminal_take(self):
        """Wide characters, and ambiguous ones, which are wide on some
        terminals."""
        double = "".join(
            char for char in map(chr, range(0xa0, 0x20000))
            if unicodedata.east_asian_width(char) in "WFA"
            and not unicodedata.category(char).startswith(("M", "C"))
            and char not in "\u115f\u3164"  # fillers, which are escaped
            or unicodedata.category(char) == "Co")
        texts = [double[i:i + 15000] for i in range(0, len(double), 15000)]
        screen = self.on_terminal(*texts, env={"NO_COLOR": "1"}, columns=80)
        for line in screen.splitlines():
            head, text = line[:14], line[14:]
            if line.startswith("    "):
                head, text = line[:4], line[4:]
            self.assertLessEqual(len(head) + 2 * len(text), 80, line)

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


class Complaints(ChatTest):
    """p22: messages about arguments have no effect on a terminal either."""

    WORD = b"x\x9b1A\xc2\x9b\x1b[31m\r\nchat-send: no\xe2\x80\xae\xc3\xbc\x7f"
    QUOTED = (r"x\x9b1A\u{9b}\x1b[31m\x0d\x0achat-send: no\u{202e}%s\x7f")

    def complain(self, program, *argv, env=None):
        """Returns the first line of the message; the rest is the synopsis."""
        env = {os.fsencode(key): os.fsencode(value) for key, value in
               (self.environment | (env or {})).items()}
        ended = subprocess.run(
            [program, *argv], env=env, stdin=subprocess.DEVNULL,
            capture_output=True, check=False)
        self.assertIn(ended.returncode, (64, 67, 75, 78), ended)
        first, *rest = ended.stderr.decode().splitlines()
        self.assertRegex("\n".join(rest), r"\A(usage: [ -~\n]*)?\Z")
        self.assertRegex(first, r"\Achat-(send|listen): [^\x00-\x1f\x7f]*\Z")
        return first

    def assert_quoted(self, program, *argv, env=None):
        for locale, last in (("C", r"\u{fc}"), ("C.UTF-8", "\xfc"),
                             ("xx_XX.UTF-8", r"\u{fc}")):
            with self.subTest(argv=argv, env=env, locale=locale):
                line = self.complain(
                    program, *argv, env=(env or {}) | {"LC_ALL": locale})
                self.assertIn(self.QUOTED % last, line)

    def test_p22_of_chat_send(self):
        word, users = self.WORD, self.directory(self.shared)
        for argv in (
                (word,), ("-L", word), ("-l", "alice", word),
                *((option, word, "alice", "hi") for option in
                  ("-p", "-t", "-r", "-i", "-d", "-u", "-a")),
                ("-a", "::1", "-p", "1", "-u", "bob", "-k", word, "alice"),
                ("-d", users, "-u", "bob", word, "hi")):
            self.assert_quoted(SEND, *argv)
        self.assert_quoted(SEND, "alice", "hi", env={"CHAT_USER": word})
        self.assert_quoted(SEND, "-u", "bob", "alice", "hi",
                           env={"CHAT_DIRECTORY": word})

    def test_p22_of_chat_listen(self):
        word, users = self.WORD, self.directory(self.shared)
        for argv in (
                (word,), *((option, word) for option in
                           ("-p", "-c", "-m", "-M", "-w", "-E", "-P")),
                ("-d", word, "-p", "0"), ("-d", users, "-p", "0", "-u", word)):
            self.assert_quoted(LISTEN, *argv)
        self.assert_quoted(LISTEN, "-p", "0", env={"CHAT_DIRECTORY": word})

    def bad_directory(self, content):
        """Returns a directory whose name is as bad."""
        path = os.fsencode(self.home) + b"/" + self.WORD.replace(b"/", b"")
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        os.chmod(path, 0o600)
        return path

    def test_p22_of_a_directory_that_is_read(self):
        """A process that may open nothing reads chat-listen's."""
        path = self.bad_directory("{")
        self.assert_quoted(SEND, "-d", path, "-u", "bob", "alice", "hi")
        self.assert_quoted(LISTEN, "-d", path, "-u", "bob", "-p", "0")
        path = self.bad_directory(json.dumps([]))
        self.assert_quoted(SEND, "-d", path, "-u", "bob", "alice", "hi")

    def test_p22_of_a_file_that_does_not_open_in_time(self):
        path = os.fsencode(self.home) + b"/" + self.WORD
        os.mkfifo(path)
        self.assert_quoted(
            SEND, "-t", "1", "-d", path, "-u", "bob", "alice", "hi")

    def test_p22_of_options_that_are_no_letters(self):
        for program in (SEND, LISTEN):
            for byte in (b"\x9b", b"\x1b", b"\n", b"\x7f", b"\xc3"):
                line = self.complain(program, b"-" + byte)
                self.assertIn(": unknown option '-\\x%02x'" % byte[0], line)


class Table(ChatTest):
    """p22: the characters of common/base/unsafe.h are those of Unicode."""

    once = True

    def table(self):
        text = (ROOT / "common/base/unsafe.h").read_text()
        found = re.findall(r"\{0x([0-9a-f]+), 0x([0-9a-f]+)\}", text)
        version, = re.findall(r'UNSAFE_UNICODE "([0-9.]+)"', text)
        return text, version, {
            code for first, last in found
            for code in range(int(first, 16), int(last, 16) + 1)}

    def test_p22_it_is_what_perl_knows(self):
        text, version, _ = self.table()
        perl = self.run_program(
            "perl", "-MUnicode::UCD", "-Mcharnames",
            "-e", "print Unicode::UCD::UnicodeVersion()")
        if perl.stdout != version:
            self.skipTest(f"perl has Unicode {perl.stdout or 'not at all'}")
        made = self.run_program(ROOT / "scripts/unicode-table")
        self.assertEqual((0, text), (made.status, made.stdout), made.stderr)

    def test_p22_it_has_what_python_knows(self):
        """All control, format and separator characters except tab."""
        _, version, codes = self.table()
        if unicodedata.unidata_version != version:
            self.skipTest(f"Python has Unicode {unicodedata.unidata_version}")
        named = {code for code in range(0x110000) if code != 9 and
                 unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp")}
        self.assertEqual(set(), named - codes)
        # The others are marks, blank letters, and code points not assigned.
        self.assertEqual(
            {"Mn", "Lo", "Cn"},
            {unicodedata.category(chr(code)) for code in codes - named})
