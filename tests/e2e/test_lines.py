"""chat-send -l: no line ends the stream."""
import json
import os

from chat1 import Answerer, Sender, id_of
from frames import NOT_DELIVERED, kind_of, payload_of
from harness import SEND, ChatTest, Program
from process import Terminal, wait_until
from wire import Cut

BAD = "\N{REPLACEMENT CHARACTER}"
CHANGED = 2


class Lines(ChatTest):

    def feed(self, octets, status, *says, to=None, alice=None, options=(),
             knows=None):
        """Sends lines. Returns what alice shows, without the names."""
        alice = alice or self.listen("-j", knows=knows)
        sent = self.send(alice, stdin=octets, options=("-l", *options),
                         name=to, knows=knows)
        self.assertEqual((status, ""), (sent.status, sent.stdout), sent)
        self.assert_says(sent.stderr, *says)
        self.assertEqual(bool(says), bool(sent.stderr), sent)
        return [json.loads(line)["text"]
                for line in alice.stop().stdout.splitlines()]

    def test_what_is_not_text_is_replaced(self):
        for bad, shown in (
                (b"\xff", BAD), (b"\0", BAD), (b"a\xffb", f"a{BAD}b"),
                (b"caf\xe9", f"caf{BAD}"), (b"\xe2\x82", 2 * BAD),
                (b"\xf0\x9f\x98", 3 * BAD), (b"\xc0\x80", 2 * BAD),
                (b"\xed\xa0\x80", 3 * BAD), (b"\xe2\x82x", 2 * BAD + "x"),
                (b"\xf4\x90\x80\x80", 4 * BAD), (b"\0\0", 2 * BAD)):
            with self.subTest(bad):
                self.assertEqual(
                    ["one", shown, "three"],
                    self.feed(b"one\n" + bad + b"\nthree\n", CHANGED,
                              "1 line changed", "U+FFFD"))

    def test_at_the_end_of_the_input(self):
        for bad, shown in (b"\xff", BAD), (b"x\xe2\x82", f"x{2 * BAD}"):
            with self.subTest(bad):
                self.assertEqual(["one", shown], self.feed(
                    b"one\n" + bad, CHANGED, "1 line changed"))

    def test_lines_are_counted_and_not_their_bytes(self):
        self.assertEqual(4, len(self.feed(
            b"\xff\xff\n\0\n\xfe\nwell\n", CHANGED, "3 lines changed")))

    def test_all_is_well(self):
        self.assertEqual(["one", "zwei €", "three"], self.feed(
            "one\n\nzwei €\n\nthree".encode(), 0))

    def test_a_long_line_goes_in_parts(self):
        for line, lens in (
                ("x" * 65536, [65536]), ("x" * 65537, [65536, 1]),
                ("x" * 65535 + "ä", [65535, 1]),
                ("x" * 65533 + "😀y", [65533, 2]),
                ("ä" * 100000, [32768, 32768, 32768, 1696])):
            with self.subTest(line[-3:], lens=lens):
                divided = len(lens) > 1
                shown = self.feed(
                    f"one\n{line}\nthree\n".encode(), CHANGED if divided else 0,
                    *(("1 line sent in parts", "65536") if divided else ()))
                self.assertEqual("one", shown[0])
                self.assertEqual("three", shown[-1])
                self.assertEqual(line, "".join(shown[1:-1]))
                self.assertEqual(lens, [len(part) for part in shown[1:-1]])

    def test_bad_bytes_that_make_a_line_too_long(self):
        shown = self.feed(b"\xff" * 30000, CHANGED, "1 line changed",
                          "1 line sent in parts")
        self.assertEqual(BAD * 30000, "".join(shown))

    def test_a_character_that_comes_in_pieces(self):
        alice = self.listen()
        reader, writer = os.pipe()
        sending = Program(self, self.command(alice, options=("-l",)),
                          stdin=reader)
        os.close(reader)
        os.write(writer, b"one\n\xe2\x82")
        alice.out.wait_for(b"one\n")
        os.write(writer, b"\xac\n\xe2\n")  # a bad one waits for nothing
        alice.out.wait_for(f"bob: €\n".encode())
        alice.out.wait_for(f"bob: {BAD}\n".encode())
        os.close(writer)
        self.assertEqual(CHANGED, sending.wait().status)

    def test_without_l_it_is_refused(self):
        alice = self.listen()
        for text in b"a\xff", b"\0", b"x" * 65537:
            self.assert_failed(self.send(alice, stdin=text), 65,
                               "the message")
        self.assertEqual([], alice.shown())


