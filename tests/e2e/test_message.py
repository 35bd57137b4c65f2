"""A message arrives: whole, once, and with a receipt."""
import socket
import threading
import unittest

from chat1 import id_of
from harness import LISTEN, SEND, ChatTest, Listener, Program, login_name
from process import Terminal


def need_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        raise unittest.SkipTest(f"no IPv6 here: {error}") from None


class Delivery(ChatTest):

    def test_a_message_appears_and_its_sender_succeeds(self):
        alice = self.listen()
        self.assert_sent(self.send(alice, "hello"))
        self.assertEqual(["bob: hello"], alice.shown())

    def test_success_waits_for_the_receipt(self):
        def hold(n, line):
            if n == 6:
                released.wait()
            return line

        released = threading.Event()
        alice = self.listen()
        sending = self.start_send(self.proxy(alice, hold), "patience")
        alice.out.wait_for(b"patience\n")
        self.assertTrue(sending.running())
        released.set()
        self.assert_sent(sending.wait())

    def test_several_messages_are_shown_in_their_order(self):
        alice = self.listen()
        for n in range(5):
            self.assert_sent(self.send(alice, f"number {n}"))
        self.assertEqual(
            [f"bob: number {n}" for n in range(5)], alice.shown())

    def test_output_may_be_a_file(self):
        with open(self.home / "log", "wb") as log:
            alice = self.listen(stdout=log)
        self.assert_sent(self.send(alice, "for the record"))
        alice.stop()
        self.assertIn("Z bob: for the record\n",
                      (self.home / "log").read_text())


class Text(ChatTest):

    def check(self, expected, *words, **how):
        alice = self.listen()
        self.assert_sent(self.send(alice, *words, **how))
        self.assertEqual([f"bob: {expected}"], alice.shown())

    def test_words_are_joined_by_one_space(self):
        self.check("three  words here", "three ", "words", "here")

    def test_stdin_is_read_without_words(self):
        self.check("from a pipe", stdin="from a pipe")

    def test_stdin_is_read_for_a_dash(self):
        self.check("dashed", "-", stdin="dashed\n")

    def test_a_dash_among_words_is_a_word(self):
        self.check("- no", "-", "no")

    def test_one_newline_at_the_end_of_stdin_is_dropped(self):
        self.check(r"two\n", stdin="two\n\n")

    def test_no_newline_of_a_word_is_dropped(self):
        self.check(r"word\n", "word\n")

    def test_one_byte(self):
        self.check("x", "x")

    def test_p11_65536_bytes(self):
        text = "".join(chr(0x61 + i % 26) for i in range(65536))
        self.check(text, stdin=text)

    def test_p11_65536_bytes_and_a_newline_on_stdin(self):
        self.check("y" * 65536, stdin="y" * 65536 + "\n")

    def test_all_of_unicode_that_is_harmless_comes_as_it_is(self):
        text = "Grüße, Привет, 你好, שלום, 👩‍🚀 \t.".replace("\u200d", "")
        self.check(text, text)


class WhoSends(ChatTest):

    def check(self, name, user, env):
        knows = {"alice": self.shared["alice"], name: self.secret()}
        alice = self.listen(knows=knows)
        self.assert_sent(
            self.send(alice, "hi", user=user, knows=knows, env=env))
        self.assertEqual([f"{name}: hi"], alice.shown())

    def test_the_option_u(self):
        self.check("carol", "carol", {})

    def test_the_variable_chat_user(self):
        self.check("dave", None, {"CHAT_USER": "dave"})

    def test_the_option_before_the_variable(self):
        self.check("carol", "carol", {"CHAT_USER": "dave"})

    def test_the_login_name(self):
        self.check(login_name(), None, {"USER": "eve", "LOGNAME": "eve"})

    def test_the_login_name_when_the_variable_is_empty(self):
        self.check(login_name(), None, {"CHAT_USER": ""})

    def test_names_of_all_kinds(self):
        for name in ("a", "_", "0", "A.b_c-d@example.org+x", "n" * 64):
            with self.subTest(name):
                self.check(name, name, {})


