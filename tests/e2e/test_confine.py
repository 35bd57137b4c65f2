"""If a step of confinement fails, nothing is served (p14, p15)."""
import os

from chat1 import Sender
from failing import FailingTest
from harness import LISTEN

# What fail.c can deny, with the message. First the steps that only root takes;
# then those of everybody, with the option of prctl(2).
OF_ROOT = {
    1: "chroot to an empty directory",
    2: "chroot to an empty directory",
    3: "drop supplementary groups",
    4: "drop the user and group of root",
    5: "drop the user and group of root",
}
OF_ALL = {
    6: "limit resources",
    100 + 1: "die with the listener",
    100 + 4: "forbid core dumps and tracing",
    100 + 38: "give up new privileges",
}
OF_SANDBOX = {100 + 22: "enter the sandbox"}


class Confinement(FailingTest):

    limit = 120

    def denials(self):
        """Returns what fails here."""
        version = self.run_program(LISTEN, "-V").stdout
        return ((OF_ROOT if os.geteuid() == 0 else {}) | OF_ALL |
                (OF_SANDBOX if "sandbox: none" not in version else {}))

    def start(self):
        path = self.directory(self.shared, name="listener.json")
        return self.run_program(LISTEN, "-p", "0", "-d", path, "-u", "alice",
                                env=self.failing)

    def test_p14_a_keyholder_that_cannot_be_confined_is_none(self):
        for number, what in self.denials().items():
            self.set_plan(denied=number)
            self.assert_failed(self.start(), 71, f"keyholder: cannot {what}",
                               program="chat-listen")

    def test_p14_sessions_that_cannot_be_confined_are_none(self):
        for number, what in self.denials().items():
            self.set_plan(denied=number, sessions_only=1)
            ended = self.start()
            self.assertEqual(71, ended.status, ended)
            self.assert_says(ended.stderr, f"chat-listen: cannot {what}: ",
                             "chat-listen: cannot confine sessions (")
            self.assertNotIn("listening", ended.stderr)

    def test_p14_a_session_that_can_no_more_be_confined_hears_nothing(self):
        alice = self.listen(env=self.failing)
        for number in self.denials():
            self.set_plan(denied=number, sessions_only=1)
            with Sender(alice.port, **self.parties()) as sender:
                self.assertEqual(b"", sender.ask(sender.hello()))
            alice.wait_sessions(0)
        self.set_plan()
        self.assert_sent(self.send(alice, "confined"))
        self.assertIn("session refused to start", alice.stop().stderr)
