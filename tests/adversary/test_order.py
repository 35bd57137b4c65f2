"""p09: every type of frame in every state of a sender, and forged nacks."""
from chat1 import Answerer
from frames import TYPES, frame
from harness import ChatTest
from initiator import (DECLINED, REFUSED, TEMPORARY, UNDELIVERED, UNKNOWN,
                       VIOLATION)
from process import wait_until

# What a frame of each type may contain, so that nothing else is wrong.
PAYLOADS = {"hello": bytes(91), "challenge": bytes((1, *range(97))),
            "response": bytes(64), "confirm": bytes(32), "text": bytes(16),
            "ack": bytes(48), "nack": b"\1", "lines": bytes(16)}
EXPECTED = {2: "challenge", 4: "confirm", 6: "ack"}
BEFORE = {1: VIOLATION, 2: DECLINED, 3: DECLINED, 4: REFUSED, 6: TEMPORARY,
          9: TEMPORARY}
AFTER = BEFORE | {7: UNDELIVERED, 8: TEMPORARY, 9: VIOLATION}


class SenderTest(ChatTest):

    def answer(self, n, make):
        """Has make(alice) replace frame n in a session. Returns how the sender
        ends, and what else it sends."""
        def talk(peer):
            alice = Answerer(peer, **self.parties())
            if n > 2:
                peer.sendall(alice.challenge())
            if n > 4:
                peer.sendall(alice.confirm())
            alice.hear()
            peer.sendall(make(alice))
            heard.append(alice.hear())

        heard = []
        sent = self.send(self.serve(talk), "hi")
        wait_until(lambda: heard, "the sender to leave")
        return sent, heard[0]

    def check(self, n, make, status):
        sent, heard = self.answer(n, make)
        self.assert_failed(sent, status)
        self.assertEqual(b"", heard, "it goes on")


class Order(SenderTest):

    def check_types(self, n, proven):
        """All unexpected types: without a MAC, with a wrong one, with a right
        one."""
        status = UNKNOWN if n == 6 else VIOLATION
        for kind in set(TYPES) - {EXPECTED[n], "nack"}:
            makes = [lambda alice: frame(kind, PAYLOADS[kind]),
                     lambda alice: frame(kind, PAYLOADS[kind], mac=bytes(32))]
            if proven:
                makes.append(lambda alice: alice.make(kind, PAYLOADS[kind]))
            for i, make in enumerate(makes):
                with self.subTest(kind, mac=i):
                    self.check(n, make, status)

    def test_p09_in_the_place_of_the_challenge(self):
        self.check_types(2, proven=False)

    def test_p09_in_the_place_of_the_confirm(self):
        self.check_types(4, proven=True)

    def test_p09_in_the_place_of_the_receipt(self):
        self.check_types(6, proven=True)

    def test_p09_the_right_type_with_a_wrong_protection(self):
        self.check(2, lambda alice: frame(
            "challenge", b"\1" + alice.share + alice.nonce, mac=bytes(32)),
            VIOLATION)
        self.check(4, lambda alice: frame("confirm", bytes(32)), VIOLATION)
        self.check(6, lambda alice: frame("ack", bytes(48)), UNKNOWN)

    def test_p09_frames_before_their_turn(self):
        """The right ones, too early: the sender has sent nothing yet."""
        self.check(2, lambda alice: frame(
            "challenge", b"\1" + alice.share + alice.nonce) + frame(
                "confirm", bytes(32), mac=bytes(32)), VIOLATION)

    def test_p09_a_receipt_right_behind_the_confirm(self):
        """As if it knew the text; it cannot know the MAC."""
        def talk(peer):
            alice = Answerer(peer, **self.parties())
            peer.sendall(alice.challenge())
            peer.sendall(alice.confirm() + alice.acknowledge())
            heard.append(alice.hear())

        heard = []
        sent = self.send(self.serve(talk), "hi")
        self.assertIn(sent.status, (VIOLATION, UNKNOWN), sent)


class ForgedNacks(SenderTest):
    """Before the text anybody can refuse; after it, only a listener that
    proves it."""

    def test_p09_before_the_text(self):
        for n in (2, 4):
            for reason in (*range(11), 255):
                with self.subTest(frame=n, reason=reason):
                    self.check(n, lambda alice: frame(
                        "nack", bytes((reason,))),
                        BEFORE.get(reason, VIOLATION))

    def test_p09_before_the_text_with_a_mac(self):
        """Where a MAC does not belong, it means nothing, right or wrong."""
        for reason in (4, 6):
            for n, make in (
                    (2, lambda alice: frame("nack", bytes((reason,)),
                                            mac=bytes(32))),
                    (4, lambda alice: frame("nack", bytes((reason,)),
                                            mac=bytes(32))),
                    (4, lambda alice: alice.make("nack", bytes((reason,))))):
                with self.subTest(frame=n, reason=reason):
                    self.check(n, make, VIOLATION)

    def test_p09_of_another_length(self):
        for n in (2, 4, 6):
            for payload in (b"", b"\6\6"):
                self.check(n, lambda alice: frame("nack", payload),
                           UNKNOWN if n == 6 else VIOLATION)
        for payload in (b"", b"\6\6"):
            self.check(6, lambda alice: alice.make("nack", payload), UNKNOWN)

    def test_p09_after_the_text(self):
        for reason in (*range(11), 255):
            with self.subTest(reason=reason):
                for mac in (b"", bytes(32)):
                    self.check(6, lambda alice: frame(
                        "nack", bytes((reason,)), mac=mac), UNKNOWN)
                self.check(6, lambda alice: alice.make(
                    "nack", bytes((reason,))), AFTER.get(reason, VIOLATION))

    def test_p09_after_the_text_with_macs_of_other_places(self):
        """For another direction, another transcript, another line."""
        def of_the_sender(alice):
            alice.role = "S"
            return alice.make("nack", b"\6")

        def without_the_text(alice):
            alice.transcript = before
            return alice.make("nack", b"\6")

        before = bytes(32)
        for make in (of_the_sender, without_the_text):
            self.check(6, make, UNKNOWN)

    def test_p09_in_the_place_of_a_receipt_that_was_on_its_way(self):
        """Shown once, whatever the sender is told, and however often it
        retries."""
        alice, options = self.listen(), ("-i", "ab" * 16)
        for reason in (1, 4, 6, 7):
            forged = self.proxy(alice, lambda n, line: frame(
                "nack", bytes((reason,))) if n == 6 else line)
            self.assert_failed(
                self.send(forged, "hi", options=options), UNKNOWN)
        self.assert_sent(self.send(alice, "hi", options=options))
        self.assertEqual(["bob: hi"], alice.shown())
