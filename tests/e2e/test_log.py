"""chat-listen -o: a receipt means on disk, once."""
import json
import os
import re
import resource
import signal
import subprocess
import threading

from harness import BUILD, LISTEN, ChatTest, Program
from process import Terminal, links_of, status_of, stop, wait_until
from wire import Cut

LOG = str(BUILD / "chat-log")
NAME = "messages.jsonl"


class LogTest(ChatTest):

    def setUp(self):
        super().setUp()
        self.log = self.home / NAME

    def record(self, *options, **how):
        return self.listen("-o", NAME, *options, **how)

    def texts(self, *names):
        """The texts of these files of the log, in their order."""
        return [object["text"] for name in names or (NAME,)
                for object in map(json.loads, self.lines(name)[1:])]

    def lines(self, name=NAME):
        return (self.home / name).read_text(encoding="utf-8").splitlines()

    def receipt(self, alice, *words, options=()):
        """Sends a message; returns its receipt."""
        sent = self.send(alice, *words, options=("-j", *options))
        self.assertEqual(0, sent.status, sent)
        result = json.loads(sent.stdout)
        self.kept = self.file("results", self.results() + sent.stdout)
        return result["receipt"]

    def results(self):
        path = self.home / "results"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def assert_whole(self, *names):
        """chat-log finds the chain, and all receipts that senders kept."""
        files = [str(self.home / name) for name in names or (NAME,)]
        if self.results():
            files.append(self.file("kept", self.results()))
        ended = self.run_program(LOG, "-c", *files)
        self.assertEqual((0, ""), (ended.status, ended.stderr), ended)

    def reopen(self, alice):
        before = alice.err.bytes.count(b"opened again")
        os.kill(alice.pid, signal.SIGUSR1)
        wait_until(lambda: alice.err.bytes.count(b"opened again") > before,
                   "the reopening")


class Once(LogTest):

    def test_p29_a_message_is_in_the_log_before_its_receipt(self):
        alice = self.record()
        self.assertEqual(1, self.receipt(alice, "one")["seq"])
        self.assertEqual(["one"], self.texts())
        self.assertEqual(2, self.receipt(alice, "two")["seq"])
        self.assertEqual(["bob: one", "bob: two"], alice.shown())
        self.assert_whole()

    def test_p29_a_retry_after_a_restart_is_shown_once(self):
        alice = self.record()
        first = self.receipt(alice, "once", options=("-i", "ab" * 16))
        self.assertEqual(["bob: once"], alice.shown())
        alice = self.record()
        self.assertEqual(
            first, self.receipt(alice, "once", options=("-i", "ab" * 16)))
        self.assertEqual([], alice.shown())
        self.assertEqual(["once"], self.texts())

    def test_p29_a_retry_after_a_rotation_and_a_restart(self):
        alice = self.record()
        first = self.receipt(alice, "once", options=("-i", "ab" * 16))
        os.rename(self.log, self.home / f"{NAME}.1")
        self.reopen(alice)
        self.receipt(alice, "two")
        alice.stop()
        os.rename(self.log, self.home / f"{NAME}-20261129")
        alice = self.record()
        self.assertEqual(
            first, self.receipt(alice, "once", options=("-i", "ab" * 16)))
        self.assertEqual([], alice.shown())
        self.assert_whole(f"{NAME}.1", f"{NAME}-20261129", NAME)

    def test_p29_a_batch_is_one_line_of_the_log(self):
        """So none of it is recorded, or cut off, without the rest."""
        lines, options = "one\ntwo\n", ("-l", "-j", "-r", "60")
        cuts = []

        def cut(number, line):
            if number == 6 and not cuts:
                cuts.append(number)
                raise Cut(b"")
            return line

        alice = self.record()
        sent = self.send(self.proxy(alice, cut), stdin=lines, options=options)
        self.assertEqual(0, sent.status, sent)
        self.kept = self.file("results", sent.stdout)
        self.assertEqual(["bob: one", "bob: two"], alice.shown())
        self.assertEqual(["one\ntwo"], self.texts())
        self.assertEqual(2, json.loads(self.lines()[1])["lines"])
        self.assert_whole()
        shown = self.run_program(LOG, "-j", NAME)
        self.assertEqual([("one", 1, 2), ("two", 2, 2)], [
            (one["text"], one["line"], one["of"])
            for one in map(json.loads, shown.stdout.splitlines())])

    def test_p29_an_id_is_good_for_one_text(self):
        alice = self.record()
        self.receipt(alice, "one", options=("-i", "ab" * 16))
        alice.stop()
        alice = self.record()
        sent = self.send(alice, "two", options=("-i", "ab" * 16))
        self.assert_failed(sent, 69, "give another id")
        self.assertEqual(["one"], self.texts())


