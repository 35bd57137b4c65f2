"""chat-send -s keeps a message; chat-spool delivers it, once."""
import fcntl
import json
import os
import signal
import stat
import time

from harness import SEND, SPOOL, ChatTest, Program
from process import wait_until


class SpoolTest(ChatTest):
    """Carol is off, and alice listens if a test starts her."""

    def setUp(self):
        super().setUp()
        self.shared |= {"carol": self.secret()}
        self.users(9)

    def users(self, port, **others):
        """Writes bob's directory, with alice at this port."""
        entries = [{"username": user, "password": password, "ip": "127.0.0.1",
                    "port": others.get(user, port if user == "alice" else 9)}
                   for user, password in self.shared.items()]
        self.environment["CHAT_DIRECTORY"] = self.file(
            "users.json", json.dumps(entries, indent=1))
        self.environment["CHAT_USER"] = "bob"

    def alice(self, *options, **how):
        """Starts alice's listener, and tells bob's directory where she is."""
        alice = self.listen(*options, **how)
        self.users(alice.port)
        return alice

    def folder(self):
        return self.home / ".local/state/chat/spool"

    def files(self, of="*~*"):
        """Returns the files of messages, in order."""
        return sorted(path for path in self.folder().glob(f"{of}/*-*")
                      if path.suffix != ".state")

    def keep(self, text, to="alice", status=80, options=(), **how):
        """Returns the result of chat-send -s."""
        life = () if "-s" in options else ("-s", "3d")
        sent = self.run_program(SEND, "-j", *life, *options, to, text, **how)
        self.assertEqual((status, ""), (sent.status, sent.stderr), sent)
        return [json.loads(line) for line in sent.stdout.splitlines()]

    def spool(self, *options, **how):
        return self.run_program(SPOOL, *options, **how)

    def listed(self, *options):
        done = self.spool("-j", *options)
        self.assertEqual((0, ""), (done.status, done.stderr))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def make_due(self):
        """Forgets when the next attempts should be."""
        for path in self.folder().glob("*~*/*state"):
            path.unlink()

    def flush(self, status=0, options=(), **how):
        self.make_due()
        done = self.spool("-f", *options, **how)
        self.assertEqual(status, done.status, done)
        return done


