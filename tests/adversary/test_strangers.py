"""Peers that do what chat-send never does, but are honest otherwise."""
import time

from chat1 import Sender, prefixed
from frames import (CLOCK, MALFORMED, NOT_AUTHENTIC, TYPES, WRONG_VERSION,
                    frame, kind_of, mac_of, payload_of)
from harness import ChatTest

# What a frame of each type may contain, so that nothing else is wrong.
PAYLOADS = {"hello": bytes(91), "challenge": bytes(98), "response": bytes(64),
            "confirm": bytes(32), "text": bytes(16), "ack": bytes(48), "nack": b"\1",
            "lines": bytes(16)}


class StrangerTest(ChatTest):

    def setUp(self):
        super().setUp()
        self.alice = self.listen("-q")

    def tearDown(self):
        self.assertEqual(self.expected, self.alice.shown())

    expected = []  # to be shown

    def bob(self):
        bob = Sender(self.alice.port, **self.parties())
        self.addCleanup(bob.close)
        return bob

    def ready(self):
        """Returns bob, after a handshake."""
        bob = self.bob()
        bob.shake_hands()
        return bob

    def assert_nack(self, reason, answer, bob, has_mac=False):
        """Expects a nack, with a right MAC or without one, and then the end.
        """
        self.assertEqual("nack", kind_of(answer), answer)
        self.assertEqual(bytes((reason,)), payload_of(answer))
        if has_mac:
            self.assertTrue(bob.proves(answer))
        else:
            self.assertEqual(b"", mac_of(answer))
        self.assertEqual(b"", bob.hear())


class Order(StrangerTest):
    """p09: every type of frame in every state."""

    def plausible(self, kind):
        mac = b"" if kind in ("hello", "challenge", "nack") else bytes(32)
        return frame(kind, PAYLOADS[kind], mac=mac)

    def test_p09_in_the_place_of_the_hello(self):
        for kind in set(TYPES) - {"hello"}:
            with self.subTest(kind):
                bob = self.bob()
                self.assert_nack(
                    MALFORMED, bob.ask(self.plausible(kind)), bob)

    def test_p09_in_the_place_of_the_response(self):
        for kind in set(TYPES) - {"response"}:
            with self.subTest(kind):
                bob = self.bob()
                bob.ask(bob.hello())
                self.assert_nack(
                    MALFORMED, bob.ask(self.plausible(kind)), bob)

    def test_p09_in_the_place_of_the_text(self):
        """With right MACs, which makes the nack a proven one."""
        for kind in set(TYPES) - {"text"}:
            with self.subTest(kind):
                bob = self.ready()
                line = bob.make(kind, PAYLOADS[kind])
                self.assert_nack(MALFORMED, bob.ask(line), bob, has_mac=True)

    def test_p11_a_batch_that_is_not_lines(self):
        """With right MACs; none of it is shown."""
        for text in (b"one", b"one\n", b"\none", b"one\n\ntwo", b"\n",
                     b"one\ntwo\0", b"one\n\xff", b"x\n" * 4096 + b"x"):
            with self.subTest(text[:20]):
                bob = self.ready()
                line = bob.text(text, kind="lines")
                self.assert_nack(MALFORMED, bob.ask(line), bob, has_mac=True)

    def test_p09_a_text_before_the_response(self):
        bob = self.bob()
        bob.response(bob.ask(bob.hello()))  # made, but not sent
        self.assert_nack(MALFORMED, bob.ask(bob.text(b"early")), bob)

    def test_p09_frames_before_their_turn(self):
        bob = self.bob()
        bob.say(bob.hello() + self.plausible("response"))
        self.assert_nack(MALFORMED, bob.hear(), bob)

    def test_p09_a_second_text_is_not_heard(self):
        self.expected = ["bob: first"]
        bob = self.ready()
        self.assertEqual("ack", kind_of(bob.ask(bob.text(b"first"))))
        self.assertEqual(b"", bob.hear())


