"""A fault of one recipient ends only that recipient's delivery."""
import json
import os
import re

from harness import SEND, ChatTest, Program
from process import Terminal

ALL_SENT = ["bob: hi"]


class Recipients(ChatTest):

    def setUp(self):
        super().setUp()
        self.knows = self.shared | {"carol": self.secret()}
        self.alice = self.listen(knows=self.knows)

    def check(self, names, faults, status=1, options=()):
        """Alice gets it; these others, by name, end with these statuses."""
        sent = self.send(self.alice, "hi", name=names, knows=self.knows,
                         options=(*options, "-j"))
        results = [json.loads(line) for line in sent.stdout.splitlines()]
        self.assertEqual((status, ""), (sent.status, sent.stderr), sent)
        self.assertEqual(
            sorted([*faults, ("alice", 0)]),
            sorted((one["to"], one["status"]) for one in results))
        for one in results:
            self.assertEqual(one["ok"], one["status"] == 0)
            self.assertEqual(one["ok"], one["reason"] == "")
        self.assertEqual(ALL_SENT, self.alice.shown())

    def test_one_is_not_listed(self):
        self.check("alice,dave", [("dave", 67)])

    def test_the_first_is_not_listed(self):
        self.check("dave,alice", [("dave", 67)])

    def test_one_has_no_name(self):
        self.check("alice,,dave", [("", 64), ("dave", 67)])

    def test_a_bad_name_is_spelled_safely_in_json(self):
        for bad in ('a"b', "a\\b", "a b", "ä", "\u202e", "x" * 300):
            with self.subTest(bad):
                self.alice = self.listen(knows=self.knows)
                self.check(f"alice,{bad}", [(bad, 64)])

    def test_blanks_around_names_are_left_out(self):
        self.check(" alice , dave\t", [("dave", 67)])

    def test_whoever_is_named_twice_gets_it_once(self):
        self.check("alice,alice", [], status=0)

    def test_a_line_each_without_json(self):
        sent = self.send(self.alice, "hi", name="dave,alice,.x",
                         knows=self.knows)
        self.assertEqual((1, ""), (sent.status, sent.stdout))
        self.assertEqual(3, len(sent.stderr.splitlines()))
        self.assert_says(sent.stderr, "dave is not in ", "'.x' is not a valid",
                         "alice: delivered")
        self.assertEqual(ALL_SENT, self.alice.shown())

    def test_all_are_at_fault(self):
        """Nothing is read for a message that goes nowhere."""
        sent = self.send(self.alice, name="dave,eve", knows=self.knows)
        self.assertEqual(67, sent.status, sent)
        self.assertEqual([], self.alice.shown())

    def test_one_alone_has_a_result_too(self):
        sent = self.send(self.alice, "hi", name="dave", options=("-j",))
        self.assertEqual((67, ""), (sent.status, sent.stderr))
        self.assertEqual(("dave", 67, False), tuple(
            json.loads(sent.stdout)[key] for key in ("to", "status", "ok")))

    def test_one_has_an_interface_that_is_unknown(self):
        path = self.file("some.json", json.dumps([
            self.entry("alice", self.alice.port), self.entry("bob", 1),
            self.entry("carol", 1, "fe80::1%nosuch0")]))
        sent = self.run_program(SEND, "-d", path, "-u", "bob", "carol,alice",
                                "hi")
        self.assertEqual(1, sent.status, sent)
        self.assert_says(sent.stderr, "carol at fe80::1%nosuch0 port 1: ",
                         "no such interface")
        self.assertEqual(ALL_SENT, self.alice.shown())

    def entry(self, name, port, ip="127.0.0.1"):
        return {"username": name, "password": self.knows[name], "ip": ip,
                "port": port}

    def test_a_comma_at_the_end_and_words(self):
        """alice, bob hi: is bob a recipient, or the text?"""
        sent = self.send(self.alice, "bob", "hi", name="alice,",
                         knows=self.knows)
        self.assert_failed(sent, 64, "'alice,' ends with a comma",
                           "alice,bob")
        self.assertEqual([], self.alice.shown())

    def test_a_comma_at_the_start_of_the_words(self):
        """alice ,bob hi: is bob a recipient, or the text?"""
        for words in (",bob", "hi"), (",", "bob", "hi"), (",bob",):
            sent = self.send(self.alice, *words, knows=self.knows)
            self.assert_failed(sent, 64, f"'{words[0]}' starts with a comma",
                               "alice,bob", "write -- right after")
        self.assertEqual([], self.alice.shown())

    def test_a_comma_in_a_text(self):
        for words in (", said alice",), ("--", ",bob"):
            sent = self.send(self.alice, *words, knows=self.knows)
            self.assertEqual(0, sent.status, sent)

    def test_lines_go_to_whom_they_can(self):
        sent = self.send(self.alice, name="dave,alice", knows=self.knows,
                         options=("-l",), stdin="hi\n")
        self.assertEqual(1, sent.status, sent)
        self.assert_says(sent.stderr, "dave is not in ", "1 line to dave")
        self.assertEqual(ALL_SENT, self.alice.shown())


