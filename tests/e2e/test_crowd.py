"""Property 36: hostile addresses that want all places keep no known sender
out."""
import crowded
from harness import ChatTest

ADDRESSES = 64
KNOWN, NEW = 12, 6  # attempts


class Crowd(ChatTest):
    """tests/adversary/crowd measures the same for longer."""

    once = True  # a sanitizer would distort the times
    limit = 240

    def check(self, manner):
        with crowded.Crowd(manner, ADDRESSES) as crowd:
            crowd.settle()
            friend = crowd.friend(KNOWN)
            strangers = crowd.strangers(NEW)
            crowd.disperse()
        self.assertGreaterEqual(friend.through, KNOWN - 1, friend.text)
        self.assertGreaterEqual(strangers.share, 0.5, strangers.text)

    def test_p36_strangers_who_wait(self):
        self.check("wait")

    def test_p36_strangers_who_leave_before_they_are_cut_off(self):
        self.check("leave")

    def test_p36_strangers_who_leave_at_once(self):
        self.check("brief")

    def test_p36_strangers_who_stop_after_the_hello(self):
        self.check("half")

    def test_p36_strangers_who_guess(self):
        self.check("guess")