class Proofs(StrangerTest):

    def test_p05_a_replayed_session_is_refused(self):
        self.expected = ["bob: once"]
        middle = self.proxy(self.alice)
        self.assert_sent(self.send(middle, "once"))
        recorded = dict(middle.frames)
        bob = self.bob()
        self.assertEqual("challenge", kind_of(bob.ask(recorded[1])))
        self.assert_nack(NOT_AUTHENTIC, bob.ask(recorded[3]), bob)

    def test_p05_a_replayed_text_is_refused(self):
        self.expected = ["bob: once"]
        middle = self.proxy(self.alice)
        self.assert_sent(self.send(middle, "once"))
        bob = self.ready()
        text = dict(middle.frames)[5]
        bob.absorb(text)
        self.assert_nack(NOT_AUTHENTIC, bob.ask(text), bob, has_mac=True)

    def test_p08_all_who_may_not_pass_look_alike(self):
        """Unknown user, wrong password, other name: the same sizes."""
        right, wrong = self.parties()["passwords"], (self.secret(),) * 2
        seen = set()
        for names, passwords in (
                (("bob", "alice"), wrong), (("eve", "alice"), wrong),
                (("bob", "carol"), right), (("eve", "carol"), wrong),
                (("bob", "nobody"), right), (("eve", "bob"), wrong),
                (("bob", "bob"), right)):
            with Sender(self.alice.port, names, passwords) as bob:
                challenge = bob.ask(bob.hello())
                nack = bob.ask(bob.response(challenge))
                self.assert_nack(NOT_AUTHENTIC, nack, bob)
                seen.add((len(payload_of(challenge)), len(nack)))
        self.assertEqual(1, len(seen))

    def test_a_response_with_a_right_proof_and_a_wrong_mac(self):
        bob = self.bob()
        line = bob.response(bob.ask(bob.hello()))
        line = line.replace(mac_of(line).hex().encode(), b"0" * 64)
        self.assert_nack(NOT_AUTHENTIC, bob.ask(line), bob)

    def test_a_response_with_a_wrong_proof_and_a_right_mac(self):
        bob = self.bob()
        challenge = bob.ask(bob.hello())
        bob.absorb(challenge)
        bob.agree(payload_of(challenge)[1:66])
        line = bob.make("response", bytes(32) + bob.nonce)
        self.assert_nack(NOT_AUTHENTIC, bob.ask(line), bob)

    def test_a_text_with_the_mac_of_the_other_side(self):
        bob = self.ready()
        bob.role = "L"
        line = bob.text(b"forged")
        bob.role = "S"
        self.assert_nack(NOT_AUTHENTIC, bob.ask(line), bob, has_mac=True)

    def test_p03_shares_that_are_no_point(self):
        for share in (bytes(65), b"\4" + bytes(64), b"\4" + b"\xff" * 64,
                      b"\3" + bytes(64)):
            with self.subTest(share[:2]):
                bob = self.bob()
                bob.share = share
                self.assert_nack(MALFORMED, bob.ask(bob.hello()), bob)

    def test_another_version(self):
        bob = self.bob()
        hello = bob.hello(version=b"\2")
        self.assert_nack(WRONG_VERSION, bob.ask(hello), bob)


class Clocks(StrangerTest):
    """p12, with ten seconds of tolerance for a busy machine."""

    def test_p12_a_hello_of_another_time(self):
        for off in (-310, 310, -10**6, 10**9):
            with self.subTest(off=off):
                bob = self.bob()
                hello = bob.hello(time.time() + off)
                self.assert_nack(CLOCK, bob.ask(hello), bob)

    def test_p12_a_response_of_another_time(self):
        for off in (-310, 310):
            with self.subTest(off=off):
                bob = self.bob()
                response = bob.response(
                    bob.ask(bob.hello()), time.time() + off)
                self.assert_nack(CLOCK, bob.ask(response), bob)

    def test_p12_a_response_of_another_time_without_a_proof(self):
        """A stranger is told nothing about clocks, whatever else is wrong."""
        for spoil in (lambda line: line.replace(
                          mac_of(line).hex().encode(), b"0" * 64),
                      lambda line: bob.make(
                          "response", bytes(32) + bob.nonce, time.time() + 310)):
            bob = self.bob()
            line = bob.response(bob.ask(bob.hello()), time.time() + 310)
            self.assert_nack(NOT_AUTHENTIC, bob.ask(spoil(line)), bob)

    def test_p12_a_text_of_the_future(self):
        bob = self.ready()
        text = bob.text(b"tomorrow", time.time() + 310)
        self.assert_nack(CLOCK, bob.ask(text), bob, has_mac=True)

    def test_p12_within_the_window(self):
        self.expected = ["bob: -290", "bob: 290"]
        for off in (-290, 290):
            bob = self.bob()
            hello = bob.hello(time.time() + off)
            bob.absorb(bob.ask(
                bob.response(bob.ask(hello), time.time() - off)))
            text = bob.text(str(off).encode(), time.time() + off)
            self.assertEqual("ack", kind_of(bob.ask(text)))

    def test_p12_a_text_may_be_old(self):
        self.expected = ["bob: yesterday's"]
        bob = self.ready()
        text = bob.text(b"yesterday's", time.time() - 86400)
        self.assertEqual("ack", kind_of(bob.ask(text)))

    def test_p12_instants_that_do_not_exist(self):
        for instant in (b"2026-02-30T00:00:00Z", b"2026-01-01T24:00:00Z",
                        b"2026-01-01T00:00:60Z", b"2026-13-01T00:00:00Z",
                        b"2026-01-00T00:00:00Z", b"2026-01-01 00:00:00Z"):
            with self.subTest(instant):
                bob = self.bob()
                hello = bob.hello()
                stamp = hello.split(b'"timestamp":"')[1][:20]
                self.assert_nack(
                    MALFORMED, bob.ask(hello.replace(stamp, instant)), bob)


