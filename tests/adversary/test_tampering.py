"""An attacker in the middle: whatever is changed or cut, nobody is deceived.
"""
import os
import random

from harness import SPARSE, ChatTest
from process import soon
from tamper import FRAMES, Middle, every_change
from wire import Cut

TEMPORARY, UNKNOWN = 75, 79
SAMPLES = 40 // SPARSE  # of each kind, for each frame


class Tampering(ChatTest):
    """p01: one change to one frame, a sample; make attack makes all of them.
    """

    limit = 300

    def check(self, kind):
        seed = int(os.environ.get("CHAT_SEED", random.getrandbits(32)))
        print(f"to repeat: CHAT_SEED={seed}")  # printed if the test fails
        draw = random.Random(seed)
        middle = Middle(self, self.listen())
        for n in FRAMES:
            every = every_change(n, kind)
            for change in draw.sample(every, min(SAMPLES, len(every))):
                middle.make(change)
        self.assertEqual([], list(middle.wrongs()))

    def test_p01_flipped_bits(self):
        self.check("flip")

    def test_p01_deleted_bytes(self):
        self.check("delete")

    def test_p01_doubled_bytes(self):
        self.check("double")

    def test_p01_swapped_bytes(self):
        self.check("swap")

    def test_p01_truncated_frames(self):
        self.check("truncate")

    def test_p01_payloads_with_their_sum(self):
        self.check("payload")

    def test_p01_macs(self):
        self.check("mac")

    def test_p01_times(self):
        self.check("retime")

    def test_p01_types(self):
        self.check("retype")

    def test_p01_macs_taken_off_and_put_on(self):
        self.check("strip")

    def test_p10_hostile_json(self):
        self.check("json")


class WholeFrames(ChatTest):
    """p01: a frame is missing, doubled, or replaced."""

    limit = 180

    def setUp(self):
        super().setUp()
        self.alice = self.listen("-q")
        self.middle = self.proxy(self.alice)
        self.sent = {}  # text: (status, whether it may have been shown)

    def send_changed(self, n, change, may_be_shown=False, options=()):
        """Sends a message with frame n replaced by change(line)."""
        def edit(number, line):
            return change(line) if number == n else line

        text = f"message {len(self.sent)}"
        self.middle.edit = edit
        sent = self.send(self.middle, text, options=options)
        self.sent[f"bob: {text}"] = sent.status, may_be_shown
        return sent

    def assert_nobody_was_deceived(self):
        shown = self.alice.shown()
        self.assertEqual(len(shown), len(set(shown)), "shown twice")
        for line in shown:
            self.assertTrue(self.sent[line][1], f"must not show {line!r}")
        for line, (status, _) in self.sent.items():
            if status == 0:
                self.assertIn(line, shown)

    def assert_refused(self, n, sent, how):
        if n < 5:
            self.assertIn(sent.status, (69, 75, 76, 77), (n, how, sent))
        else:
            self.assertEqual(UNKNOWN, sent.status, (n, how, sent))

    def test_p01_lost_line_feeds(self):
        for n in range(1, 7):
            sent = self.send_changed(n, lambda line: line[:-1],
                                     may_be_shown=n == 6,
                                     options=("-t", soon()))
            self.assert_refused(n, sent, "no LF")
        self.assert_nobody_was_deceived()

    def test_p01_lost_frames(self):
        for n in range(1, 7):
            sent = self.send_changed(n, lambda line: b"", may_be_shown=n == 6,
                                     options=("-t", soon()))
            self.assertEqual(UNKNOWN if n > 4 else TEMPORARY, sent.status)
        self.assert_nobody_was_deceived()

    def test_p01_doubled_frames(self):
        """After the text, nothing counts but the answer."""
        for n in range(1, 7):
            for _ in range(6):
                self.send_changed(n, lambda line: 2 * line,
                                  may_be_shown=n > 3)
        self.assert_nobody_was_deceived()

    def test_p01_frames_of_another_session(self):
        """The same two users and passwords, but another session."""
        self.send_changed(0, None, may_be_shown=True)
        other = [line for _, line in sorted(self.middle.frames)]
        self.assertEqual(6, len(other))
        for n in range(1, 7):
            sent = self.send_changed(n, lambda line: other[n - 1],
                                     may_be_shown=n == 6)
            self.assert_refused(n, sent, "another session")
        self.assert_nobody_was_deceived()

    def test_p01_swapped_frames(self):
        """The text before the response, the confirm before the challenge."""
        self.send_changed(0, None, may_be_shown=True)
        other = dict(self.middle.frames)
        for n, instead in ((1, 3), (2, 4), (3, 5), (4, 2), (4, 6), (5, 3),
                           (6, 4)):
            sent = self.send_changed(
                n, lambda line: other[instead], may_be_shown=n == 6)
            self.assert_refused(n, sent, instead)
        self.assert_nobody_was_deceived()

    def test_p04_frames_that_come_back(self):
        """Reflection: a sender gets its own frames as answers."""
        last = []

        def edit(n, line):
            last.append(line)
            return line if n % 2 else last[-2]

        self.middle.edit = edit
        self.assert_failed(self.send(self.middle, "hi"), 76)
        self.assertEqual([], self.alice.shown())


class Cuts(ChatTest):
    """p21: the connection ends instead of each frame."""

    ID = "00112233445566778899aabbccddeeff"

    def check(self, status, cut, shown_first):
        """Cuts once, then retries with the same id."""
        alice = self.listen()
        options = ("-i", self.ID)
        sent = self.send(self.proxy(alice, cut), "once", options=options)
        self.assert_failed(sent, status, "alice at 127.0.0.1")
        if shown_first:
            alice.out.wait_for(b"once")
        self.assertEqual(shown_first, b"once" in alice.out.bytes)
        self.assert_sent(self.send(alice, "once", options=options))
        self.assert_sent(self.send(alice, "once", options=options))
        self.assertEqual(["bob: once"], alice.shown())

    def at(self, n, part):
        """Returns an edit that lets this part of frame n pass, then cuts."""
        def cut(number, line):
            if number == n:
                raise Cut(line[:int(len(line) * part)])
            return line

        return cut

    def test_p21_before_the_text(self):
        for n in range(1, 5):
            with self.subTest(frame=n):
                self.check(TEMPORARY, self.at(n, 0), False)

    def test_p21_the_text_is_lost(self):
        self.check(UNKNOWN, self.at(5, 0), False)

    def test_p21_the_receipt_is_lost(self):
        self.check(UNKNOWN, self.at(6, 0), True)

    def test_p21_in_the_middle_of_a_frame(self):
        for n in range(1, 7):
            with self.subTest(frame=n):
                self.check(TEMPORARY if n < 5 else UNKNOWN, self.at(n, 0.5),
                           n == 6)

    def test_p21_in_the_middle_of_a_large_text(self):
        """It has not left completely, or it has: but there is never a receipt.
        """
        alice = self.listen()
        sent = self.send(self.proxy(alice, self.at(5, 0.9)), "x" * 60000)
        self.assertIn(sent.status, (TEMPORARY, UNKNOWN))
        self.assertEqual([], alice.shown())

    def test_the_same_id_of_another_sender_is_another_message(self):
        knows = self.shared | {"carol": self.secret()}
        alice = self.listen(knows=knows)
        for user in ("bob", "carol", "bob"):
            self.assert_sent(self.send(alice, "hi", user=user, knows=knows,
                                       options=("-i", self.ID)))
        self.assertEqual(["bob: hi", "carol: hi"], alice.shown())