class Keep(SpoolTest):

    def test_p31_it_is_kept_and_delivered_once_with_its_id_and_time(self):
        composed = "2026-11-29T02:00:00Z"
        kept, = self.keep("backup failed", options=("-c", composed))
        self.assertEqual((80, False, False), (
            kept["status"], kept["ok"], kept["retryable"]))
        self.assertEqual(75, kept["kept"]["status"])
        alice = self.alice("-j")
        done = self.flush()
        self.assertEqual(f"{kept['drawn']} alice: delivered\n", done.stdout)
        self.flush()
        shown, = map(json.loads, alice.stop().stdout.splitlines())
        self.assertEqual(("backup failed", composed, kept["id"]),
                         (shown["text"], shown["sent"], shown["id"]))
        self.assertEqual([], self.files())

    def test_what_is_delivered_at_once_leaves_nothing(self):
        alice = self.alice()
        self.assertEqual([0], [one["status"] for one in
                               self.keep("hi", status=0)])
        self.assertEqual(["bob: hi"], alice.shown())
        self.assertEqual([], self.files())

    def test_words_and_quiet(self):
        sent = self.run_program(SEND, "-s", "90", "alice", "hi")
        self.assert_failed(sent, 80, "alice at 127.0.0.1 port 9: kept until ",
                           "connection refused")
        sent = self.run_program(SEND, "-q", "-s", "90", "alice", "hi")
        self.assertEqual((80, "", ""), (
            sent.status, sent.stdout, sent.stderr))

    def test_each_recipient_for_itself(self):
        alice = self.alice()
        results = self.keep("hi", "alice,carol,dave,a b", status=1)
        self.assertEqual(
            {"alice": 0, "carol": 80, "dave": 80, "a b": 64},
            {one["to"]: one["status"] for one in results})
        self.assertEqual({"carol": 75, "dave": 67}, {
            one["to"]: one["kept"]["status"] for one in results
            if one["status"] == 80})
        self.assertEqual(["carol", "dave"],
                         [one["to"] for one in self.listed()])
        self.assertEqual(["bob: hi"], alice.shown())

    def test_a_directory_that_is_bad_may_be_mended(self):
        path = self.file("users.json", "{")
        kept, = self.keep("hi")
        self.assertEqual(78, kept["kept"]["status"])
        os.unlink(path)
        alice = self.alice()
        self.flush()
        self.assertEqual(["bob: hi"], alice.shown())

    def test_a_relative_path_is_kept_from_the_root(self):
        os.rename(self.home / "users.json", self.home / "other.json")
        del self.environment["CHAT_DIRECTORY"]
        self.keep("one", options=("-d", "other.json"))
        alice = self.alice()
        os.rename(self.home / "users.json", self.home / "other.json")
        self.make_due()
        done = self.run_program("sh", "-c", f"cd / && {SPOOL} -f")
        self.assertEqual(0, done.status, done)
        self.assertEqual(["bob: one"], alice.shown())

    def test_a_secret_is_named_and_not_kept(self):
        secret = self.file("secret", self.shared["alice"] + "\n")
        self.keep("one", options=("-a", "::1", "-p", "9", "-k", "secret"))
        path, = self.files()
        self.assertIn(f"\nkey {secret}\n", path.read_text())
        self.assert_no_secrets(path.read_bytes(), path)

    def test_lines(self):
        """Each message is kept, and the stream goes on."""
        sent = self.run_program(SEND, "-s", "1h", "-l", "-e", "alice",
                                stdin="one\ntwo\n\nthree\n")
        self.assertEqual(80, sent.status, sent)
        self.assertEqual(3, len(sent.stderr.splitlines()))
        alice = self.alice()
        self.flush()
        self.assertEqual(["bob: one", "bob: two", "bob: three"],
                         alice.shown())

    def test_lines_that_wait_are_kept_when_a_signal_comes(self):
        server = self.serve(lambda peer: peer.recv(100000) and peer.recv(1))
        self.users(server.port)
        reader, writer = os.pipe()
        sender = Program(self, (SEND, "-j", "-s", "1h", "-l", "-e", "alice"),
                         stdin=reader)
        os.write(writer, b"one\ntwo\nthree\n")
        wait_until(self.files, "a file")
        os.close(writer)
        os.close(reader)
        wait_until(lambda: len(self.files()) == 1, "the first message")
        ended = sender.stop()
        self.assertEqual(-signal.SIGTERM, ended.status, ended)
        self.assertEqual(3, len(self.files()))
        self.assertEqual([80] * 3, [
            json.loads(line)["status"] for line in ended.stdout.splitlines()])

    def test_others_wait_so_it_is_kept_behind_them(self):
        self.keep("one")
        alice = self.alice()
        kept, = self.keep("two")
        self.assertIn("others wait", kept["reason"])
        self.assertEqual(0, self.spool("-f").status)
        self.keep("three", status=0)
        self.assertEqual(["bob: one", "bob: two", "bob: three"],
                         alice.shown())

    def test_an_id_that_is_taken_for_good_is_not_kept(self):
        alice = self.alice()
        drawn = "ab" * 16
        self.assert_sent(self.send(alice, "one", options=("-i", drawn)))
        result, = self.keep("two", status=69, options=("-i", drawn))
        self.assertNotIn("kept", result)
        self.assertEqual([], self.files())
        self.assertEqual(["bob: one"], alice.shown())

    def test_usage(self):
        for words, says in ((("-s", "3x"), "not a time"),
                            (("-s", "91d"), "not a time"),
                            (("-s", "0"), "not a time"),
                            (("-s", "1d", "-n"), "-n and -s"),
                            (("-s", "1d", "-l", "-r", "9"), "leave out -r"),
                            (("-s", "1d", "-k", "/dev/null"), "read again"),
                            (("-s", "1d", "-a", "::1", "-p", "9", "-u", "x"),
                             "no secret for eve that a later")):
            sent = self.run_program(SEND, *words, "eve")
            self.assert_failed(sent, 64, says)
        self.assertEqual([], self.files())


