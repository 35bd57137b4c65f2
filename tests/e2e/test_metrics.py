"""The file of -S, and the probe check_chat."""
import re
import socket

from harness import BUILD, LISTEN, ROOT, ChatTest
from process import wait_until

LINE = re.compile(r'# (HELP|TYPE) chat_listen_\w+ .+|'
                  r'chat_listen_\w+(\{\w+="[^"\\]+"\})? \d+')
DELIVERED = 'sessions_total{end="message delivered and receipted"}'
MALFORMED = 'sessions_total{end="refused: does not speak chat1"}'


class Metrics(ChatTest):

    def setUp(self):
        super().setUp()
        self.hurry_up()
        self.path = self.home / "metrics" / "chat.prom"
        self.path.parent.mkdir()

    def figures(self):
        lines = self.path.read_text().splitlines()
        for line in lines:
            self.assertTrue(LINE.fullmatch(line), line)
        return {name.removeprefix("chat_listen_"): int(value)
                for name, _, value in (line.rpartition(" ") for line in lines
                                       if not line.startswith("#"))}

    def listen_and_tell(self, *options):
        return self.listen("-S", str(self.path), *options)

    def wait_for(self, **expected):
        wait_until(lambda: expected.items() <= self.figures().items(),
                   f"{expected}")

    def test_it_is_there_when_the_listener_is_ready(self):
        self.listen_and_tell()
        figures = self.figures()
        self.assertEqual(
            (2, 0, 0, 1, 0), tuple(figures[name] for name in (
                "users", "messages_total", "last_message_time_seconds",
                "accepting", DELIVERED)))
        self.assertNotIn("log_messages", figures)

    def test_it_follows_what_happens(self):
        alice = self.listen_and_tell()
        for _ in range(2):
            self.assert_sent(self.send(alice, "hi"))
        with socket.create_connection(("127.0.0.1", alice.port)) as stranger:
            stranger.sendall(b"GET / HTTP/1.0\n\n")
            wait_until(lambda: not stranger.recv(4096), "the end")
        self.wait_for(messages_total=2, sessions=0,
                      **{DELIVERED: 2, MALFORMED: 1})
        self.assertGreaterEqual(self.figures()["last_message_time_seconds"],
                                self.figures()["start_time_seconds"])

    def test_it_has_the_place_in_the_log(self):
        log = str(self.path.parent / "log")
        alice = self.listen("-o", log)
        self.assert_sent(self.send(alice, "hi"))
        alice.stop()
        alice = self.listen_and_tell("-o", log)
        self.assertEqual(1, self.figures()["log_messages"])
        self.assert_sent(self.send(alice, "hi"))
        self.wait_for(log_messages=2, messages_total=1)

    def test_it_goes_with_the_listener(self):
        self.listen_and_tell().stop()
        self.assertEqual([], list(self.path.parent.iterdir()))

    def test_a_listener_that_cannot_write_it_does_not_start(self):
        ended = self.run_program(
            LISTEN, "-p", "0", "-d", self.directory(self.shared),
            "-u", "alice", "-S", str(self.path.parent / "no" / "file"))
        self.assert_failed(ended, 74, "-S", "no/file",
                           "No such file or directory", program="chat-listen")

    def test_one_that_cannot_write_it_any_more_goes_on(self):
        alice = self.listen_and_tell()
        away = self.path.parent.with_name("away")
        self.path.parent.rename(away)
        alice.err.wait_for(b"chat.prom: cannot be written: No such file")
        self.assert_sent(self.send(alice, "hi"))
        away.rename(self.path.parent)
        self.wait_for(messages_total=1)
        self.assertEqual(1, alice.stop().stderr.count("cannot be written"))


class Probe(ChatTest):
    """scripts/check_chat"""

    def check(self, *words):
        return self.run_program(
            str(ROOT / "scripts/check_chat"), *words,
            env={"PATH": f"{BUILD}:/usr/bin:/bin"})

    def assert_answers(self, status, says, ended):
        self.assertEqual((status, ""), (ended.status, ended.stderr))
        self.assertRegex(ended.stdout, rf"\ACHAT {says}\n\Z")

    def test_what_it_says(self):
        alice = self.listen()
        known = "-d", self.directory(self.shared, alice.port), "-u"
        self.assert_answers(0, r"OK - answered in (\d+) ms \| time=\1ms",
                            self.check(*known, "bob", "alice"))
        self.assert_answers(3, "UNKNOWN - carol is not in .*",
                            self.check(*known, "bob", "carol"))
        self.assert_answers(3, "UNKNOWN - usage: check_chat .*", self.check())
        self.assertEqual([], alice.shown())
        alice.stop()
        self.assert_answers(2, r"CRITICAL - alice at .* refused.* \| time=\d+ms",
                            self.check(*known, "bob", "alice"))

    def test_a_listener_that_is_somebody_else_is_critical(self):
        alice = self.listen()
        other = {**self.shared, "alice": "not the password of alice"}
        path = self.directory(other, alice.port)
        self.assert_answers(2, "CRITICAL - .*authenti.*",
                            self.check("-d", path, "-u", "bob", "alice"))
