"""Nothing that an attacker sees or receives can be used to check a password
offline. The same search over the same candidates finds the password if the
attacker guessed right, and in weaker protocols. So it would find a leak."""
from unittest import mock

import chat1
from chat1 import Answerer, Party, mac256, sha256
from frames import BUSY, frame, parse
from harness import ChatTest
from offline import View, findings
from p256 import G, M, N, draw, multiply, pack
from wire import Cut

NAMES = ("bob", "alice")
COUNT = 3  # wrong candidates


class OfflineTest(ChatTest):

    limit = 300

    def setUp(self):
        super().setUp()
        self.right = tuple(
            password.encode() for password in self.parties()["passwords"])
        self.wrong = [(self.secret().encode(), self.secret().encode())
                      for _ in range(COUNT)]
        (bobs, alices), (other, another) = self.right, self.wrong[0]
        self.candidates = [*self.wrong, self.right, (bobs, another),
                           (other, alices), (alices, bobs)]

    def search(self, view):
        """Returns the candidates that differ from all others."""
        found = {pair: findings(view, pair) for pair in self.candidates}
        usual = findings(view, (b"never", b"anybody's"))
        return [pair for pair, what in found.items() if what != usual]

    def assert_nothing(self, view):
        self.assertEqual([], self.search(view))

    def assert_found(self, view):
        found = self.search(view)
        self.assertIn(self.right, found)
        self.assertEqual([], [pair for pair in found if pair in self.wrong])


class FromTheSender(OfflineTest):
    """An attacker answers chat-send instead of alice."""

    def view(self, guess=None, share=None):
        """The attacker tries these passwords, or sends a chosen share."""
        seen, chosen = {}, Party("L", NAMES, guess or (
            self.secret(), self.secret()))

        def talk(peer):
            eve = Answerer(peer, NAMES, ("", ""))
            seen[1] = eve.hear()
            if share:
                eve.share = pack(share(chosen.scalar))
            else:
                eve.share = chosen.share
            seen[2] = eve.make("challenge", b"\1" + eve.share + eve.nonce,
                               has_mac=False)
            peer.sendall(seen[2])
            seen[3] = eve.hear()
            peer.sendall(frame("nack", bytes((BUSY,))))

        sent = self.send(self.serve(talk), "hi")
        self.assertEqual(75, sent.status)
        self.assertEqual("response", parse(seen[3]).kind)
        return View(NAMES, seen, chosen.scalar, 0 if share else chosen.w)

    def test_p08_a_wrong_guess_says_nothing_of_others(self):
        self.assert_nothing(self.view())

    def test_p08_half_a_guess_says_nothing_of_the_other_half(self):
        bob, alice = self.parties()["passwords"]
        self.assert_nothing(self.view((self.secret(), alice)))
        self.assert_nothing(self.view((bob, self.secret())))

    def test_p08_shares_of_all_kinds_say_nothing(self):
        for name, share in (
                ("y*G", lambda y: multiply(y, G)), ("G", lambda y: G),
                ("N", lambda y: N), ("y*N", lambda y: multiply(y, N)),
                ("M", lambda y: M)):
            with self.subTest(name):
                self.assert_nothing(self.view(share=share))

    def test_the_search_finds_a_right_guess(self):
        """The one guess that a connection allows."""
        self.assert_found(self.view(self.parties()["passwords"]))