class Streams(ChatTest):
    """Each recipient has their own stream."""

    COUNT = 20
    LINES = "".join(f"line {n}\n" for n in range(COUNT))
    WIDE = [f"{n} {'x' * 40000}" for n in range(COUNT)]  # a message each

    def directory_of(self, *listeners):
        ports = {one.name: one.port for one in listeners}
        return self.file("streams.json", json.dumps([
            {"username": name, "password": self.shared[name],
             "ip": "127.0.0.1", "port": ports.get(name, 1)}
            for name in self.shared]))

    def start(self, listeners, *options, stdin=None):
        names = ",".join(one.name for one in listeners)
        return Program(self, (
            SEND, "-d", self.directory_of(*listeners), "-u", "bob", "-l",
            *options, names), stdin=stdin)

    def input(self, text):
        return open(self.file("input", text), "rb")

    def setUp(self):
        super().setUp()
        self.shared = self.shared | {
            "carol": self.secret(), "dave": self.secret()}

    def absent(self, name):
        """Nobody listens there."""
        listener = self.listen(user=name)
        listener.stop()
        return listener

    def all_shown(self, alice):
        self.assertEqual([f"bob: line {n}" for n in range(self.COUNT)],
                         alice.shown())

    def test_who_is_off_does_not_end_the_others(self):
        alice, carol = self.listen(), self.listen(user="carol")
        off = self.absent("dave")
        with self.input("\n".join(self.WIDE)) as lines:
            sent = self.start((off, alice, carol), stdin=lines).wait()
        self.assertEqual(1, sent.status)
        for one in alice, carol:
            self.assertEqual([f"bob: {line}" for line in self.WIDE],
                             one.shown())
        self.assert_says(sent.stderr, "line 1: dave at ",
                         "connection refused", f"{self.COUNT - 1} lines to dave")
        self.assertEqual(1, sent.stderr.count("dave at "))

    def test_who_refuses_for_good_does_not_end_the_others(self):
        alice = self.listen()
        carol = self.listen(user="carol", knows=self.shared | {
            "bob": self.secret()})
        with self.input(self.LINES) as lines:
            sent = self.start((carol, alice), stdin=lines).wait()
        self.assertEqual(1, sent.status)
        self.all_shown(alice)
        self.assert_says(sent.stderr, "lines 1 to 20: carol at ",
                         "authentication failed")
        self.assertNotIn("not sent", sent.stderr)

    def test_who_is_off_does_not_delay_the_others(self):
        """They are retried, and get all lines in the end."""
        alice, off = self.listen(), self.absent("dave")
        with self.input(self.LINES) as lines:
            sending = self.start((off, alice), "-r", "3600", stdin=lines)
            alice.out.wait_for(b"line 19\n")
            self.assertTrue(sending.running())
            back = self.listen("-p", str(off.port), user="dave")
            self.assertEqual(0, sending.wait().status)
        self.all_shown(alice)
        self.all_shown(back)

    def test_what_waits_for_somebody_has_a_limit(self):
        """More is left out and counted, while others can go on."""
        alice, off = self.listen("-j"), self.absent("dave")
        count, text = 100, "x" * 60000
        with self.input(f"{text}\n" * count) as lines:
            sending = self.start((off, alice), "-r", "3600", stdin=lines)
            wait_until(lambda: alice.out.bytes.count(b"\n") == count,
                       "all lines")
            back = self.listen("-j", "-p", str(off.port), user="dave")
            sent = sending.wait()
        self.assertEqual(1, sent.status)
        shown = back.stop().stdout.count("\n")
        self.assertGreater(shown, 50)
        self.assertLess(shown, count)
        self.assert_says(sent.stderr, f"not sent: {count - shown} line",
                         "to dave")

    def test_a_line_that_is_not_taken_does_not_end_the_stream(self):
        def talk(peer):
            with peer:
                alice = Answerer(peer, **self.parties())
                alice.shake_hands()
                taken.append(len(taken))
                peer.sendall(
                    alice.make("nack", bytes((NOT_DELIVERED,)))
                    if len(taken) == 2 else alice.acknowledge())

        taken = []
        lines = "".join(f"{line}\n" for line in self.WIDE[:3])
        sent = self.send(self.serve(talk), stdin=lines, options=("-l",))
        self.assert_failed(sent, 74, "line 2: ", "could not write")
        self.assertEqual(3, len(taken))


