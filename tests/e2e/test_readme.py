"""Every command of README.md does what the page says."""
import json
import os
import re
import stat
import unittest

from harness import BUILD, ROOT, ChatTest, Listener

README = (ROOT / "README.md").read_text()
RUN = {}  # command: the test that runs it


def runs(*commands):
    """Marks a test as the one that runs these commands of the page."""
    def mark(test):
        RUN.update(dict.fromkeys(commands, test.__name__))
        return test
    return mark


def commands():
    """Returns the commands in indented blocks and tables, without comments."""
    blocks = re.findall(r"^    (\S.*)$", README, re.MULTILINE)
    rows = re.findall(r"^\|[^|\d]*\| `([^`]*)`.*\|$", README, re.MULTILINE)
    return [re.sub(r"\s+#.*", "", line).replace(r"\|", "|")
            for line in blocks + rows]


class Readme(ChatTest):
    once = True

    def setUp(self):
        super().setUp()
        tools = self.home / "tools"
        tools.mkdir()
        (tools / "dmesg").write_text("#!/bin/sh\nprintf 'one\\ntwo\\n'\n")
        (tools / "dmesg").chmod(0o755)
        self.environment["PATH"] = ":".join(
            [str(tools), str(BUILD), str(ROOT / "scripts"),
             self.environment["PATH"]])

    def shell(self, command, **how):
        return self.run_program("/bin/sh", "-c", command, **how)

    def set_up_sender(self, *names):
        """Starts listeners with these names, and configures bob to write to
        them."""
        knows = {name: self.secret() for name in (*names, "bob")}
        listeners = {name: self.listen(user=name, knows=knows)
                     for name in names}
        entries = [{"username": name, "password": secret, "ip": "127.0.0.1",
                    "port": listeners[name].port if name in names else 9}
                   for name, secret in knows.items()]
        self.environment |= {"CHAT_USER": "bob", "CHAT_DIRECTORY": self.file(
            "mine.json", json.dumps(entries))}
        return listeners

    def check_sending(self, command, *shown):
        alice = self.set_up_sender("alice")["alice"]
        self.assert_sent(self.shell(command))
        self.assertEqual([f"bob: {text}" for text in shown], alice.shown())

    def wait(self, command, *more):
        """Runs a waiting command on any port. Returns the listener."""
        self.environment |= {
            "CHAT_USER": "alice",
            "CHAT_DIRECTORY": self.directory(self.shared, name="here.json")}
        return Listener(self, "/bin/sh", "-c",
                        command.replace("-p 5000", "-p 0").replace(
                            "-w 60", "-w 3600"), *more)

    @runs("scripts/chat-keygen alice bob", "make", "echo $?",
          "build/chat-listen -d users.json -u alice -p 5000",
          'build/chat-send -d users.json -u bob alice "lunch at one?"')
    def test_two_terminals(self):
        made = self.shell(f"{ROOT}/scripts/chat-keygen alice bob")
        self.assertEqual(0, made.status, made)
        path = self.home / "users.json"
        self.assertEqual(0o600, stat.S_IMODE(path.stat().st_mode))
        self.secrets += re.findall('"password": "(.*?)"', path.read_text())
        (self.home / "build").symlink_to(BUILD)  # which make has built
        alice = Listener(self, "/bin/sh", "-c", "exec build/chat-listen "
                         "-d users.json -u alice -p 0")
        path.write_text(path.read_text().replace("5000", str(alice.port)))
        sent = self.shell('build/chat-send -d users.json -u bob alice '
                          '"lunch at one?"; echo $?')
        self.assertEqual("0\n", sent.stdout, sent)
        self.assertEqual(["bob: lunch at one?"], alice.shown())

    @runs("scripts/check")
    def test_ci_runs_the_test_command(self):
        self.assertIn("exec scripts/check", (ROOT / ".ci/run").read_text())
        self.assertTrue(os.access(ROOT / "scripts/check", os.X_OK))

    @runs('chat-send alice "text"')
    def test_send_a_word(self):
        self.check_sending('chat-send alice "text"', "text")

    @runs("df -h | chat-send alice")
    def test_send_what_a_program_says(self):
        alice = self.set_up_sender("alice")["alice"]
        self.assert_sent(self.shell("df -h | chat-send alice"))
        self.assertIn("bob: Filesystem", alice.shown()[0])

    @runs("dmesg -w | chat-send -l alice")
    def test_a_message_a_line(self):
        self.check_sending("dmesg -w | chat-send -l alice", "one", "two")

    @runs('chat-send -r 300 alice,bob,carol "disk full" '
          '|| echo "not everybody knows"')
    def test_alert_three_and_know(self):
        command = 'chat-send -r 300 alice,bob,carol "disk full" ' \
                  '|| echo "not everybody knows"'
        three = self.set_up_sender("alice", "bob", "carol")
        sent = self.shell(command.replace("300", "3600"))
        self.assertEqual("", sent.stdout, sent)
        for name, listener in three.items():
            # A listener's own name proves nothing: every sender has its
            # password.
            self.assertEqual([f"bob{'?' * (name == 'bob')}: disk full"],
                             listener.shown())
        sent = self.shell(command.replace("300", "1"))
        self.assertEqual("not everybody knows\n", sent.stdout, sent)

    @runs("chat-send -n alice")
    def test_ask_whether_it_would_work(self):
        self.check_sending("chat-send -n alice")

    @runs("chat-listen -p 5000 -c 1 -w 60")
    def test_wait_for_one_message(self):
        alice = self.wait("exec chat-listen -p 5000 -c 1 -w 60")
        self.assert_sent(self.send(alice, "the one"))
        ended = alice.wait()
        self.assertEqual(0, ended.status, ended)
        self.assertIn("bob: the one\n", ended.stdout)

    @runs("chat-listen -p 5000 -j | jq --unbuffered .text")
    def test_feed_a_program(self):
        alice = self.wait("chat-listen -p 5000 -j -c 1 | jq --unbuffered .text")
        self.assert_sent(self.send(alice, "for jq"))
        self.assertEqual('"for jq"\n', alice.wait().stdout)

    @runs("chat-listen -p 5000 -x 'mail -s alert root || exit 75'")
    def test_do_something_and_receipt_that(self):
        self.home.chmod(0o755)
        mail = self.home / "mail"  # fails if there is no postman
        mail.write_text('#!/bin/sh\n[ -e postman ] && echo "$@: $(cat)"\n')
        mail.chmod(0o755)
        self.environment["PATH"] = f"{self.home}:{self.environment['PATH']}"
        alice = self.wait("exec chat-listen -p 5000 "
                          "-x 'mail -s alert root || exit 75'")
        self.assert_failed(self.send(alice, "disk full"), 75, "busy")
        (self.home / "postman").touch()
        self.assert_sent(self.send(alice, "disk full"))
        self.assertEqual("-s alert root: disk full\n", alice.stop().stdout)

    @runs("chat-listen -p 5000 -o messages.jsonl",
          "chat-log messages.jsonl", "chat-log -c messages.jsonl*")
    def test_keep_every_message(self):
        alice = self.wait("exec chat-listen -p 5000 -o messages.jsonl")
        self.assert_sent(self.send(alice, "kept"))
        alice.stop()
        self.assertIn("bob: kept\n",
                      self.shell("chat-log messages.jsonl").stdout)
        checked = self.shell("chat-log -c messages.jsonl*")
        self.assertEqual(0, checked.status, checked)

    @runs('chat-send -s 3d alice "backup failed"')
    def test_send_it_later(self):
        alice = self.set_up_sender("alice")["alice"]
        alice.stop()
        kept = self.shell('chat-send -s 3d alice "backup failed"')
        self.assertEqual(80, kept.status, kept)
        alice = self.set_up_sender("alice")["alice"]
        for state in self.home.glob(".local/state/chat/spool/*/state"):
            state.unlink()  # which has the pause
        self.assertEqual(0, self.shell("chat-spool -f").status)
        self.assertEqual(["bob: backup failed"], alice.shown())

    @runs("chat-listen -n")
    def test_check_a_directory(self):
        self.environment["CHAT_DIRECTORY"] = self.directory(self.shared)
        checked = self.shell("chat-listen -n -u alice")
        self.assertEqual(0, checked.status, checked)
        self.assertIn("2 users; this is alice", checked.stderr)

    @runs('chat-send -a host -p 5000 alice "text"')
    def test_send_without_a_directory(self):
        """It works for a listed sender too: the directory has the rest."""
        alice = self.listen()
        secret = self.file("secret", self.shared["alice"])
        self.environment["CHAT_DIRECTORY"] = self.directory(self.shared)
        self.assert_sent(self.shell(
            f"chat-send -a localhost -4 -p {alice.port} -k {secret} "
            '-u bob alice "text"'))
        self.assertEqual(["bob: text"], alice.shown())

    @runs("scripts/quickstart")
    def test_quickstart(self):
        if BUILD.name != "build":
            self.skipTest("quickstart builds what it runs")
        ended = self.shell(f"{ROOT}/scripts/quickstart")
        self.assertEqual(0, ended.status, ended)
        self.assertIn(" bob: hello, alice: it works\n", ended.stdout)


class Page(unittest.TestCase):

    def test_every_command_is_run_by_a_test(self):
        self.assertEqual(sorted(set(commands())), sorted(RUN))

    def test_is_short_and_starts_with_the_two_commands(self):
        self.assertLess(len(README.splitlines()), 150)
        self.assertEqual(["scripts/quickstart", "scripts/check"],
                         commands()[:2])