class FromTheListener(OfflineTest):

    def test_p08_a_recording_says_nothing(self):
        alice = self.listen()
        middle = self.proxy(alice)
        self.assert_sent(self.send(middle, "a whole session"))
        lines = dict(middle.frames)
        self.assertEqual(6, len(lines))
        self.assert_nothing(View(NAMES, lines))

    def test_p08_a_stranger_who_connects_sees_nothing(self):
        alice = self.listen()
        with chat1.Sender(alice.port, NAMES, ("wrong", "guess")) as eve:
            hello = eve.hello()
            challenge = eve.ask(hello)
            nack = eve.ask(eve.response(challenge))
            self.assertEqual("nack", parse(nack).kind)
            self.assert_nothing(View(NAMES, {1: hello, 2: challenge},
                                     eve.scalar, eve.w))

    def test_p08_shares_are_drawn_anew_for_each_try(self):
        """Of one message, and of one listener."""
        alice = self.listen()

        def cut(n, line):
            lines.append((n, line))
            if n == 2 and len(lines) < 7:
                raise Cut
            return line

        lines = []
        self.assert_sent(self.send(self.proxy(alice, cut), "tries",
                                   options=("-r", "3600")))
        for n, where in (1, slice(-65, None)), (2, slice(1, 98)):
            drawn = [parse(line).payload[where]
                     for number, line in lines if number == n]
            self.assertGreater(len(drawn), 3)
            self.assertEqual(len(drawn), len(set(drawn)))
        ids = {parse(line).payload[1:17] for n, line in lines if n == 1}
        self.assertEqual(1, len(ids))


class Weaker(OfflineTest):
    """Protocols that differ from chat1, under the same attacks."""

    def session(self, bob, alice, proof=None):
        """Returns what bob sends to alice, who may be an attacker."""
        lines = {1: bob.make("hello", b"\1" + bytes(16) + chat1.prefixed(
            "B", *bob.names) + bob.share, has_mac=False)}
        lines[2] = frame("challenge", b"\1" + alice.share + bytes(32))
        bob.absorb(lines[2])
        bob.agree(alice.share)
        nonce = b"\2" * 32
        if proof is None:
            proof = mac256(bob.chap_secret, b"chat1 sender proof\0",
                           bob.transcript, bytes(32), nonce)
        lines[3] = bob.make("response", proof + nonce)
        return lines

    def parties_with(self, guess, kind=Party):
        return (kind("S", NAMES, self.parties()["passwords"]),
                kind("L", NAMES, guess))

    def test_the_search_finds_nothing_in_chat1(self):
        bob, eve = self.parties_with((self.secret(), self.secret()))
        self.assert_nothing(View(NAMES, self.session(bob, eve), eve.scalar,
                                 eve.w))

    def test_bare_diffie_hellman_is_found(self):
        """Keys from a common point without a password."""
        class Bare(Party):
            def __init__(self, *args):
                super().__init__(*args)
                self.share = pack(multiply(self.scalar, G))

            def agree(self, peer):
                self.k = pack(multiply(self.scalar, chat1.unpack(peer)))
                self.derive(sha256(self.k))

        bob, eve = self.parties_with((self.secret(), self.secret()), Bare)
        self.assert_found(View(NAMES, self.session(bob, eve), eve.scalar))

    def test_a_proof_that_is_made_of_the_password_is_found(self):
        """In a recording: nobody has to take part."""
        bob, alice = self.parties_with(self.parties()["passwords"])
        for key in (*self.right, sha256(self.right[1])):
            lines = self.session(bob, alice, mac256(
                key, bytes(32), b"\2" * 32))
            self.assert_found(View(NAMES, lines))

    def test_masks_of_a_known_logarithm_are_found(self):
        """Nobody may know the logarithms of M and N."""
        n = draw()
        weak = multiply(n, G)
        with mock.patch("chat1.M", weak), mock.patch("chat1.N", weak), \
                mock.patch("offline.M", weak), mock.patch("offline.N", weak):
            bob, eve = self.parties_with((self.secret(), self.secret()))
            view = View(NAMES, self.session(bob, eve), eve.scalar, eve.w, n)
            self.assert_found(view)
            self.assert_nothing(view._replace(logarithm=0))

    def test_a_mask_that_is_missing_is_found(self):
        """A listener's share without a mask, and keys without w."""
        class Unmasked(Party):
            def agree(self, peer):
                self.k = pack(multiply(self.scalar, chat1.unpack(peer)))
                self.derive(sha256(chat1.prefixed(
                    "<Q", *self.names, self.share, peer, self.k,
                    self.w.to_bytes(32, "big"))))

        bob, eve = self.parties_with((self.secret(), self.secret()),
                                     Unmasked)
        eve.share = pack(multiply(eve.scalar, G))
        self.assert_found(View(NAMES, self.session(bob, eve), eve.scalar))
