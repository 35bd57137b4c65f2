"""Every exit status of chat-send, with its message."""
import os
import re
import resource
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from chat1 import Answerer, Sender
from frames import BUSY, CLOCK, MALFORMED, NOT_AUTHENTIC, NOT_DELIVERED, \
    WRONG_VERSION, frame, kind_of, payload_of
from harness import SEND, ChatTest
from process import soon
from wire import Cut, Proxy

AT_ALICE = "alice at 127.0.0.1 port "


class Usage(ChatTest):
    """64"""

    def check(self, *args, says):
        self.assert_usage(self.run_program(SEND, *args), *says)

    def refuse(self, *args, says):
        self.assert_failed(self.run_program(SEND, *args), 64, *says)

    def test_no_recipient(self):
        self.check(says=["no recipient"])

    def test_an_unknown_option(self):
        self.check("-x", "alice", says=["unknown option '-x'"])

    def test_an_option_without_its_argument(self):
        self.check("-d", says=["-d needs an argument"])

    def test_numbers_out_of_bounds(self):
        for option, value in (
                ("-p", "0"), ("-p", "65536"), ("-p", "http"), ("-p", "-1"),
                ("-p", "5 x"), ("-t", "0"), ("-t", "1e3"), ("-t", "5s")):
            with self.subTest(option, value=value):
                self.refuse(option, value, "alice", "hi",
                            says=[f"{option} {value}: ", "give a number from"])

    def test_arguments_that_are_empty(self):
        """As of a variable that is not set; each option with one."""
        for option in "acdikprtu":
            with self.subTest(option):
                self.refuse(f"-{option}", "", "alice", "hi", says=[
                    f"the argument of -{option} is empty"])

    def test_what_would_do_nothing(self):
        for option in "-j", "-l", "-n":
            self.refuse("-L", option, says=[f"leave out {option}"])
        self.refuse("-n", "alice", "hi", says=["leave out 'hi'"])
        self.refuse("-n", "-l", "alice", says=["-n and -l"])
        self.refuse("-e", "alice", "hi", says=["-e needs -l"])

    def test_ids_that_are_none(self):
        for value in ("abc", "g" * 32, "0" * 31, "0" * 33):
            with self.subTest(value):
                self.refuse("-i", value, "alice", "hi",
                            says=["-i", "32 hexadecimal digits"])

    def test_names_that_are_none(self):
        for name in ("", "a b", "ä", "n" * 65, ".alice"):
            with self.subTest(name):
                self.refuse("-u", "bob", name, "hi", says=["is not a valid user name"])
                self.refuse("-u", name, "alice", "hi", says=["-u"])


