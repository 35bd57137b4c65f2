"""Hostile JSON from peers who know the passwords."""
import os
import random

from harness import SPARSE, ChatTest
from insider import Alice, Bob
from tamper import JSON_CASES

SAMPLES = 60 // SPARSE


class Insider(ChatTest):

    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("CHAT_SEED", random.getrandbits(32)))
        print(f"to repeat: CHAT_SEED={seed}")  # printed if the test fails
        self.cases = random.Random(seed).sample(JSON_CASES, SAMPLES)

    def check(self, peer, n):
        self.assertEqual([], [wrong for case in self.cases
                              if (wrong := peer.wrong(n, case))])

    def check_sender(self, n):
        alice = self.listen()
        self.check(Bob(self, alice), n)
        self.assertEqual([], alice.shown())

    def test_p10_in_the_response(self):
        self.check_sender(3)

    def test_p10_in_the_text(self):
        self.check_sender(5)

    def test_p10_in_the_confirm(self):
        self.check(Alice(self), 4)

    def test_p10_in_the_receipt(self):
        self.check(Alice(self), 6)
