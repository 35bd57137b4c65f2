"""p03: shares that are not points, and points that should not be chosen."""
from chat1 import Answerer, Sender
from frames import MALFORMED, NOT_AUTHENTIC, kind_of, mac_of, payload_of
from harness import ChatTest
from initiator import REFUSED, VIOLATION
from p256 import (G, M, N, ORDER, P, add, decompress, draw, multiply, negate,
                  on_curve, pack)
from process import wait_until


def spell(first, x, y):
    return bytes((first,)) + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def small_x():
    """Returns a point whose x has a second spelling in 32 bytes, x + P."""
    return next(point for point in (decompress(0, x) for x in range(100))
                if on_curve(point))


def small_y():
    """The same for y."""
    return (0xd7325d7646cd60d80a92738ceb345f84
            << 128 | 0x4cffaf35841022cab176f692de8de1d7, 5)


def no_points():
    """Yields name and bytes: 65 of them, except for the last few."""
    x, y = multiply(draw(), G)
    yield "beside the curve", spell(4, x, y ^ 1)
    yield "x beside the curve", spell(4, x ^ 1, y)
    yield "on the twist", spell(4, *next(
        (x, 1) for x in range(100) if not on_curve(decompress(0, x))))
    yield "on a curve with another b", spell(4, 1, 1)
    yield "of order 2 on another curve", spell(4, x, 0)
    yield "zero", spell(4, 0, 0)
    yield "the identity", bytes(65)
    yield "the identity, alone", bytes(1)
    yield "all ones", spell(4, 2**256 - 1, 2**256 - 1)
    yield "x = P", spell(4, P, y)
    yield "y = P", spell(4, x, P)
    yield "x not reduced", spell(4, small_x()[0] + P, small_x()[1])
    yield "y not reduced", spell(4, small_y()[0], small_y()[1] + P)
    for first in (0, 1, 2, 3, 5, 8, 255):
        yield f"a first byte {first}", spell(first, x, y)
    yield "hybrid", spell(6 + y % 2, x, y)
    yield "hybrid, the other y", spell(7 - y % 2, x, y)
    yield "hybrid, wrong", spell(6 + y % 2, x, y ^ 1)
    yield "compressed", bytes((2 + y % 2,)) + x.to_bytes(32, "big")
    yield "compressed, filled up", \
        bytes((2 + y % 2,)) + x.to_bytes(32, "big") + bytes(32)
    yield "without its first byte", spell(4, x, y)[1:]
    yield "a byte short", spell(4, x, y)[:-1]
    yield "a byte long", spell(4, x, y) + b"\0"
    yield "nothing", b""


def odd_points():
    """Valid points: a peer that sends one has guessed nothing."""
    for name, point in ("G", G), ("M", M), ("N", N), ("M + N", add(M, N)):
        yield name, pack(point)
        yield "-" + name, pack(negate(point))
    yield "2G", pack(multiply(2, G))
    yield "the last multiple", pack(multiply(ORDER - 1, G))
    yield "the least x", pack(small_x())
    yield "the least y", pack(small_y())


class ToTheListener(ChatTest):

    def setUp(self):
        super().setUp()
        self.alice = self.listen()
        self.bob = Sender(self.alice.port, **self.parties())
        self.bob.close()

    def tearDown(self):
        self.assertEqual([], self.alice.shown())
        self.assertNotIn(b"crash", self.alice.err.bytes)

    def ask(self, share):
        """Sends a hello with this share. Returns the answer and the peer."""
        bob = Sender(self.alice.port, **self.parties())
        self.addCleanup(bob.close)
        bob.share = share
        return bob.ask(bob.hello()), bob

    def test_p03_what_is_no_point_is_malformed(self):
        for name, share in no_points():
            with self.subTest(name):
                answer, bob = self.ask(share)
                self.assertEqual(
                    ("nack", bytes((MALFORMED,)), b""),
                    (kind_of(answer), payload_of(answer), mac_of(answer)))
                self.assertEqual(b"", bob.hear())

    def refuse(self, name, share):
        with self.subTest(name):
            challenge, bob = self.ask(share)
            self.assertEqual("challenge", kind_of(challenge))
            nack = bob.ask(bob.response(challenge))
            self.assertEqual(("nack", bytes((NOT_AUTHENTIC,))),
                             (kind_of(nack), payload_of(nack)))

    def test_p03_points_without_their_secret_gain_nothing(self):
        for name, share in odd_points():
            self.refuse(name, share)

    def test_p03_k_at_infinity_gains_nothing(self):
        """To make w*M takes both passwords, and then it fails."""
        self.refuse("w*M", pack(multiply(self.bob.w, M)))


class ToTheSender(ChatTest):

    def converse(self, talk):
        """Has talk(peer) talk to a sender. Returns how the sender ends, and
        the result."""
        results = []
        sent = self.send(
            self.serve(lambda peer: results.append(talk(peer))), "hi")
        wait_until(lambda: results, "the sender to leave")
        return sent, results[0]

    def violate(self, share_of):
        def talk(peer):
            alice = Answerer(peer, **self.parties())
            alice.hear()
            peer.sendall(alice.make(
                "challenge", b"\1" + share_of(alice) + alice.nonce,
                has_mac=False))
            return alice.hear()

        sent, heard = self.converse(talk)
        self.assert_failed(sent, VIOLATION)
        self.assertEqual(b"", heard)

    def test_p03_what_is_no_point_is_a_violation(self):
        for name, share in no_points():
            with self.subTest(name):
                self.violate(lambda alice: share)

    def test_p03_k_at_infinity_is_a_violation(self):
        self.violate(lambda alice: pack(multiply(alice.w, N)))

    def test_p03_points_without_their_secret_gain_nothing(self):
        """It is answered; but a peer that chose the point cannot go on."""
        def talk(peer):
            alice = Answerer(peer, **self.parties())
            alice.share = share
            peer.sendall(alice.challenge())
            peer.sendall(alice.confirm())
            return alice.hear()

        for name, share in odd_points():
            with self.subTest(name):
                sent, heard = self.converse(talk)
                self.assert_failed(sent, REFUSED)
                self.assertEqual(b"", heard)