class Batches(ChatTest):
    """Lines that wait while a message is under way are the next message."""

    def peer(self, answers=lambda alice: alice.acknowledge()):
        """A listener in Python. Returns it; `got` is kind and text of each
        message."""
        def talk(peer):
            with peer:
                alice = Answerer(peer, **self.parties())
                line = alice.shake_hands()
                self.got.append((kind_of(line), alice.open(payload_of(line))))
                peer.sendall(answers(alice))

        self.got = []
        return self.serve(talk)

    def stream(self, to, *options):
        """Starts chat-send -l. Returns it, and where its lines go."""
        reader, writer = os.pipe()
        sending = Program(self, self.command(to, options=("-l", *options)),
                          stdin=reader)
        os.close(reader)
        return sending, os.fdopen(writer, "wb", buffering=0)

    def test_the_first_line_waits_for_no_other(self):
        sending, lines = self.stream(self.peer())
        with lines:
            for n, line in enumerate((b"one", b"two"), 1):
                lines.write(line + b"\n")
                wait_until(lambda: len(self.got) == n, "the line")
        self.assertEqual(0, sending.wait().status)
        self.assertEqual([("text", b"one"), ("text", b"two")], self.got)

    def test_lines_that_come_meanwhile_are_the_next_message(self):
        def answer(alice):
            if len(self.got) == 1:
                lines.write(b"two\n\nthree\nfo")
            return alice.acknowledge()

        sending, lines = self.stream(self.peer(answer))
        lines.write(b"one\n")
        wait_until(lambda: len(self.got) == 2, "the batch")
        lines.write(b"ur\n")
        lines.close()
        self.assertEqual(0, sending.wait().status)
        self.assertEqual([("text", b"one"), ("lines", b"two\nthree"),
                          ("text", b"four")], self.got)

    def test_each_line_is_shown_like_a_message(self):
        for options, texts in (
                ((), ["bob: one", "bob: \\x1btwo", "bob: three"]),
                (("-j",), ["one", "\x1btwo", "three"])):
            alice = self.listen(*options)
            self.assert_sent(self.send(
                alice, stdin="one\n\x1btwo\nthree\n", options=("-l",)))
            if not options:
                self.assertEqual(texts, alice.shown())
                continue
            shown = [json.loads(line)
                     for line in alice.stop().stdout.splitlines()]
            self.assertEqual(texts, [one["text"] for one in shown])
            self.assertEqual([(1, 3), (2, 3), (3, 3)],
                             [(one["line"], one["of"]) for one in shown])
            self.assertEqual(1, len({one["id"] for one in shown}))

    def test_a_terminal_has_a_header_for_each(self):
        terminal = Terminal(raw=True, columns=80)
        alice = self.listen(stdout=terminal.slave, env={"NO_COLOR": "1"})
        self.assert_sent(self.send(
            alice, stdin="one\n03:22:01 carol: pay me\n", options=("-l",)))
        alice.stop()
        terminal.hang_up()
        shown = terminal.screen.wait_end().decode().splitlines()
        self.assertRegex(shown[0], "^[0-9:]{8} bob: one$")
        self.assertRegex(shown[1], "^[0-9:]{8} bob: 03:22:01 carol: pay me$")

    def test_each_line_may_be_a_message_of_its_own(self):
        alice = self.listen("-j")
        self.assert_sent(self.send(
            alice, stdin="one\ntwo\nthree\n", options=("-l", "--each")))
        shown = [json.loads(line)
                 for line in alice.stop().stdout.splitlines()]
        self.assertEqual(["one", "two", "three"],
                         [one["text"] for one in shown])
        self.assertEqual(3, len({one["id"] for one in shown}))
        self.assertFalse(any("line" in one for one in shown))

    def test_results_tell_the_lines(self):
        wide = "x" * 40000
        alice = self.listen()
        sent = self.send(alice, stdin=f"one\n\ntwo\n{wide}\n{wide}\n",
                         options=("-l", "-j"))
        self.assertEqual(0, sent.status, sent)
        results = [json.loads(line) for line in sent.stdout.splitlines()]
        self.assertEqual([(1, 4, True), (5, 5, True)], [
            (one["line"], one["last"], one["ok"]) for one in results])

    def test_p21_a_batch_that_was_cut_is_shown_whole_and_once(self):
        """Whichever frame was lost, with -r."""
        for n in range(1, 7):
            with self.subTest(frame=n):
                cuts = []

                def cut(number, line):
                    if number == n and not cuts:
                        cuts.append(n)
                        raise Cut(line[:len(line) // 2])
                    return line

                alice = self.listen()
                sent = self.send(self.proxy(alice, cut), stdin="one\ntwo\n",
                                 options=("-l", "-r", "60"))
                self.assertEqual(0, sent.status, sent)
                self.assertEqual(["bob: one", "bob: two"], alice.shown())

    def test_p20_a_batch_that_was_not_written_is_not_receipted(self):
        with open("/dev/full", "wb") as full:
            alice = self.listen(stdout=full)
        self.assert_failed(
            self.send(alice, stdin="one\ntwo\n", options=("-l",)), 74,
            "lines 1 to 2: alice at ", "could not write")

    def test_p05_the_id_of_a_batch_is_shown_once(self):
        """Also if it comes again as a text."""
        alice = self.listen()
        drawn = bytes(16)
        for kind in "lines", "text", "lines":
            with Sender(alice.port, **self.parties()) as bob:
                bob.id = id_of(drawn, "alice")
                bob.shake_hands()
                answer = bob.ask(bob.text(b"one\ntwo", kind=kind))
                self.assertEqual("ack", kind_of(answer))
        self.assertEqual(["bob: one", "bob: two"], alice.shown())
