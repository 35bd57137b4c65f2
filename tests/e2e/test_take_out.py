"""Taking somebody out: the steps of the page do what it promises."""
import json
import re
import signal

from harness import BUILD, ROOT, ChatTest
from process import wait_until

NOTICE = "unlisted senders are let in too"


def steps():
    """Returns the blocks of that section of chat-listen(1), as commands."""
    page = (ROOT / "listener/chat-listen.1").read_text()
    section = re.search(r"^\.Ss To take somebody out\n(.*?)^\.S[sh] ", page,
                        re.MULTILINE | re.DOTALL)[1]
    blocks = re.findall(r"^\.Bd .*?\n(.*?)^\.Ed", section, re.M | re.DOTALL)
    return [block.replace(r"\-", "-").replace(r"\(aq", "'")
            for block in blocks]


class TakeOut(ChatTest):

    def setUp(self):
        super().setUp()
        self.environment["PATH"] = ":".join(
            [str(BUILD), str(ROOT / "scripts"), self.environment["PATH"]])
        self.personal, self.make, self.replace = steps()

    def follow(self, script, alice):
        """Runs them in a folder, with that listener's directory."""
        said = len(alice.err.bytes)
        script = script.replace("PID", str(alice.pid))
        done = self.run_program("/bin/sh", "-ec", f"""
            [ -e users.json ] || ln -s listener.json users.json
            {script}
            if [ ! -h users.json ]; then mv users.json listener.json; fi""")
        self.assertEqual(0, done.status, done)
        return said

    def wait_reloaded(self, alice, said, users):
        wait_until(lambda: f": reloaded, {users} user".encode() in
                   alice.err.bytes[said:], "the reload")

    def take_out(self, alice, script, users):
        """The listener reads its directory again by its own name."""
        script = script.replace("kill -HUP", "mv users.json listener.json && "
                                "ln -s listener.json users.json && kill -HUP")
        said = self.follow(script, alice)
        self.wait_reloaded(alice, said, users)

    def assert_out(self, alice, knows):
        """Bob knows these passwords, and tries what he can with them."""
        for user in ("bob", "carol", "alice", "nemo"):
            for tried in (knows, {"alice": knows["alice"]}):
                sent = self.send(alice, "hi", user=user, knows=tried)
                self.assertEqual(77, sent.status, (user, sent))

    def test_of_a_personal_directory(self):
        self.need("jq")
        mine = {"bob": self.secret(), "carol": self.secret()}
        alice = self.listen(knows=mine)
        both = {"alice": mine["bob"]}
        self.assert_sent(self.send(alice, "hi", knows=both))
        self.take_out(alice, self.personal, 1)
        self.assert_out(alice, both)
        self.assert_sent(self.send(alice, "still here", user="carol",
                                   knows={"alice": mine["carol"]}))

    def test_of_a_shared_directory(self):
        """Without -s; with it, fewer are let in."""
        old = self.shared | {"carol": self.secret()}
        alice = self.listen(knows=old)
        for user in ("bob", "carol"):
            self.assert_sent(self.send(alice, "hi", user=user, knows=old))
        self.follow(self.make, alice)
        new = {entry["username"]: entry["password"] for entry in
               json.loads((self.home / "users.json.new").read_text())}
        self.secrets += new.values()
        self.assertEqual({"alice", "carol"}, set(new))
        self.take_out(alice, self.replace, 2)
        self.assert_out(alice, old)
        self.assert_sent(self.send(alice, "hi", user="carol", knows=new))

    def test_deleting_the_entry_is_not_enough(self):
        """As the page says."""
        old = self.shared | {"carol": self.secret()}
        left = {name: old[name] for name in ("alice", "carol")}
        only = {"alice": old["alice"]}
        for options in (), ("-s",):
            alice = self.listen(*options, knows=left)
            self.assertEqual(77 if options else 0, self.send(
                alice, "as bob?", knows=only).status)
            self.assert_sent(self.send(alice, "as carol", user="carol",
                                       knows=old))
            alice.stop()


class Openness(ChatTest):
    """It is reported once if unlisted senders are let in too."""

    def notices(self, alice):
        return alice.err.bytes.decode().count(NOTICE)

    def test_at_the_start_and_at_a_reload(self):
        alice = self.listen()
        for times in (1, 2, 3):
            wait_until(lambda: self.notices(alice) == times, "the notice")
            alice.process.send_signal(signal.SIGHUP)
        lines = alice.err.bytes.decode().splitlines()
        self.assertIn("listening on", lines[0])
        self.assertIn(NOTICE, lines[1])
        self.assertIn("; -s refuses them\n", alice.stop().stderr)

    def test_where_it_is_not_so(self):
        """With -s, -q, nobody else in the directory, or no entry of ours."""
        alone = {"alice": self.shared["alice"]}
        personal = {"bob": self.secret(), "carol": self.secret()}
        for options, knows in ((("-s",), None), (("-q",), None), ((), alone),
                               ((), personal)):
            alice = self.listen(*options, knows=knows)
            alice.process.send_signal(signal.SIGHUP)
            alice.err.wait_for(b": reloaded, ")
            sent = self.send(alice, "hi", user="nemo",
                             knows={"alice": personal["bob"]})
            self.assertEqual(77, sent.status)
            alice.stop()
            self.assertEqual(0, self.notices(alice), (options, knows))

    def test_the_packaged_service_refuses_them(self):
        unit = (ROOT / "scripts/install/systemd/chat-listen.service")
        options, = re.findall(r'^Environment=.*CHAT_OPTIONS=([^"\n]*)',
                              unit.read_text(), re.MULTILINE)
        self.assertIn("-s", options.split())
