"""An honest S and an honest L in Python, with the programs as their peers."""
import socket
import time
from secrets import token_bytes

from frames import NOT_AUTHENTIC
from harness import ChatTest
from initiator import DELIVERED, REFUSED, TEMPORARY, Initiator
from process import wait_until
from responder import Responder

LARGEST = ("0123456789abcdef" * 4096).encode()


class ToTheProgram(ChatTest):
    """The Python client with chat-listen."""

    def deliver(self, alice, text, drawn=None, when=None, **wrong):
        with socket.create_connection(("127.0.0.1", alice.port)) as connection:
            bob = Initiator(connection, drawn=drawn,
                            **self.parties() | wrong)
            return bob.deliver(text, when)

    def test_p02_texts_are_delivered(self):
        alice = self.listen()
        texts = b"hi", b"x" * 15, b"x" * 16, "\u00e4\u20ac\U0001f600".encode()
        for text in texts:
            self.assertEqual(DELIVERED, self.deliver(alice, text))
        self.assertEqual([f"bob: {text.decode()}" for text in texts],
                         alice.shown())

    def test_p11_the_largest_text_is_delivered(self):
        alice = self.listen()
        self.assertEqual(DELIVERED, self.deliver(alice, LARGEST))
        self.assertEqual([f"bob: {LARGEST.decode()}"], alice.shown())

    def test_p05_an_id_is_shown_once(self):
        alice, message = self.listen(), token_bytes(16)
        for _ in range(3):
            self.assertEqual(DELIVERED, self.deliver(
                alice, b"once", message, time.time() - 10**6))
        self.assertEqual(["bob: once"], alice.shown())

    def test_p07_wrong_passwords_are_refused(self):
        alice, (bobs, alices) = self.listen(), self.parties()["passwords"]
        for passwords in ((bobs, bobs), (alices, alices), (alices, bobs)):
            self.assertEqual(REFUSED, self.deliver(
                alice, b"no", passwords=passwords))
        self.assertEqual([], alice.shown())

    def test_p06_a_foreign_name_is_refused(self):
        alice = self.listen()
        for names in ("bob", "carol"), ("carol", "alice"), ("alice", "bob"):
            self.assertEqual(REFUSED, self.deliver(alice, b"no", names=names))
        self.assertEqual([], alice.shown())

    def test_an_unlisted_sender_borrows_the_recipients_password(self):
        alice = self.listen(knows={"alice": self.shared["alice"]})
        self.assertEqual(DELIVERED, self.deliver(
            alice, b"hi", passwords=[self.shared["alice"]] * 2))
        self.assertEqual(["bob?: hi"], alice.shown())

    def test_p04_a_message_to_oneself(self):
        alice, own = self.listen(), self.shared["alice"]
        self.assertEqual(DELIVERED, self.deliver(
            alice, b"note", names=("alice",) * 2, passwords=(own,) * 2))
        self.assertEqual(["alice?: note"], alice.shown())

    def test_a_probe_shows_nothing(self):
        alice = self.listen("-v")
        with socket.create_connection(("127.0.0.1", alice.port)) as connection:
            Initiator(connection, **self.parties()).handshake()
        alice.err.wait_for(b"probe")
        self.assertEqual([], alice.shown())

    def test_a_full_listener_is_busy(self):
        alice = self.listen("-m", "1")
        with socket.create_connection(("127.0.0.1", alice.port)):
            alice.wait_sessions(1)
            self.assertEqual(TEMPORARY, self.deliver(alice, b"hi"))


class FromTheProgram(ChatTest):
    """chat-send with the Python listener."""

    def alice(self, strict=False, **wrong):
        alice = Responder("alice", self.shared | wrong, strict)
        alice.reasons = []

        def attend(connection):
            with connection:
                alice.reasons.append(alice.attend(connection))

        alice.port = self.serve(attend).port
        return alice

    def send_to(self, alice, *words, **how):
        return self.send(alice, *words, name="alice", **how)

    def test_p02_texts_are_delivered(self):
        alice = self.alice()
        texts = "hi", "x" * 15, "x" * 16, "\u00e4\u20ac\U0001f600"
        for text in texts:
            self.assert_sent(self.send_to(alice, text))
        self.assertEqual([("bob", text.encode()) for text in texts],
                         alice.shown)

    def test_p11_the_largest_text_is_delivered(self):
        alice = self.alice()
        self.assert_sent(self.send_to(alice, stdin=LARGEST))
        self.assertEqual([("bob", LARGEST)], alice.shown)

    def test_p02_waiting_lines_are_a_batch(self):
        alice = self.alice()
        self.assert_sent(self.send_to(
            alice, stdin=b"one\n\ntwo\nthree", options=("-l",)))
        self.assertEqual([("bob", text) for text in (
            b"one", b"two", b"three")], alice.shown)

    def test_p05_an_id_is_shown_once(self):
        alice = self.alice()
        for _ in range(3):
            self.assert_sent(self.send_to(
                alice, "once", options=("-i", "5a" * 16)))
        self.assertEqual([("bob", b"once")], alice.shown)

    def test_p07_wrong_passwords_are_refused(self):
        for wrong in ({"bob": self.secret()}, {"alice": self.secret()}):
            alice = self.alice(**wrong)
            self.assert_failed(self.send_to(alice, "no"), REFUSED)
            wait_until(lambda: alice.reasons == [NOT_AUTHENTIC], "the reason")
            self.assertEqual([], alice.shown)

    def test_p06_a_foreign_name_is_refused(self):
        alice = self.alice()
        sent = self.send(alice, "no", name="bob", user="alice")
        self.assert_failed(sent, REFUSED)
        self.assertEqual([], alice.shown)

    def test_an_unlisted_sender(self):
        for strict, shown in ((False, [("carol?", b"hi")]), (True, [])):
            alice = self.alice(strict)
            sent = self.send_to(alice, "hi", user="carol", knows={
                "alice": self.shared["alice"]})
            self.assertEqual(REFUSED if strict else DELIVERED, sent.status)
            self.assertEqual(shown, alice.shown)

    def test_p04_a_message_to_oneself(self):
        alice = self.alice()
        self.assert_sent(self.send_to(alice, "note", user="alice"))
        self.assertEqual([("alice?", b"note")], alice.shown)

    def test_a_probe_shows_nothing(self):
        alice = self.alice()
        self.assert_sent(self.send_to(alice, options=("-n",)))
        wait_until(lambda: alice.reasons == [None], "the end of the probe")
        self.assertEqual([], alice.shown)
