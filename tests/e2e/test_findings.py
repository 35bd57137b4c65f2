"""The log tells which mistake it was; the peer is told the same for each."""
import re
import signal

from harness import ChatTest

REFUSED = re.compile(
    r"127\.0\.0\.1: refused: authentication failed: (.*)\n")


class Findings(ChatTest):

    def setUp(self):
        super().setUp()
        self.heard = set()

    def why(self, *options, user="alice", sender="bob", listener=None, **how):
        """Returns what the log says about a message that must be refused."""
        alice = self.listen(*options, user=user, knows=listener)
        frames = []

        def look(n, line):
            frames.append((n, line))
            return line

        sent = self.send(self.proxy(alice, look), "hi",
                         **({"name": "alice", "user": sender,
                            "options": ("-q",)} | how))
        self.assertEqual(77, sent.status, sent)
        # The nack without its time and checksum; and what chat-send makes of
        # it.
        self.heard.add((tuple(n for n, _ in frames),
                        re.sub(rb"[0-9]+", b"0", frames[-1][1]),
                        re.sub(r" port \d+", "", sent.stderr)))
        self.assertEqual(1, len(self.heard), self.heard)
        found = REFUSED.findall(alice.stop().stderr)
        self.assertEqual(1, len(found), alice.ended)
        return found[0]

    def check(self, said):
        for words, *parts in said:
            self.assert_says(words, *parts)
        self.assertEqual(len(said), len({words for words, *_ in said}), said)

    def test_the_listener_has_the_wrong_name(self):
        carol = self.shared | {"carol": self.secret()}
        self.check([
            (self.why(user="Alice"), "bob writes to alice, and this is Alice",
             "case of -u"),
            (self.why(user="nemo"), "bob writes to alice, and this is nemo",
             "not in the directory", "-u"),
            (self.why(user="carol", listener=carol),
             "bob writes to alice, and this is carol", "-u")])

    def test_strict_refuses(self):
        alice, bob = self.shared.values()
        same = self.shared | {"carol": bob}
        self.check([
            (self.why("-s", listener={"alice": alice}),
             "bob is not in the directory", "-s"),
            (self.why("-s", sender="alice"), "name of the listener itself", "-s"),
            (self.why("-s", listener=same),
             "bob has the same password as another entry", "-s")])

    def test_a_password_or_an_entry_is_wrong(self):
        (alice, bob), other = self.shared.values(), self.secret()
        self.check([
            (self.why(listener={"bob": bob}), "wrong password for bob",
             "alice has no entry"),
            (self.why(listener={"alice": alice}), "wrong password for alice",
             "bob has no entry"),
            (self.why(listener=self.shared | {"bob": other}),
             "wrong password for bob or alice"),
            (self.why(listener={"carol": other}), "neither bob nor alice")])

    def test_a_directory_that_was_edited_without_a_reload(self):
        """Reported once in a while, unless the directory was reloaded."""
        alice, changed = self.listen(), b": has changed since it was read; SIG"
        new = self.shared | {"bob": self.secret()}
        self.directory(new, name="listener.json")
        self.assertEqual(77, self.send(alice, "hi", knows=new).status)
        alice.err.wait_for(changed)
        self.assertEqual(77, self.send(alice, "hi", knows=new).status)
        alice.process.send_signal(signal.SIGHUP)
        alice.err.wait_for(b": reloaded, ")
        self.assertEqual(77, self.send(alice, "hi").status)
        self.assertEqual(1, alice.stop().stderr.encode().count(changed))

    def test_q_says_nothing(self):
        alice = self.listen("-q", knows=self.shared | {"bob": self.secret()})
        self.assertEqual(77, self.send(alice, "hi").status)
        self.assertNotIn("refused", alice.stop().stderr)