class Message(ChatTest):
    """65, 66: what cannot be sent. No connection is made for it."""

    def refuse(self, status, *says, words=(), **how):
        alice = self.serve()
        self.assert_failed(self.send(alice, *words, **how), status, *says)
        alice.socket.setblocking(False)
        self.assertRaises(BlockingIOError, alice.socket.accept)

    def test_p11_empty(self):
        self.refuse(65, "the message is empty", words=[""])
        self.refuse(65, "the message is empty", stdin=b"")
        self.refuse(65, "the message is empty", stdin=b"\n")

    def test_p11_65537_bytes(self):
        words = ["x" * 60000, "y" * 5536]
        self.refuse(65, "longer than 65536 bytes", "in parts", words=words)
        self.refuse(65, "longer than 65536 bytes", stdin="x" * 65537)
        self.refuse(65, "longer than 65536 bytes", stdin="x" * 10**7)

    def test_nul(self):
        self.refuse(65, "NUL", "(byte 6)", stdin=b"hello\0there")

    def test_not_utf8(self):
        for text in (b"\xff", b"caf\xe9", b"\xc0\x80", b"\xed\xa0\x80",
                     b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80"):
            with self.subTest(text):
                self.refuse(65, "not UTF-8", "iconv", "byte", stdin=text)

    def test_a_word_that_is_not_utf8(self):
        self.refuse(65, "not UTF-8", "(byte 4)", words=[b"caf\xe9"])

    def test_input_that_cannot_be_read(self):
        with open("/proc/self/mem", "rb") as unreadable:
            self.refuse(66, "standard input", stdin=unreadable)


class Whom(ChatTest):
    """67, and 78; for 68 see test_reaching"""

    def test_a_recipient_who_is_not_in_the_directory(self):
        sent = self.send(self.serve(), "hi", name="carol")
        self.assert_failed(sent, 67, "carol is not in ", "/bob-", "-a")

    def test_case_counts_in_names(self):
        self.assert_failed(
            self.send(self.serve(), "hi", name="Alice"), 67, "Alice")

    def test_a_host_that_no_name_server_can_know(self):
        """A label is too long: the directory is wrong."""
        sent = self.send(self.serve(), "hi", ip="l" * 64 + ".example")
        self.assert_failed(sent, 78, "alice is wrong", "not a host name")


class NotDelivered(ChatTest):
    """75: certainly not delivered; it may be retried."""

    def test_nobody_listens(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            path = self.directory(self.shared, nobody.getsockname()[1])
            sent = self.run_program(
                SEND, "-d", path, "-u", "bob", "alice", "hi")
        self.assert_failed(sent, 75, AT_ALICE, "connection refused",
                           "is chat-listen running there?")

    def test_nobody_listens_at_a_name(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            path = self.directory(
                self.shared, nobody.getsockname()[1], "localhost")
            sent = self.run_program(
                SEND, "-4", "-d", path, "-u", "bob", "alice", "hi")
        self.assert_failed(
            sent, 75, "alice at localhost (127.0.0.1) port ", "refused")

    def test_an_address_of_the_other_family(self):
        sent = self.send(self.serve(), "hi", options=("-6",))
        self.assertIn(sent.status, (68, 75))
        self.assertIn("alice at 127.0.0.1", sent.stderr)

    def test_a_stopped_listener(self):
        alice = self.listen()
        self.stop_process(alice.pid)
        sent = self.send(alice, "hi", options=("-t", "1"))
        self.assert_failed(sent, 75, AT_ALICE, "no answer in time",
                           "not sent", "try again")

    def test_a_stopped_keyholder(self):
        alice = self.listen()
        keyholder, = alice.children()["keyholder"]
        self.stop_process(keyholder)
        sent = self.send(alice, "hi", options=("-t", "1"))
        self.assert_failed(sent, 75, "no answer in time")

    def test_a_listener_without_room(self):
        alice = self.listen("-m", "1")
        with Sender(alice.port):
            alice.wait_sessions(1)
            self.assert_failed(self.send(alice, "hi"), 75, "busy", "again")

    def test_a_nack_busy(self):
        self.assert_failed(self.send(self.serve(
            lambda peer: peer.sendall(frame("nack", bytes((BUSY,))))),
            "hi"), 75, AT_ALICE, "busy")


class Deadlines(ChatTest):
    """How long it waits by default."""

    limit, waits = 120, 30
    ATTEMPT, RECEIPT = 30, 35  # seconds, common/base/limits.h, sender/deliver.c

    def test_without_an_answer(self):
        alice = self.serve(lambda peer: peer.recv(1 << 20) and peer.recv(1))
        start = time.monotonic()
        self.assert_failed(self.send(alice, "hi"), 75, "no answer in time")
        self.assert_waited(start, self.ATTEMPT)

    def without_a_receipt(self):
        def talk(peer):
            alice = Answerer(peer, **self.parties())
            alice.shake_hands()
            peer.recv(1)

        start = time.monotonic()
        self.assert_failed(self.send(self.serve(talk), "hi"), 79,
                           "no valid receipt")
        self.assert_waited(start, self.RECEIPT)

    def test_without_a_receipt(self):
        self.without_a_receipt()

    def test_without_a_receipt_in_a_hurry(self):
        self.hurry_up()
        self.without_a_receipt()


class Declined(ChatTest):
    """69"""

    def nack(self, reason):
        def talk(peer):
            peer.makefile("rb").readline()
            peer.sendall(frame("nack", bytes((reason,))))
        return self.send(self.serve(talk), "hi")

    def test_a_nack_version(self):
        self.assert_failed(
            self.nack(WRONG_VERSION), 69, AT_ALICE, "version", "update")

    def test_a_nack_clock(self):
        self.assert_failed(
            self.nack(CLOCK), 69, AT_ALICE, "clock", "5 minutes")

    def test_p12_clocks_that_differ(self):
        """One side's clock is wrong: frames without a MAC pass."""
        def change(n, line):
            if n != wrong:
                return line
            return frame(kind_of(line), payload_of(line), time.time() + off)

        alice = self.listen()
        for wrong in (1, 2):
            for off in (-400, 400):
                with self.subTest(frame=wrong, off=off):
                    sent = self.send(self.proxy(alice, change), "hi")
                    self.assert_failed(sent, 69, AT_ALICE, "clock")
        self.assertEqual([], alice.shown())

    def test_a_challenge_of_another_version(self):
        def talk(peer):
            other = Answerer(peer, **self.parties())
            peer.sendall(other.challenge(version=b"\2"))
            other.hear()

        self.assert_failed(
            self.send(self.serve(talk), "hi"), 69, "version")


class Authentication(ChatTest):
    """77"""

    def check(self, **wrong):
        alice = self.listen()
        sent = self.send(alice, "hi", knows=self.shared | wrong)
        self.assert_failed(
            sent, 77, AT_ALICE, "authentication failed", "passwords")
        self.assertEqual([], alice.shown())

    def test_the_recipients_password_is_wrong(self):
        self.check(alice=self.secret())

    def test_the_senders_password_is_wrong(self):
        self.check(bob=self.secret())

    def test_a_password_differs_in_case_only(self):
        self.check(alice=self.shared["alice"].upper())

    def test_a_nack_not_authentic(self):
        def talk(peer):
            peer.makefile("rb").readline()
            peer.sendall(frame("nack", bytes((NOT_AUTHENTIC,))))

        self.assert_failed(self.send(self.serve(talk), "hi"), 77)


class Several(ChatTest):
    """1: recipients with different results; a line for each."""

    def test_one_is_there_and_one_is_not(self):
        alice = self.listen()
        sent = self.send(alice, "hi", name="alice,bob")
        self.assertEqual((1, ""), (sent.status, sent.stdout))
        self.assertCountEqual(["alice", "bob"], re.findall(
            "^chat-send: (alice|bob)", sent.stderr, re.MULTILINE))
        self.assertEqual(["bob: hi"], alice.shown())

    def test_all_fare_alike(self):
        alice = self.listen(knows={"carol": self.secret()})
        sent = self.send(alice, "hi", name="alice,bob")
        self.assertEqual((77, ""), (sent.status, sent.stdout))


class Secret(ChatTest):
    """78: a file that is not a secret; directories have their own test file.
    """

    def check(self, path, *says):
        self.assert_failed(
            self.run_program(SEND, "-a", "127.0.0.1", "-p", "9", "-k", path,
                             "-u", "bob", "alice", "hi"), 78, path, *says)

    def test_missing(self):
        self.check(str(self.home / "none"), "No such file")

    def test_a_directory_of_the_file_system(self):
        self.check(str(self.home), "Is a directory")

    def test_p11_bytes_that_are_no_secret(self):
        for content in (b"", b"\n", b"two\nlines\n", b"nul\0", b"\xff" * 20,
                        b"x" * 257, b"x" * 257 + b"\n", b"x" * 5000):
            with self.subTest(content[:20]):
                self.check(self.file("key", content), "one line", "256 bytes")

    def test_p11_a_secret_of_256_bytes(self):
        secret = (self.secret() * 8)[:256]
        alice = self.listen(knows={"alice": secret})
        key = self.file("key", secret + "\n")
        self.assert_sent(self.run_program(
            SEND, "-a", "127.0.0.1", "-p", str(alice.port), "-k", key,
            "-u", "bob", "alice", "hi"))


class Internal(ChatTest):
    """70"""

    def test_no_memory_for_a_large_directory(self):
        self.need_seccomp()  # sanitizers need the memory before we do
        path = self.file("large.json", "[")
        os.truncate(path, 10**8)
        sent = self.run_program(
            SEND, "-d", path, "-u", "bob", "alice", "hi",
            limits=[(resource.RLIMIT_DATA, 3 * 10**7)])
        self.assert_failed(sent, 70, path, "memory")


class AfterTheText(ChatTest):
    """Answers to the text: only what is proven counts."""

    def answer(self, make, options=()):
        """Sends to our listener, which answers make(self) to the text."""
        def talk(peer):
            with peer:
                listener = Answerer(peer, **self.parties())
                listener.shake_hands()
                peer.sendall(make(listener))

        return self.send(self.serve(talk), "hi", options=options)

    def test_an_ack(self):
        self.assert_sent(self.answer(lambda peer: peer.acknowledge()))

    def test_nacks_with_a_mac(self):
        for reason, status in ((WRONG_VERSION, 69), (CLOCK, 69),
                               (NOT_DELIVERED, 74), (BUSY, 75),
                               (MALFORMED, 76), (99, 76),
                               (NOT_AUTHENTIC, 77)):
            with self.subTest(reason=reason):
                self.assert_failed(self.answer(
                    lambda peer: peer.make("nack", bytes((reason,)))),
                    status, AT_ALICE)

    def unknown(self, make):
        self.assert_failed(self.answer(make), 79, AT_ALICE, "no valid receipt",
                           "send it again with -i ")

    def test_nacks_without_a_mac(self):
        for reason in range(8):
            with self.subTest(reason=reason):
                self.unknown(lambda peer: frame("nack", bytes((reason,))))

    def test_an_ack_without_a_mac(self):
        self.unknown(lambda peer: frame("ack", peer.seal_receipt()))

    def test_an_ack_with_a_wrong_mac(self):
        self.unknown(lambda peer: frame(
            "ack", peer.seal_receipt(), mac=bytes(32)))

    def test_an_ack_with_the_mac_of_the_other_side(self):
        def make(peer):
            peer.role = "S"
            return peer.acknowledge()

        self.unknown(make)

    def test_an_ack_with_another_payload(self):
        """Of another length, encrypted otherwise, or with other padding."""
        for payload in (
                lambda peer: b"", lambda peer: b"x",
                lambda peer: peer.seal_receipt()[:32],
                lambda peer: peer.seal_receipt() + bytes(16),
                lambda peer: bytes(48), lambda peer: peer.seal(bytes(40)),
                lambda peer: peer.seal_receipt(0, bytes(31)),
                lambda peer: peer.seal_receipt(0, bytes(33)),
                lambda peer: peer.seal_receipt(0, bytes(39))):
            self.unknown(lambda peer: peer.make("ack", payload(peer)))

    def test_what_the_ack_says_is_told(self):
        """Where the message was recorded; nothing without a log."""
        head = bytes(range(32))
        for options, recorded, says in (
                (("-j",), (2**64 - 1, head), '"receipt":{"seq":'
                 '18446744073709551615,"head":"%s"},"ms":' % head.hex()),
                (("-v",), (12, head), ", number 12 of the log there\n")):
            sent = self.answer(lambda peer: peer.acknowledge(*recorded),
                               options)
            self.assertEqual(0, sent.status, sent)
            self.assertIn(says, sent.stdout + sent.stderr)
        sent = self.send(self.listen(), "hi", options=("-j",))
        self.assertNotIn("receipt", sent.stdout)

    def test_p12_an_ack_of_another_time(self):
        for off in (-310, 310):
            with self.subTest(off=off):
                self.unknown(
                    lambda peer: peer.acknowledge(when=time.time() + off))

    def test_nothing(self):
        self.unknown(lambda peer: b"")

    def test_garbage(self):
        self.unknown(lambda peer: b"HTTP/1.1 200 OK\r\n\r\n")

    def test_more_than_a_line_may_have(self):
        self.unknown(lambda peer: b"x" * 100000)

    def test_the_confirm_again(self):
        self.unknown(lambda peer: peer.make("confirm", bytes(32)))

    def test_bytes_after_the_ack(self):
        self.unknown(lambda peer: peer.acknowledge() + b"x")

    def test_the_line_tells_the_id_for_a_retry(self):
        id = "0123456789abcdef" * 2
        alice = self.listen()

        def cut(n, line):
            if n == 6:
                raise Cut
            return line

        sent = self.send(self.proxy(alice, cut), "hi", options=("-i", id))
        self.assert_failed(sent, 79, f"-i {id}", "shown once")


class Impostor(Proxy):
    """Answers the first connection itself, and lets the others through."""

    def __init__(self, listener, answer):
        self.answer, self.answered = answer, threading.Event()
        super().__init__(listener)

    def relay(self, sender):
        if self.answered.is_set():
            return super().relay(sender)
        self.answered.set()
        with sender:
            sender.makefile("rb").readline()
            sender.sendall(self.answer)


class Unproven(ChatTest):
    """With -r, an answer that anybody could give ends nothing."""

    ANSWERS = {reason: frame("nack", bytes((reason,)))
               for reason in (MALFORMED, WRONG_VERSION, CLOCK, NOT_AUTHENTIC,
                              NOT_DELIVERED, 8, 99)} | {
        "garbage": b"HTTP/1.1 200 OK\r\n\r\n",
        "version": frame("challenge", b"\2")}

    def impostor(self, listener, answer):
        impostor = Impostor(listener, answer)
        self.addCleanup(impostor.close)
        return impostor

    def test_p09_the_first_stranger_does_not_end_it(self):
        """All at once, because the pause before the second attempt is long."""
        alice = self.listen()
        with ThreadPoolExecutor(len(self.ANSWERS)) as pool:
            sent = [pool.submit(
                self.send, self.impostor(alice, answer), str(name),
                options=("-r", "60")) for name, answer in self.ANSWERS.items()]
        for name, one in zip(self.ANSWERS, sent):
            with self.subTest(name):
                self.assertEqual(0, one.result().status, one.result())
                self.assertEqual(1, one.result().stderr.count(
                    "nothing proves this answer, so -r goes on trying"))
        self.assertCountEqual(
            [f"bob: {name}" for name in self.ANSWERS], alice.shown())

    def test_p09_the_last_reason_is_the_status(self):
        """The last attempt starts when the time is over."""
        alice = self.listen(knows={"alice": self.secret()})
        sent = self.send(alice, "hi", options=("-r", "1"))
        self.assertEqual(77, sent.status, sent)
        first, last = sent.stderr.splitlines()
        self.assertIn("in both directories? nothing proves this answer", first)
        self.assertNotIn("nothing proves", last)

    def test_p09_a_proven_answer_ends_it(self):
        def talk(peer):
            with peer:
                listener = Answerer(peer, **self.parties())
                listener.shake_hands()
                peer.sendall(listener.make("nack", bytes((MALFORMED,))))

        server = self.serve(talk)
        sent = self.send(server, "hi", options=("-r", "600"))
        self.assert_failed(sent, 76, AT_ALICE)
        self.assertEqual(1, len(server.connections))


class Uncertain(ChatTest):
    """With -r: once a text may have been shown, no later result changes that.
    """

    def after_no_receipt(self, last, seconds):
        """One attempt without a receipt, then proven nacks with that reason.
        """
        first = []

        def talk(peer):
            with peer:
                listener = Answerer(peer, **self.parties())
                listener.shake_hands()
                if first:
                    peer.sendall(listener.make("nack", bytes((last,))))
                first.append(peer)

        server = self.serve(talk)
        sent = self.send(server, "hi", options=("-r", seconds))
        self.assertGreater(len(first), 1, "there was one attempt only")
        return sent

    def test_p21_what_ends_it(self):
        for last in MALFORMED, NOT_AUTHENTIC, WRONG_VERSION:
            with self.subTest(last):
                self.assert_failed(
                    self.after_no_receipt(last, "600"), 79, AT_ALICE,
                    "sent without a valid receipt, and then: ", "-i ")

    def test_p21_what_is_tried_until_the_time_is_over(self):
        """Like a listener that has gone, or has no room."""
        self.assert_failed(
            self.after_no_receipt(BUSY, soon()), 79, AT_ALICE,
            "sent without a valid receipt, and then: busy", "-i ")

    def test_p21_a_wrong_clock_settles_nothing_either(self):
        """It is waited for, and each failed attempt stays uncertain."""
        sent = self.after_no_receipt(CLOCK, soon())
        self.assertEqual(79, sent.status, sent)
        self.assert_says(sent.stderr, "sent without a valid receipt, and then:"
                         " its clock", "-i ")