class Rotation(LogTest):

    def test_p29_rotations_under_load_lose_nothing(self):
        alice, stopped = self.record(), threading.Event()
        results = []

        def stream():
            while not stopped.is_set():
                results.append(self.send(
                    alice, f"text {len(results)}", options=("-j",)))

        thread = threading.Thread(target=stream)
        thread.start()
        for number in range(1, 8):
            before = len(results)
            wait_until(lambda: len(results) > before + 2, "messages")
            os.rename(self.log, self.home / f"{NAME}.{number}")
            self.reopen(alice)
        stopped.set()
        thread.join()
        self.file("results", "".join(sent.stdout for sent in results))
        names = [f"{NAME}.{number}" for number in range(1, 8)] + [NAME]
        self.assertEqual({0}, {sent.status for sent in results})
        self.assertEqual([f"text {n}" for n in range(len(results))],
                         self.texts(*names))
        self.assert_whole(*names)
        self.assertEqual(len(results), len(alice.shown()))

    def test_p29_a_file_that_was_removed_is_made_anew(self):
        alice = self.record()
        self.receipt(alice, "one")
        os.unlink(self.log)
        self.assertEqual(2, self.receipt(alice, "two")["seq"])
        self.assertEqual(["two"], self.texts())
        with open(self.log, "w", encoding="utf-8"):
            pass  # as copytruncate does
        self.assertEqual(3, self.receipt(alice, "three")["seq"])
        self.assertEqual(["three"], self.texts())

    def test_p29_where_no_file_can_be_made_nothing_is_receipted(self):
        alice = self.record()
        os.unlink(self.log)
        os.mkdir(self.log)
        self.assert_failed(self.send(alice, "x"), 74, "could not write the message out")
        alice.err.wait_for(b"not opened again: ")
        os.rmdir(self.log)
        self.assertEqual(1, self.receipt(alice, "y")["seq"])
        self.assertEqual(["bob: y"], alice.shown())

    def test_p29_a_recorder_without_a_descriptor_goes_on(self):
        """It has room for the channel of the session, and not for a file."""
        self.need_root()
        alice = self.record()
        recorder, = alice.children()["recorder"]
        os.unlink(self.log)
        taken = links_of(recorder)
        first = min(set(range(len(taken) + 1)) - set(taken))
        self.set_most(recorder, first + 1)
        self.assert_failed(
            self.send(alice, "x"), 74, "could not write the message out")
        self.set_most(recorder, 64)
        self.assertEqual(1, self.receipt(alice, "y")["seq"])

    def set_most(self, pid, count):
        """Sets the soft limit of descriptors, as the user of the process."""
        self.need("prlimit")
        user, group = (int(status_of(pid)[what][0]) for what in ("Uid", "Gid"))
        subprocess.run(
            ["prlimit", "--pid", str(pid), f"--nofile={count}:"], check=True,
            **({"user": user, "group": group} if os.geteuid() == 0 else {}))

    def test_p29_a_foreign_file_is_not_appended_to(self):
        alice = self.record()
        self.receipt(alice, "one")
        os.rename(self.log, self.home / f"{NAME}.1")
        self.file(NAME, "a letter\n")
        self.reopen(alice)
        self.receipt(alice, "two")
        self.assertEqual(["a letter"], self.lines())
        self.assertEqual(["one", "two"], self.texts(f"{NAME}.1"))

    def test_without_a_log_the_signal_says_so(self):
        alice = self.listen()
        os.kill(alice.pid, signal.SIGUSR1)
        alice.err.wait_for(b"SIGUSR1: there is no log")
        self.assert_sent(self.send(alice, "x"))