class Refuse(SpoolTest):
    """A message that cannot be kept is promised nothing."""

    def expect(self, *says):
        sent = self.run_program(SEND, "-s", "1d", "alice", "hi")
        self.assert_failed(sent, 74, "neither kept", "connection refused",
                           *says)
        alice = self.alice()
        sent = self.run_program(SEND, "-s", "1d", "alice", "hi")
        self.assertEqual(0, sent.status)
        self.assert_says(sent.stderr, "could not have been kept", *says)
        self.assertEqual(["bob: hi"], alice.shown())
        self.assertEqual([], self.files())

    def test_a_spool_that_others_may_write_to(self):
        self.keep("hi")
        for path in self.files():
            path.unlink()
        for folder in self.folder(), *self.folder().glob("alice~*"):
            mode = stat.S_IMODE(folder.stat().st_mode)
            self.assertEqual(0o700, mode)
            folder.chmod(0o720)
            self.expect("may be written by others")
            self.users(9)
            folder.chmod(0o700)

    def test_a_spool_of_somebody_else(self):
        self.need_root()
        self.folder().mkdir(parents=True)
        os.chown(self.folder(), 12345, 12345)
        self.expect("belongs to somebody else")
        self.assertEqual(74, self.spool().status)

    def test_a_link_in_the_place_of_the_spool(self):
        (self.home / "other").mkdir()
        self.folder().parent.mkdir(parents=True)
        self.folder().symlink_to(self.home / "other")
        self.expect("chat/spool: ")

    def test_a_full_disk(self):
        self.need_root()
        self.need("unshare", "mount")
        self.folder().mkdir(parents=True)
        sent = self.run_program(
            "unshare", "-m", "sh", "-c",
            'mount -t tmpfs -o size=8k,mode=700 none "$1" && '
            'head -c 9000 /dev/zero | tr "\\0" x | "$2" -s 1d alice', "sh",
            str(self.folder()), SEND)
        self.assert_failed(sent, 74, "neither kept (cannot write",
                           "No space left", "connection refused")

    def test_a_full_queue(self):
        self.keep("one")
        queue, = self.folder().glob("alice~*")
        for number in range(16384):
            (queue / f"{number:016x}-{number:032x}").touch()
        sent = self.run_program(SEND, "-s", "1d", "alice", "hi")
        self.assertEqual(74, sent.status)
        self.assert_says(sent.stderr, "16385 messages wait")


