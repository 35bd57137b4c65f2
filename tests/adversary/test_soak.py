"""Short soaks: make soak has the long ones."""
from durable import DurableSoak
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

    def test_p29_a_log_outlives_kills_rotations_and_a_full_disk(self):
        soak = DurableSoak(self, self.seconds / 2)
        wrongs = soak.run()
        soak.report()
        self.assertEqual([], wrongs)
