"""A short soak: make soak is the long one."""
from endurance import Soak
from harness import ChatTest


class Short(ChatTest):

    limit = 180
    seconds = 20

    def test_nothing_is_lost_made_up_or_left_behind(self):
        soak = Soak(self, self.seconds)
        wrongs = soak.run()
        soak.report()  # printed if the test fails
        self.assertEqual([], wrongs)
        self.assertGreater(len(soak.books.statuses), 20)