class Deliver(SpoolTest):

    def test_the_list(self):
        first, = self.keep("one")
        self.keep("two", "carol", options=("-s", "2h"))
        done = self.spool()
        self.assertEqual((0, ""), (done.status, done.stderr))
        head, alice, carol = done.stdout.splitlines()
        self.assertEqual("id to age tries next last reason", " ".join(
            head.split()))
        self.assertEqual([first["drawn"], "alice"], alice.split()[:2])
        self.assertIn("connection refused", carol)
        one, two = self.listed()
        self.assertEqual((1, "bob", "alice", 3, 75, False), (
            one["tries"], one["from"], one["to"], one["bytes"],
            one["status"], one["failed"]))
        self.assertEqual(["carol"], [two["to"]])
        self.assertEqual([one], self.listed("alice"))

    def test_an_empty_spool(self):
        for options in (), ("-f",), ("-j",):
            done = self.spool(*options)
            self.assertEqual((0, "", ""), (
                done.status, done.stdout, done.stderr))
        self.assert_failed(self.spool("-w", "0" * 32), 66, "no message with",
                           program="chat-spool")
        self.assertFalse(self.folder().exists())

    def test_one_who_is_off_costs_the_others_nothing(self):
        self.keep("one", "alice,carol")
        alice = self.alice()
        self.flush(80)
        self.assertEqual(["bob: one"], alice.shown())
        self.assertEqual(["carol"], [one["to"] for one in self.listed()])

    def test_it_waits_before_it_tries_again(self):
        self.keep("one")
        alice = self.alice()
        state, = self.folder().glob("alice~*/state")
        fields = state.read_text().split(" ")
        fields[3] = str(int(fields[3]) + 500)  # when it is due
        state.write_text(" ".join(fields))
        self.assertEqual((80, ""), (
            (done := self.spool("-f")).status, done.stdout))
        fields[3] = str(int(fields[3]) + 5000)  # a clock was wrong
        state.write_text(" ".join(fields))
        self.assertEqual(0, self.spool("-f").status)
        self.assertEqual(["bob: one"], alice.shown())

    def test_a_queue_that_is_being_delivered_is_left_alone(self):
        self.keep("one")
        alice = self.alice()
        queue, = self.folder().glob("alice~*")
        fd = os.open(queue, os.O_RDONLY)
        fcntl.flock(fd, fcntl.LOCK_EX)
        self.flush(80)
        self.keep("two")
        dropped = self.spool("-d", self.listed()[0]["id"])
        self.assert_failed(dropped, 75, "being delivered",
                           program="chat-spool")
        os.close(fd)
        self.flush()
        self.assertEqual(["bob: one", "bob: two"], alice.shown())

    def test_what_has_to_be_mended_is_told_once_an_hour(self):
        self.keep("one", "dave")
        told = self.flush(80, ("-q",))
        self.assertEqual("", told.stdout)
        self.assert_says(told.stderr, "dave is not in", "1 message waits")
        state, = self.folder().glob("dave~*/state")
        fields = state.read_text().split(" ")
        fields[3] = "1"
        state.write_text(" ".join(fields))
        told = self.spool("-f", "-q")
        self.assertEqual((80, ""), (told.status, told.stderr))

    def test_a_message_that_its_output_does_not_take_waits_alone(self):
        self.keep("bad")
        self.keep("good")
        alice = self.alice("-x", "grep good")
        self.flush(80)
        self.assertEqual(["bad"], [self.text_of(path)
                                   for path in self.files()])
        alice.stop()

    @staticmethod
    def text_of(path):
        return path.read_text().split("\n")[-3]

    def test_foreign_and_damaged_files_are_left_alone(self):
        self.keep("one")
        self.keep("two")
        path, other = self.files()
        path.write_bytes(path.read_bytes()[:-9])
        queue = path.parent
        (queue / "notes").write_text("mine")
        (queue / f"{7:016x}-{7:032x}").symlink_to("/etc/passwd")
        os.mkfifo(queue / f"{8:016x}-{8:032x}")
        alice = self.alice()
        done = self.flush(74)
        self.assertEqual(3, done.stderr.count("it is left alone"), done)
        self.assertEqual(["bob: two"], alice.shown())
        self.assertFalse(other.exists())
        self.assertTrue(path.exists() and (queue / "notes").exists())

    def test_drop(self):
        kept, = self.keep("one")
        self.keep("two")
        self.assertEqual(0, self.spool("-d", kept["drawn"].upper()).status)
        self.assert_failed(self.spool("-d", kept["drawn"]), 66, "no message",
                           program="chat-spool")
        self.assert_failed(self.spool("-w", kept["drawn"]), 66, "no message",
                           program="chat-spool")
        self.assertEqual(1, len(self.files()))

    def test_drop_for_one_recipient(self):
        kept = self.keep("one", "alice,carol")[0]
        self.assertEqual(0, self.spool("-d", kept["drawn"], "carol").status)
        self.assertEqual(["alice"], [one["to"] for one in self.listed()])

    def test_wait(self):
        kept, = self.keep("one")
        waiting = Program(self, (SPOOL, "-w", kept["drawn"]))
        alice = self.alice()
        ended = waiting.wait()
        self.assertEqual(0, ended.status, ended)
        self.assertEqual(0, self.spool("-w", kept["drawn"]).status)
        self.assertEqual(["bob: one"], alice.shown())

    def test_wait_for_what_is_given_up(self):
        kept, = self.keep("one", options=("-s", "1"))
        ended = self.spool("-w", kept["drawn"])
        self.assertEqual(75, ended.status, ended)
        self.assert_says(ended.stderr, "was not delivered in time",
                         "connection refused")

    def test_given_up_with_its_reason_and_a_command(self):
        kept, = self.keep("one", options=("-s", "1"))
        wait_until(lambda: self.listed()[0]["until"] <
                   time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                   "the end of its time")
        done = self.spool("-f", "-j", "-x", 'echo "$CHAT_ID $CHAT_FROM '
                          '$CHAT_TO $CHAT_STATUS $CHAT_REASON"; cat')
        first, text, line = done.stdout.splitlines()
        self.assertEqual("one", text)
        self.assertEqual(f"{kept['drawn']} bob alice 75 connection refused; "
                         "is chat-listen running there?", first)
        self.assertEqual(75, json.loads(line)["status"])
        one, = self.listed()
        self.assertEqual((True, kept["drawn"]), (one["failed"], one["id"]))
        self.assertEqual([], self.files())
        self.assertEqual(0, self.spool("-d", kept["drawn"]).status)
        self.assertEqual([], self.listed())

    def test_p31_a_receipt_that_was_lost(self):
        """The text was shown; the same id goes out again."""
        alice = self.listen("-o", str(self.home / "log"))
        proxy = self.proxy(alice, lambda n, line: line if n < 6 else None)
        self.users(proxy.port)
        kept, = self.keep("one", options=("-t", "2"))
        self.assertEqual(79, kept["kept"]["status"], kept)
        self.users(alice.port)
        self.flush()
        self.assertEqual(["bob: one"], alice.shown())

    def test_usage(self):
        for words, says in ((("-f", "-w", "0" * 32), "use one of them"),
                            (("-q",), "need -f or -w"),
                            (("-d", "xy"), "an id is 32"),
                            (("alice", "carol"), "one user at most"),
                            (("a b",), "not a valid user name")):
            self.assert_failed(self.spool(*words), 64, says,
                               program="chat-spool")