class Start(LogTest):

    def refused(self, *says, status=74):
        ended = self.run_program(
            LISTEN, "-p", "0", "-u", "alice", "-o", NAME, "-d",
            self.directory(self.shared))
        self.assert_failed(ended, status, *says, program="chat-listen")

    def test_p29_two_listeners_do_not_share_a_log(self):
        alice = self.record()
        self.refused("another chat-listen writes to it")
        self.receipt(alice, "x")

    def test_p29_nor_its_renamed_file(self):
        alice = self.record()
        self.receipt(alice, "x")
        os.rename(self.log, self.home / f"{NAME}.1")
        self.refused("another chat-listen writes to the file before it")

    def test_p29_a_torn_line_is_cut_off(self):
        alice = self.record()
        self.receipt(alice, "one")
        alice.stop()
        with open(self.log, "a", encoding="utf-8") as file:
            file.write('{"v":1,"type":"message","seq":2,"prev":"')
        alice = self.record()
        self.assertIn(b"its last 40 bytes were removed: ",
                      alice.err.bytes)
        self.assertEqual(2, self.receipt(alice, "two")["seq"])
        self.assertEqual(["one", "two"], self.texts())
        self.assert_whole()

    def test_p29_a_changed_log_is_refused(self):
        alice = self.record()
        self.receipt(alice, "one")
        self.receipt(alice, "two")
        alice.stop()
        whole = self.log.read_text(encoding="utf-8")
        for changed, line in ((whole.replace("one", "0ne"), 3),
                              (whole.replace('"seq":2', '"seq":3'), 3),
                              ("a letter\n", 1)):
            with self.subTest(line=line):
                self.file(NAME, changed)
                self.refused(f"{NAME}:{line}: ")
                self.assertEqual(changed, self.log.read_text(encoding="utf-8"))

    def test_what_is_no_file_is_refused(self):
        os.mkfifo(self.log)
        self.refused(f"-o {NAME}: not a regular file")
        os.unlink(self.log)
        os.symlink("nowhere/log", self.log)
        self.refused(f"-o {NAME}: No such file or directory")

    def test_p29_another_file_is_not_emptied(self):
        """A file that starts like a log, and ends without a newline."""
        for text in ('{"v":1,"type":"notes"}', '{"v":1}', "[]"):
            with self.subTest(text):
                self.file(NAME, text)
                self.refused(f"{NAME}:1: not a log of chat-listen")
                self.assertEqual(text, self.log.read_text(encoding="utf-8"))

    def test_p29_a_first_line_that_was_cut_off_is_written_again(self):
        alice = self.record()
        whole = self.log.read_bytes()
        for torn in (whole[:-1], whole[:40], bytes(40)):
            alice.stop()
            self.file(NAME, torn)
            alice = self.record()
            self.assertEqual(whole, self.log.read_bytes())

    def test_p29_nothing_else_writes_to_the_log(self):
        for stream in "stdout", "stderr":
            with open(self.log, "ab") as log:
                program = Program(self, (
                    LISTEN, "-p", "0", "-u", "alice", "-o", NAME, "-d",
                    self.directory(self.shared)), **{stream: log})
                ended = program.wait()
            self.assertEqual(64, ended.status, ended)
            self.assertIn("goes to the same file", ended.stderr +
                          self.log.read_text(encoding="utf-8"))

    def test_standard_output_is_no_log(self):
        for name, status in ("-", 64), ("/dev/stdout", 74):
            ended = self.run_program(
                LISTEN, "-p", "0", "-u", "alice", "-o", name, "-d",
                self.directory(self.shared))
            self.assert_failed(ended, status, f"-o {name}: ", " file",
                               program="chat-listen")

    def check(self, name=NAME):
        return self.run_program(
            LISTEN, "-n", "-u", "alice", "-o", name, "-d",
            self.directory(self.shared))

    def test_a_check_finds_that_there_is_no_folder(self):
        self.assert_failed(self.check("nowhere/log"), 74, "-o nowhere/log",
                           "No such file or directory",
                           program="chat-listen")

    def test_a_check_changes_nothing(self):
        self.assertIn(f"{NAME}: not there yet", self.check().stderr)
        self.assertFalse(self.log.exists())
        alice = self.record()
        self.receipt(alice, "one")
        checked = self.check()
        self.assertEqual(0, checked.status, checked)
        self.assertIn(f"{NAME}: 1 message\n", checked.stderr)
        alice.stop()
        self.file(NAME, "a letter\n")
        self.assertEqual(74, self.check().status)