class Forms(StrangerTest):

    def refuse(self, change):
        bob = self.bob()
        hello = bob.hello()
        changed = change(hello)
        self.assertNotEqual(hello, changed)
        self.assert_nack(MALFORMED, bob.ask(changed), bob)

    def test_p10_other_spellings_of_the_same(self):
        for old, new in ((b":", b": "), (b"hello", b"h\\u0065llo"),
                         (b"header", b"Header"), (b"\n", b"\r\n"),
                         (b"{", b" {"), (b"SHA256", b"sha256"),
                         (b'"crc":', b'"crc":0'), (b"}\n", b"} \n"),
                         (b'"hello"', b'"hello","msg_type":"hello"'),
                         (b"=", b""), (b"\n", b"\0\n")):
            with self.subTest(new):
                self.refuse(lambda hello: hello.replace(old, new, 1))

    def test_p10_a_byte_order_mark(self):
        self.refuse(lambda hello: b"\xef\xbb\xbf" + hello)

    def test_p10_a_wrong_sum(self):
        self.refuse(lambda hello: hello.replace(b'"crc":', b'"crc":1'))

    def test_p11_lines_over_the_limit(self):
        for line in (b"x" * 1024, b"x" * 100000, b"x" * 1023 + b"\n"):
            with self.subTest(len(line)):
                bob = self.bob()
                bob.say(line)
                answer = bob.hear()
                if answer:  # unread bytes may have reset the connection
                    self.assert_nack(MALFORMED, answer, bob)

    def test_p11_names(self):
        for names in (("", "alice"), ("bob", ""), ("n" * 65, "alice"),
                      ("bob", "n" * 65), ("b\nb", "alice"),
                      ("\x1b[2J", "alice"), ("bob", "al ice")):
            with self.subTest(names):
                with Sender(self.alice.port, names) as bob:
                    self.assert_nack(MALFORMED, bob.ask(bob.hello()), bob)

    def test_p11_a_hello_of_another_length(self):
        for change in (lambda p: p + b"\0", lambda p: p[:-1], lambda p: p[:1],
                       lambda p: b""):
            bob = self.bob()
            payload = change(
                b"\1" + bob.id + prefixed("B", *bob.names) + bob.share)
            self.assert_nack(
                MALFORMED, bob.ask(frame("hello", payload)), bob)

    def test_p11_a_text_of_65537_bytes(self):
        bob = self.ready()
        self.assert_nack(
            MALFORMED, bob.ask(bob.text(b"x" * 65537)), bob, has_mac=True)

    def test_p11_a_text_of_65536_bytes(self):
        self.expected = ["bob: " + "x" * 65536]
        bob = self.ready()
        self.assertEqual("ack", kind_of(bob.ask(bob.text(b"x" * 65536))))

    def test_p11_an_empty_text(self):
        bob = self.ready()
        self.assert_nack(MALFORMED, bob.ask(bob.text(b"")), bob, has_mac=True)

    def test_p22_texts_that_are_not_utf8(self):
        for text in (b"\0", b"a\0b", b"\x80", b"\x9b2J", b"\xa0", b"\xc0\x80",
                     b"\xc1\xbf", b"\xe2\x82", b"\xed\xa0\x80",
                     b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xfe",
                     b"\xff"):
            with self.subTest(text):
                bob = self.ready()
                self.assert_nack(
                    MALFORMED, bob.ask(bob.text(text)), bob, has_mac=True)

    def test_ciphertexts_that_are_none(self):
        for payload in (b"", bytes(15), bytes(16), bytes(17)):
            with self.subTest(len(payload)):
                bob = self.ready()
                answer = bob.ask(bob.make("text", payload))
                self.assert_nack(MALFORMED, answer, bob, has_mac=True)
