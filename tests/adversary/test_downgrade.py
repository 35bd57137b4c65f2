"""Nothing can be negotiated: versions, algorithms, protection."""
from chat1 import Answerer, Sender, mac256
from frames import (MALFORMED, WRONG_VERSION, frame, kind_of, mac_of, parse,
                    payload_of, with_mac)
from harness import ChatTest
from initiator import DECLINED, UNKNOWN, VIOLATION
from process import wait_until

VERSIONS = 0, 2, 3, 127, 129, 255
WEAKER = [(b"AES256CBC", name) for name in (
    b"AES128CBC", b"AES256ECB", b"DES", b"NONE", b"none", b"", b"aes256cbc")
          ] + [(b'"SHA256"', name) for name in (
              b'"SHA1"', b'"MD5"', b'"NONE"', b'""', b'"sha256"', b'"SHA512"',
              b"null")]


def of_version(line, version):
    old = parse(line)
    return frame(old.kind, bytes((version,)) + old.payload[1:], old.when)


def renamed(party, line, names):
    """Returns a frame that names another algorithm, with a right MAC."""
    line = line.replace(*names)
    return with_mac(line, party.mac(line, party.role))


class Versions(ChatTest):
    """An attacker in the middle claims that one side is older or newer."""

    def check(self, n):
        alice = self.listen()
        for version in VERSIONS:
            with self.subTest(frame=n, version=version):
                middle = self.proxy(alice, lambda number, line: of_version(
                    line, version) if number == n else line)
                self.assert_failed(self.send(middle, "hi"), DECLINED,
                                   "version")
                answer = dict(middle.frames)[2]
                if n == 1:
                    self.assertEqual(
                        ("nack", bytes((WRONG_VERSION,))),
                        (kind_of(answer), payload_of(answer)))
                self.assertNotIn(3, dict(middle.frames))
        self.assertEqual([], alice.shown())

    def test_of_the_hello(self):
        self.check(1)

    def test_of_the_challenge(self):
        self.check(2)

    def test_a_hello_of_another_version_may_be_of_any_length(self):
        alice = self.listen()
        for payload in (b"\2", b"\0" * 50, b"\2" * 600):
            with Sender(alice.port) as bob:
                nack = bob.ask(frame("hello", payload))
                self.assertEqual(bytes((WRONG_VERSION,)), payload_of(nack))


class Algorithms(ChatTest):
    """Peers who know the passwords, but name something weaker."""

    def assert_malformed(self, nack, bob, proven):
        self.assertEqual(("nack", bytes((MALFORMED,))),
                         (kind_of(nack), payload_of(nack)))
        self.assertEqual(proven, mac_of(nack) != b"")

    def test_to_a_listener(self):
        alice = self.listen()
        for names in WEAKER:
            with self.subTest(names), Sender(
                    alice.port, **self.parties()) as bob:
                bob.shake_hands()
                line = renamed(bob, frame("text", bob.seal(b"no")), names)
                nack = bob.ask(line)
                bob.absorb(line)
                self.assert_malformed(nack, bob, proven=True)
                self.assertTrue(bob.proves(nack))
        self.assertEqual([], alice.shown())

    def test_texts_that_are_not_encrypted(self):
        alice = self.listen()
        for text in (b"in clear", b"x" * 32):
            with Sender(alice.port, **self.parties()) as bob:
                bob.shake_hands()
                nack = bob.ask(bob.make("text", text))
                self.assert_malformed(nack, bob, proven=True)
        self.assertEqual([], alice.shown())

    def answer(self, n, names):
        """Returns how chat-send ends if frame n names another algorithm."""
        def talk(peer):
            alice = Answerer(peer, **self.parties())
            peer.sendall(alice.challenge())
            if n == 6:
                peer.sendall(alice.confirm())
                alice.hear()
                line = frame("ack", bytes(48))
            else:
                response = alice.hear()
                line = frame("confirm", mac256(
                    alice.chap_secret, b"chat1 listener proof\0",
                    alice.transcript, payload_of(response)[32:]))
            peer.sendall(renamed(alice, line, names))
            heard.append(alice.hear())

        heard = []
        sent = self.send(self.serve(talk), "hi")
        wait_until(lambda: heard, "the sender to leave")
        self.assertEqual([b""], heard)
        return sent

    def test_to_a_sender(self):
        for names in WEAKER:
            with self.subTest(names):
                self.assert_failed(self.answer(4, names), VIOLATION)
                self.assert_failed(self.answer(6, names), UNKNOWN)