class Places(ChatTest):

    def check(self, ip, *options, to_options=()):
        alice = self.listen(*options)
        self.assert_sent(self.send(alice, "hi", ip=ip, options=to_options))
        self.assertEqual(["bob: hi"], alice.shown())
        return alice

    def test_ready_line_of_all_addresses(self):
        need_ipv6()
        alice = self.check("127.0.0.1")
        self.assertEqual(
            f"chat-listen: listening on [::]:{alice.port} as alice",
            alice.err.bytes.decode().splitlines()[0])

    def test_ready_line_of_one_address(self):
        alice = self.check("127.0.0.1", "-b", "127.0.0.1")
        self.assertEqual(
            f"chat-listen: listening on 127.0.0.1:{alice.port} as alice",
            alice.err.bytes.decode().splitlines()[0])

    def test_ipv6(self):
        need_ipv6()
        self.check("::1")
        self.assertEqual("[::1]", self.check("::1", "-b", "::1").endpoint)

    def test_ipv4_only(self):
        alice = self.check("127.0.0.1", "-4", to_options=("-4",))
        self.assertEqual("0.0.0.0", alice.endpoint)

    def test_ipv6_only(self):
        need_ipv6()
        alice = self.check("::1", "-6", to_options=("-6",))
        self.assert_failed(self.send(self.listen("-6"), "hi"), 75, "refused")
        self.assertEqual("[::]", alice.endpoint)

    def test_a_host_name(self):
        self.check("localhost")

    def test_a_host_name_to_listen_on(self):
        self.check("127.0.0.1", "-4", "-b", "localhost")

    def test_all_addresses_have_two_spellings_to_listen_on(self):
        """But no messages are for them: at whom would that be?"""
        self.assertEqual("0.0.0.0", self.check(
            "127.0.0.1", "-b", "0.0.0.0").endpoint)
        for ip in "0.0.0.0", "::":
            self.assert_failed(self.send(self.serve(), "hi", ip=ip), 78,
                               "alice is wrong", "all addresses of a host")
            self.assert_failed(self.send(
                self.serve(), "hi", options=("-a", ip)), 64,
                f"-a '{ip}': ", "all addresses of a host")

    def test_addresses_that_nothing_can_listen_on(self):
        """The same with -n, which opens no socket."""
        path = self.directory(self.shared)
        for options, says in (
                (["-b", "*"], "without -b, all addresses are used"),
                (["-b", "fe80::1"], "needs its interface"),
                (["-b", "127.1"], "four numbers"),
                (["-4", "-b", "::1"], "-b '::1' cannot be used with -4"),
                (["-b", "::", "-4"], "-b '::' cannot be used with -4"),
                (["-6", "-b", "0.0.0.0"], "cannot be used with -6"),
                (["-6", "-b", "127.0.0.1"], "cannot be used with -6")):
            for more in [], ["-n"]:
                with self.subTest(options=options, more=more):
                    self.assert_failed(self.run_program(
                        LISTEN, "-d", path, "-u", "alice", "-p", "0", *options,
                        *more), 64, says, program="chat-listen")

    def test_a_port_as_a_string(self):
        alice = self.listen()
        path = self.directory(self.shared, str(alice.port))
        self.assert_sent(
            self.run_program(SEND, "-d", path, "-u", "bob", "alice", "hi"))
        self.assertEqual(["bob: hi"], alice.shown())

    def test_the_listeners_own_port_as_a_string(self):
        path = self.directory(self.shared, "5000")
        alice = Listener(self, LISTEN, "-p", "0", "-u", "alice", "-d", path)
        self.assert_sent(self.send(alice, "hi"))


class Saying(ChatTest):
    """What chat-send prints on success."""

    def test_verbose_tells_the_id(self):
        alice = self.listen()
        sent = self.send(alice, "hi", options=("-v", "-i", "AB" * 16))
        self.assertEqual((0, ""), (sent.status, sent.stdout))
        self.assertRegex(
            sent.stderr, rf"chat-send: alice at 127.0.0.1 port {alice.port}: "
            rf"delivered.*, id {id_of(bytes.fromhex('ab' * 16), 'alice').hex()}\n\Z")

    def on_terminal(self, *options):
        alice, terminal = self.listen(), Terminal(raw=True)
        command = self.command(alice, "hi", options=options)
        sent = self.run_program(*command, stderr=terminal.slave)
        terminal.hang_up()
        self.assertEqual(0, sent.status)
        return terminal.screen.wait_end()

    def test_a_terminal_is_told(self):
        self.assertEqual(
            b"chat-send: alice: delivered\n", self.on_terminal())

    def test_a_quiet_terminal_is_not(self):
        self.assertEqual(b"", self.on_terminal("-q"))

    def test_who_types_is_told_how_to_end(self):
        alice, terminal = self.listen(), Terminal()
        sending = Program(self, self.command(alice), stdin=terminal.slave)
        sending.err.wait_for(b"Ctrl-D")
        terminal.type("typed\n\4")
        self.assertEqual(0, sending.wait().status)
        terminal.hang_up()
        self.assertEqual(["bob: typed"], alice.shown())