class Options(LogTest):

    def test_p29_a_full_disk_costs_no_message_and_no_line(self):
        limit = 4096
        alice = self.record(limits=[(resource.RLIMIT_FSIZE, limit)])
        sent = 0
        while self.send(alice, "x" * 500).status == 0:
            sent += 1
        failed = self.send(alice, "y" * 500)
        self.assert_failed(failed, 74, "could not write the message out")
        alice.err.wait_for(b"messages cannot be recorded: File too large")
        os.rename(self.log, self.home / f"{NAME}.1")
        self.reopen(alice)
        self.receipt(alice, "again")
        alice.err.wait_for(b"messages can be recorded again")
        self.assertEqual(sent, len(self.texts(f"{NAME}.1")))
        self.assertEqual(["again"], self.texts())
        self.assert_whole(f"{NAME}.1", NAME)

    def test_p29_a_command_runs_once_and_before_the_record(self):
        self.make_place()
        command = f"cat >>{self.place}/ran; echo >>{self.place}/ran"
        alice = self.record("-x", command)
        id_of_one = ("-i", "ab" * 16)
        first = self.receipt(alice, "one", options=id_of_one)
        self.assertEqual(["one"], self.texts())
        alice.stop()
        alice = self.record("-x", command)
        self.assertEqual(
            first, self.receipt(alice, "one", options=id_of_one))
        alice.stop()
        self.assertEqual("one\n", (self.place / "ran").read_text())

    def test_p29_what_a_command_does_not_handle_is_not_recorded(self):
        alice = self.record("-x", "exit 1")
        self.assert_failed(self.send(alice, "x"), 74, "could not write the message out")
        self.assertEqual([], self.texts())

    def test_p29_of_two_retries_at_once_one_runs(self):
        self.make_place()
        alice = self.record(
            "-x", f"echo >>{self.place}/ran; until [ -e {self.place}/go ]; do"
            " sleep 0.1; done")
        first = self.start_send(alice, "x", options=("-i", "ab" * 16))
        wait_until(lambda: (self.place / "ran").exists(), "the command")
        second = self.send(alice, "x", options=("-i", "ab" * 16))
        self.assert_failed(second, 75, "busy")
        (self.place / "go").touch()
        self.assert_sent(first.wait())
        self.assertEqual("\n", (self.place / "ran").read_text())
        self.assertEqual(["x"], self.texts())

    def test_p29_a_count_is_of_recorded_messages(self):
        for command in ((), ("-x", "cat >/dev/null")):
            with self.subTest(command=command):
                alice = self.record("-c", "2", *command)
                for text in ("a", "a", "b"):
                    self.assertEqual(0, self.send(
                        alice, text,
                        options=("-i", text[0].encode().hex() * 16)).status)
                self.assertEqual(0, alice.wait().status)
                self.assertEqual(["a", "b"], self.texts())
                os.unlink(self.log)

    def test_p29_never_more_than_the_count(self):
        alice = self.record("-c", "3")
        senders = [self.start_send(alice, f"text {n}") for n in range(12)]
        ended = [sender.wait() for sender in senders]
        self.assertEqual(0, alice.wait().status)
        self.assertEqual(3, sum(sent.status == 0 for sent in ended), ended)
        self.assertEqual(3, len(self.texts()))

    def test_an_output_that_is_not_read_costs_no_receipt(self):
        with open("/dev/full", "wb") as full:
            alice = self.record(stdout=full)
        self.receipt(alice, "x")
        alice.err.wait_for(b"message recorded and receipted, but not shown")
        self.assertEqual(["x"], self.texts())

    def test_a_terminal_shows_what_was_recorded(self):
        terminal = Terminal(raw=True, columns=80)
        alice = self.record(stdout=terminal.slave)
        once = ("-i", "ab" * 16)
        for text, options in (("one", once), ("one", once), ("two", ())):
            self.receipt(alice, text, options=options)
        alice.stop()
        terminal.hang_up()
        shown = terminal.screen.wait_end().decode()
        self.assertEqual(["one", "two"],
                         re.findall(r"\d bob: (.*)\n", shown.replace(
                             "\033[1m", "").replace("\033[0m", "")))
        self.assertEqual(["one", "two"], self.texts())

    def test_behind_a_balancer_the_source_is_recorded(self):
        alice = self.record("-P", "127.0.0.0/8")
        header = b"PROXY TCP4 192.0.2.7 192.0.2.1 1025 5000\r\n"
        proxy = self.proxy(
            alice, lambda n, line: header + line if n == 1 else line)
        proxy.name = "alice"
        self.receipt(proxy, "x")
        self.assertEqual("192.0.2.7", json.loads(self.lines()[1])["address"])
        self.assert_whole()

    def test_p29_the_listener_ends_with_its_recorder(self):
        alice = self.record()
        [recorder] = alice.children()["recorder"]
        os.kill(recorder, signal.SIGKILL)
        ended = alice.wait()
        self.assertEqual(74, ended.status)
        self.assertIn("the recorder ended", ended.stderr)

    def test_p29_a_recorder_that_hangs_holds_nobody_up_for_ever(self):
        """Nobody is told that a message is not there which is recorded later.
        """
        self.hurry_up()
        alice = self.record()
        [recorder] = alice.children()["recorder"]
        stop(recorder)
        once = ("-i", "ab" * 16)
        self.assert_failed(
            self.send(alice, "x", options=once), 79, "no valid receipt")
        alice.err.wait_for(b"nothing says whether it arrived")
        os.kill(recorder, signal.SIGCONT)
        self.assertEqual(1, self.receipt(alice, "x", options=once)["seq"])
        self.assertEqual(["x"], self.texts())

    def test_p29_a_recorder_dies_during_a_command(self):
        """The command has the message, so it is no refusal."""
        self.make_place()
        alice = self.record(
            "-x", f"echo >>{self.place}/ran; until [ -e {self.place}/go ]; do"
            " sleep 0.1; done")
        sent = self.start_send(alice, "x")
        wait_until(lambda: (self.place / "ran").exists(), "the command")
        [recorder] = alice.children()["recorder"]
        stop(alice.pid)
        os.kill(recorder, signal.SIGKILL)
        (self.place / "go").touch()
        self.assert_failed(sent.wait(), 79)
        os.kill(alice.pid, signal.SIGCONT)
        alice.wait()