class Whole(ChatTest):
    """A fault of the whole message is a fault of each recipient, with -j too.
    """

    def setUp(self):
        super().setUp()
        self.users = self.directory(self.shared)

    def check(self, status, says, *argv, names="alice,carol", words=("hi",),
              directory=None, stdin=None, **how):
        sent = self.run_program(
            *argv, SEND, "-d", directory or self.users, "-j", *how.pop(
                "options", ("-u", "bob")), names, *words, stdin=stdin, **how)
        self.assertEqual((status, ""), (sent.status, sent.stderr), sent)
        results = [json.loads(line) for line in sent.stdout.splitlines()]
        self.assertEqual(names.split(","), [one["to"] for one in results])
        for one in results:
            self.assertEqual(
                (1, "result", False, status, status == 75),
                tuple(one[key] for key in ("v", "type", "ok", "status",
                                           "retryable")))
            self.assertIn(says, one["reason"])
            self.assertRegex(one["drawn"], "[0-9a-f]{32}")
        return results

    def test_the_message_is_none(self):
        for words in [""], ["\udcff"]:
            self.check(65, "the message is ", words=words)
        self.check(65, "longer than", words=[], stdin="x" * 65537)
        self.check(65, "NUL character", words=[], stdin="\0", names="alice")

    def test_the_message_cannot_be_read(self):
        closed = "sh", "-c", 'exec "$@" <&-', "sh"
        for options in [], ["-l"]:
            self.check(66, "standard input is closed", *closed, words=[],
                       options=("-u", "bob", *options))
        with open("/proc/self/mem", "rb") as unreadable:
            self.check(66, "standard input: ", words=[], stdin=unreadable)

    def test_the_directory_is_bad_or_missing(self):
        bad = self.file("bad.json", "[{")
        self.check(78, "bad.json:1: ", directory=bad)
        self.check(78, "No such file", directory=bad + ".gone")
        self.check(78, "No such file", directory=bad + ".gone", names="alice")

    def test_the_reason_stands_behind_the_longest_path(self):
        for length in 500, 1000:
            path = "/" + "x" * 200 + "/x" * (length // 2)
            self.check(78, "No such file", directory=path)
            self.check(78, "No such file", names="alice",
                       options=("-u", "bob", "-k", path))

    def test_the_secret_is_bad(self):
        self.check(78, "not a secret", names="alice",
                   options=("-u", "bob", "-k", "/dev/null"))

    def test_the_rest_of_the_command_line_is_wrong(self):
        self.check(64, "is not a valid user name", options=("-u", "a b"))
        self.check(64, "an IPv4 address", names="alice",
                   options=("-u", "bob", "-a", "127.1"))
        self.check(64, "data waits on standard input", stdin="data")
        self.check(64, "no terminal to ask on", names="eve",
                   options=("-a", "::1", "-p", "9", "-u", "bob"))

    def test_the_time_is_over_before_the_first_attempt(self):
        """A signal handler writes all of them."""
        path = str(self.home / "pipe")
        os.mkfifo(path)
        for one in self.check(75, "not ready within the 1 second of -t",
                              directory=path, options=("-t", "1")):
            self.assertGreaterEqual(one["ms"], 900)

    def test_the_id_is_that_of_i(self):
        """Without a recipient there is no other id."""
        for one in self.check(78, "No such", directory="/nonexistent",
                              options=("-i", "0f" * 16)):
            self.assertEqual(("0f" * 16, ""), (one["drawn"], one["id"]))

    def test_a_result_that_cannot_be_written_is_in_words(self):
        with open("/dev/full", "wb") as full:
            sent = self.run_program(SEND, "-d", "/nonexistent", "-j", "alice",
                                    "hi", stdout=full)
        self.assertEqual(78, sent.status)
        self.assertEqual(
            "chat-send: /nonexistent: No such file or directory\n",
            sent.stderr)

    def test_options_that_are_wrong_have_no_results(self):
        """The recipients are not known then."""
        for options in ["-Z"], ["-r", "soon"], ["-l", "-i", "0" * 32]:
            sent = self.run_program(SEND, "-d", self.users, "-j", *options,
                                    "alice")
            self.assertEqual((64, ""), (sent.status, sent.stdout))
            self.assertNotEqual("", sent.stderr)


class Near(ChatTest):
    """A recipient who is not in the directory may be a typing mistake."""

    def check(self, name, *says, options=()):
        sent = self.send(self.serve(), "hi", name=name, options=options,
                         knows=self.shared | {"longname": self.secret()})
        self.assert_failed(sent, 67, f"{name} is not in ", "-L lists the names",
                           *says)
        return sent.stderr

    def test_names_that_may_have_been_meant(self):
        for name, meant in (
                ("Alice", "alice"), ("ALICE", "alice"), ("alise", "alice"),
                ("alic", "alice"), ("alicee", "alice"), ("laice", "alice"),
                ("Bob", "bob"), ("longnam", "longname")):
            with self.subTest(name):
                self.check(name, f"; did you mean {meant}?")

    def test_the_senders_own_name_in_another_case(self):
        """It is shown with a question mark, and whoever sent it is told."""
        alice = self.listen()
        sent = self.send(alice, "hi", user="Bob")
        self.assertEqual((0, ""), (sent.status, sent.stdout))
        self.assert_says(sent.stderr, "chat-send: warning: ",
                         "Bob is not in it, but bob is; did you mean -u bob?")
        self.assert_sent(self.send(alice, "hi", user="Bob", options=("-q",)))
        for user in "bob", "bib", "dave":  # only case is no accident
            self.assert_sent(self.send(alice, "hi", user=user))
        self.assertEqual(["bob: hi", "bib?: hi", "dave?: hi"],
                         alice.shown()[-3:])

    def test_names_that_are_far(self):
        for name in ("dave", "al", "b", "alexis", "bobolink"):
            with self.subTest(name):
                self.assertNotIn("did you mean", self.check(name))


class NoDirectory(ChatTest):

    def test_it_says_where_it_looked_and_how_to_make_one(self):
        home, config = str(self.home / "me"), str(self.home / "conf")
        for env, places in (
                ({"HOME": home}, (f"{home}/.config/chat/users.json",)),
                ({"HOME": home, "XDG_CONFIG_HOME": config},
                 (f"{config}/chat/users.json",)),
                ({"HOME": home, "CREDENTIALS_DIRECTORY": config},
                 (f"{home}/.config/chat/users.json",
                  f"{config}/users.json"))):
            with self.subTest(env):
                sent = self.run_program(
                    SEND, "-u", "bob", "alice", "hi",
                    env={"XDG_CONFIG_HOME": "", "CHAT_DIRECTORY": "",
                         "CREDENTIALS_DIRECTORY": ""} | env)
                self.assert_failed(
                    sent, 78, "no user directory in ", *places,
                    "/etc/chat-listen/users.json", "-d file",
                    "CHAT_DIRECTORY", "chat-keygen")
                if "XDG_CONFIG_HOME" in env:
                    self.assertNotIn(home, sent.stderr)

    def test_one_that_was_named_is_not_looked_for_elsewhere(self):
        sent = self.run_program(SEND, "-d", "none.json", "alice", "hi")
        self.assert_failed(sent, 78, "none.json: No such file")


class ByHand(ChatTest):
    """-a takes the rest from the user directory, if there is one."""

    def send_by_hand(self, alice, *options, env=None, **how):
        return self.run_program(
            SEND, "-a", "127.0.0.1", "-p", str(alice.port), "-u", "bob",
            *options, "alice", "hi", env=env, **how)

    def test_whoever_is_listed_is_shown_so(self):
        alice = self.listen()
        for env in ({"CHAT_DIRECTORY": self.directory(self.shared)},
                    {"XDG_CONFIG_HOME": str(self.home)}):
            (self.home / "chat").mkdir(exist_ok=True)
            path = self.home / "chat/users.json"
            path.write_text(open(self.directory(self.shared)).read())
            path.chmod(0o600)
            self.assert_sent(self.send_by_hand(alice, env=env))
        self.assertEqual(["bob: hi"] * 2, alice.shown())

    def test_a_secret_alone_is_not_enough_for_whoever_is_listed(self):
        """The message tells what to do."""
        alice = self.listen()
        key = self.file("key", self.shared["alice"])
        self.assert_failed(
            self.send_by_hand(alice, "-k", key), 77, "authentication failed",
            "used for both", "-d with a directory that has you")
        self.assertEqual([], alice.shown())

    def test_without_a_directory_the_secret_is_asked_for(self):
        alice = self.listen(knows={"alice": self.shared["alice"]})
        terminal = Terminal()
        sending = Program(self, (
            SEND, "-a", "127.0.0.1", "-p", str(alice.port), "-u", "bob",
            "alice", "hi"), terminal=terminal, stdin=terminal.slave)
        terminal.screen.wait_for(b"secret shared with alice")
        terminal.type(self.shared["alice"] + "\n")
        self.assertEqual(0, sending.wait().status)
        terminal.hang_up()
        self.assertTrue(re.search("hi$", alice.shown()[0]))
