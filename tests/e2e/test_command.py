"""chat-listen -x: the receipt means that the command has handled the message.
"""
import calendar
import contextlib
import email
import http.server
import json
import os
import pwd
import re
import shlex
import signal
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import patience
from chat1 import Sender
from chat1 import id_of
from harness import LISTEN, ROOT, ChatTest, Listener
from process import (in_group, in_session, links_of, read_proc, status_of,
                     wait_until)

ID = "0123456789abcdef0123456789abcdef"
SHOWN = id_of(bytes.fromhex(ID), "alice").hex()  # written by the listener

# Joins the process group of the runner, and reports it.
LEAVE = """setpgrp(0, getpgrp(getppid())) or die "$!\\n";
open(my $file, ">", "self"); print $file $$; close $file; sleep 1000"""


# With users that do not exist here, only for what it starts.
WITH_USERS = """mount --bind "$0" /etc/passwd && exec "$@\""""
REACH = """for pid in $(cat pids); do
    if kill -0 $pid; then echo yes; else echo no; fi
done >answers; id -u >uid; mv answers reached"""
OWN = "chat-listen-command"


class CommandTest(ChatTest):
    """A folder to which commands, even as nobody, can write."""

    def setUp(self):
        super().setUp()
        self.make_place()

    def handle(self, script, *options, **how):
        """Starts a listener whose command runs in that folder."""
        return self.listen("-x", f"cd {self.place}; {script}", *options,
                           **how)

    def left(self, name):
        """Returns what a command left, once it is there."""
        path = self.place / name
        wait_until(path.exists, f"the file {name}")
        return path.read_bytes()

    def lines(self, name):
        path = self.place / name
        return path.read_text().splitlines() if path.exists() else []

    def wait_gone(self, name):
        """Waits until the process whose id is in a file has ended."""
        pid = int(self.left(name))
        wait_until(lambda: read_proc(pid, "stat").rpartition(b")")[2][1:2]
                   in (b"", b"Z"), f"the end of process {name}")


class Results(CommandTest):
    """The exit status of the command decides."""

    def test_0_is_a_receipt(self):
        alice = self.handle("cat >>texts; echo >>texts")
        self.assert_sent(self.send(alice, "hi"))
        self.assert_sent(self.send(alice, "there"))
        self.assertEqual(["hi", "there"], self.lines("texts"))
        self.assertEqual("", alice.stop().stdout)

    def test_75_is_busy(self):
        alice = self.handle("exit 75")
        self.assert_failed(self.send(alice, "hi"), 75, "busy")
        alice.err.wait_for(b"127.0.0.1: message not handled: "
                           b"the command says later\n")

    def test_any_other_status_is_not_delivered(self):
        alice = self.handle("read status; exit $status")
        for status in ("1", "64", "74", "76", "127", "255"):
            self.assert_failed(self.send(alice, status), 74)
        alice.err.wait_for(b"message not handled: the command failed\n")

    def test_a_signal_is_not_delivered(self):
        alice = self.handle("read signal; kill -$signal $$")
        for name in ("KILL", "TERM", "SEGV"):
            self.assert_failed(self.send(alice, name), 74)

    def test_a_command_that_is_not_there(self):
        alice = self.handle("no-such-command")
        self.assert_failed(self.send(alice, "hi"), 74)
        alice.err.wait_for(b": no-such-command: ")

    def refuse(self, script, *says):
        ended = self.run_program(LISTEN, "-p", "0", "-x", script)
        self.assertEqual((64, ""), (ended.status, ended.stdout), ended)
        self.assert_says(ended.stderr, "chat-listen: -x '", *says)

    def test_what_does_nothing_would_receipt_and_lose_all(self):
        for nothing in (" \n\t", "# note", "#", "\t# mail root",
                        "# one\n\n  # two\n", "\\\n# three", "\\\n\\\n",
                        "#!/bin/sh\n", "# four \\\n# five"):
            with self.subTest(nothing):
                self.refuse(nothing, "': there is no command in it")
        for nothing, says in ((">file", "redirection"), ("A=b", "assignment"),
                              ("$HANDLER", "variables are not passed on")):
            with self.subTest(nothing):
                self.refuse(nothing, f"-x '{nothing}': ", says)

    def test_what_the_shell_cannot_read_handles_nothing(self):
        for wrong in ("if true", "mail 'root", "cat | ; true", ";"):
            with self.subTest(wrong):
                self.refuse(wrong, "': the shell cannot read this")

    def test_what_only_starts_like_nothing_is_a_command(self):
        for script in ("# note\nexit 75", "exit 75 # note", "\\\nexit 75",
                       "\\#x; exit 75", "#\\\nexit 75"):
            alice = self.listen("-x", script)
            self.assert_failed(self.send(alice, "hi"), 75, "busy")

    def test_how_many_commands_without_a_command(self):
        self.assert_failed(
            self.run_program(LISTEN, "-p", "0", "-X", "2"), 64,
            "-X needs -x", program="chat-listen")

    def test_its_standard_error_is_the_log(self):
        alice = self.handle("echo out of order >&2; exit 1")
        self.assert_failed(self.send(alice, "hi"), 74)
        alice.err.wait_for(b"out of order\n")

    def test_its_standard_output_is_the_output(self):
        alice = self.handle("tr a-z A-Z; echo")
        self.assert_sent(self.send(alice, "hi"))
        self.assertEqual("HI\n", alice.stop().stdout)

    def test_what_it_leaves_behind_is_killed(self):
        alice = self.handle("sleep 1000 & echo $! >child")
        self.assert_sent(self.send(alice, "hi"))
        self.wait_gone("child")


class Given(CommandTest):

    def test_its_input_is_the_text_to_the_byte(self):
        alice = self.handle("cat >text")
        texts = ["x", "no newline", "one\n\ntwo\n", "\x1b[31m\x07\u202e\t\\",
                 "\u00e9\U0001f600" * 5000, "z" * 65536]
        for text in texts:
            sent = self.send(alice, stdin=text + "\n")  # it is dropped
            self.assert_sent(sent)
            self.assertEqual(text.encode(), self.left("text"))

    def environment_of(self, alice, **how):
        self.assert_sent(self.send(alice, "hi", **how))
        listed = self.left("env").rstrip(b"\0").decode().split("\0")
        return dict(line.split("=", 1) for line in listed)

    def test_its_environment_is_this_and_nothing_else(self):
        alice = self.handle("cat /proc/$$/environ >env",
                            env={"SECRET": "of alice", "CHAT_USER": "alice"})
        before = int(time.time())
        got = self.environment_of(alice, options=("-i", ID))
        sent = got.pop("CHAT_SENT")
        self.assertRegex(sent, r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
        sent = calendar.timegm(time.strptime(sent, "%Y-%m-%dT%H:%M:%SZ"))
        self.assertTrue(before <= sent <= time.time(), sent)
        self.assertEqual(
            {"CHAT_ID": SHOWN, "CHAT_FROM": "bob", "CHAT_TO": "alice",
             "CHAT_LISTED": "1", "CHAT_ADDRESS": "127.0.0.1",
             "CHAT_LINES": "1",
             "PATH": self.environment["PATH"], "LANG": "C.UTF-8",
             "HOME": self.home_of_commands()}, got)

    def home_of_commands(self):
        """Returns the home of commands, which have their own user under root.
        """
        if os.geteuid() == 0:
            return self.unprivileged(OWN).pw_dir
        return str(self.home)

    def locale_of(self, **variables):
        """Returns which variable sets the locale of a command, and its
        charset."""
        alice = self.handle("locale charmap >&2; cat /proc/$$/environ >env",
                            env=dict.fromkeys(("LC_ALL", "LC_CTYPE", "LANG"),
                                              "") | variables)
        got = self.environment_of(alice)
        alice.err.wait_for(b"\nUTF-8\n")
        return {name: value for name, value in got.items()
                if name.startswith(("LC_", "LANG"))}

    def test_it_has_a_locale_of_utf8(self):
        for variables in ({}, {"LANG": "C"}, {"LC_ALL": "POSIX"},
                          {"LANG": "xx_XX.UTF-8"},  # which is not installed
                          {"LANG": "C.UTF-8", "LC_ALL": "C"},
                          {"LANG": "C.UTF-8", "LC_CTYPE": "C"}):
            self.assertEqual({"LANG": "C.UTF-8"}, self.locale_of(**variables))

    def test_a_locale_of_utf8_is_kept(self):
        for name in ("LC_ALL", "LC_CTYPE", "LANG"):
            self.assertEqual({name: "C.utf8"},
                             self.locale_of(**{name: "C.utf8"}))
        self.assertEqual(
            {"LC_CTYPE": "C.utf8"},
            self.locale_of(LC_CTYPE="C.utf8", LANG="C"))

    def test_home_is_that_of_its_user(self):
        """Not the one in the environment of root."""
        alice = self.handle("cat /proc/$$/environ >env",
                            env={"HOME": str(self.home / "elsewhere")})
        home = self.environment_of(alice)["HOME"]
        self.assertEqual(self.home_of_commands() if os.geteuid() == 0 else
                         str(self.home / "elsewhere"), home)

    def test_without_home_it_is_what_the_system_knows(self):
        user = self.unprivileged(OWN) if os.geteuid() == 0 else \
            pwd.getpwuid(os.geteuid())
        alice = self.handle("cat /proc/$$/environ >env", env={"HOME": ""})
        self.assertEqual(user.pw_dir, self.environment_of(alice)["HOME"])

    def test_with_j_its_input_is_a_line_of_json(self):
        alice = self.handle("cat >json", "-j")
        texts = ["x", "one\n\ntwo\n", "\x1b[31m\x07\u202e\t\\\"",
                 "\u00e9\U0001f600" * 5000, "z" * 65536, "\x01" * 65536]
        before = int(time.time())
        for text in texts:
            self.assert_sent(self.send(alice, stdin=text + "\n"))
            line = self.left("json").decode()
            self.assertEqual(1, line.count("\n"))
            self.assertNotRegex(line, "[\x00-\x09\x0b-\x1f\u202e]")
            got = json.loads(line)
            self.assertEqual(text, got.pop("text"))
            for name in ("sent", "received"):
                then = time.strptime(got.pop(name), "%Y-%m-%dT%H:%M:%SZ")
                self.assertTrue(before <= calendar.timegm(then) <= time.time())
            self.assertEqual(32, len(got.pop("id")))
            self.assertEqual({"v": 1, "type": "message", "from": "bob",
                              "to": "alice", "listed": True,
                              "address": "127.0.0.1"}, got)

    def test_with_j_it_is_the_line_that_is_shown(self):
        """Except for the time, which may be a second later."""
        alice = self.handle("cat >json", "-vj")
        self.assert_sent(self.send(alice, "hi \u00e9"))
        shown, got = (re.sub('"received":"[^"]*"', "", line) for line in
                      (alice.stop().stdout, self.left("json").decode()))
        self.assertEqual(shown, got)

    def test_a_batch_is_handed_over_whole(self):
        """Each line ends with a newline, as read in a shell needs it."""
        alice = self.handle("echo $CHAT_LINES >>runs; cat >>text")
        self.assert_sent(self.send(alice, stdin="one\n two\n", options=("-l",)))
        self.assertEqual(["2"], self.lines("runs"))
        self.assertEqual(b"one\n two\n", self.left("text"))

    def test_a_batch_is_lines_of_json(self):
        alice = self.handle("cat >json", "-vj")
        self.assert_sent(self.send(alice, stdin="one\ntwo\n", options=("-l",)))
        shown, got = (
            [json.loads(line) | {"received": None}
             for line in lines.splitlines()]
            for lines in (alice.stop().stdout, self.left("json").decode()))
        self.assertEqual(shown, got)
        self.assertEqual([("one", 1, 2), ("two", 2, 2)], [
            (one["text"], one["line"], one["of"]) for one in shown])

    def test_p20_a_batch_that_is_not_handled_has_no_receipt(self):
        alice = self.handle("while read -r line; do [ $line != two ]; done")
        self.assert_failed(
            self.send(alice, stdin="one\ntwo\n", options=("-l",)), 74,
            "lines 1 to 2: alice at ")

    def test_an_unlisted_sender_is_called_so(self):
        alice = self.handle("cat /proc/$$/environ >env",
                            knows={"alice": self.shared["alice"]})
        got = self.environment_of(
            alice, knows={"alice": self.shared["alice"]}, user="carol")
        self.assertEqual(("carol", "0"),
                         (got["CHAT_FROM"], got["CHAT_LISTED"]))

    def test_it_has_the_standard_descriptors_only(self):
        alice = self.handle("ls -l /proc/self/fd >fd")
        self.assert_sent(self.send(alice, "hi"))
        numbers = re.findall(r" (\d+) -> (\S+)", self.left("fd").decode())
        self.assertEqual(["0", "1", "2", "3"], [n for n, _ in numbers])
        self.assertIn("memfd:", numbers[0][1])
        self.assertIn("/proc/", numbers[3][1])  # which ls reads

    def test_nothing_else_is_shown(self):
        alice = self.handle("true")
        self.assert_sent(self.send(alice, "hi"))
        self.assertEqual("", alice.stop().stdout)

    def test_with_v_it_is_shown_once_it_is_handled(self):
        alice = self.handle("read text; exit $text", "-v")
        self.assert_failed(self.send(alice, "1"), 74)
        self.assert_sent(self.send(alice, "0"))
        self.assertEqual(["bob: 0"], alice.shown())

    def test_with_v_and_j_it_is_json(self):
        alice = self.handle("true", "-vj")
        self.assert_sent(self.send(alice, "hi"))
        self.assertEqual("hi", json.loads(alice.stop().stdout)["text"])


class Limits(CommandTest):

    limit = 120

    def test_a_command_that_hangs_is_killed_with_its_children(self):
        alice = self.handle(
            "trap '' TERM; sleep 1000 & echo $! >child; echo $$ >self; wait")
        start = time.monotonic()
        self.assert_failed(self.send(alice, "hi"), 74)
        self.assert_waited(start, 20)
        self.wait_gone("self")
        self.wait_gone("child")
        alice.err.wait_for(b"message not handled: the command took too long\n")
        self.assertEqual([], self.commands(alice))

    def test_a_command_that_leaves_its_group_is_killed_all_the_same(self):
        """Otherwise it would keep its place, and there is only one here."""
        self.hurry_up()
        alice = self.handle(
            "exec " + shlex.join(["perl", "-e", LEAVE]), "-X", "1")
        self.assert_failed(self.send(alice, "hi"), 74)
        self.wait_gone("self")

    def commands(self, alice):
        """Returns the processes that a command started."""
        return [pid for pid in in_session(alice.pid)
                if pid in in_group(pid) and pid != alice.pid]

    def test_so_many_run_at_once_and_the_next_waits(self):
        alice = self.handle(
            "touch $CHAT_ID; until [ -e go-$CHAT_ID ]; do sleep 0.02; done",
            "-X", "2")
        drawn = [f"{n:032x}" for n in range(3)]
        ids = [id_of(bytes.fromhex(i), "alice").hex() for i in drawn]
        sending = [self.start_send(alice, "hi", options=("-i", i))
                   for i in drawn]
        wait_until(lambda: len(self.started(ids)) == 2, "two commands")
        self.assertEqual(2, len(self.commands(alice)))
        self.go(self.started(ids)[0])
        wait_until(lambda: len(self.started(ids)) == 3, "the third command")
        for name in ids:
            self.go(name)
        for one in sending:
            self.assert_sent(one.wait())

    def started(self, ids):
        return [i for i in ids if (self.place / i).exists()]

    def go(self, name):
        (self.place / f"go-{name}").touch()

    def test_who_waits_too_long_for_a_turn_may_try_again(self):
        """It stops waiting early enough for a command to run its full time."""
        self.hurry_up()
        alice = self.handle(
            "touch ran; until [ -e go ]; do sleep 0.02; done", "-X", "1")
        first = self.start_send(alice, "first")
        self.left("ran")
        self.assert_failed(self.send(alice, "second"), 75, "busy")
        (self.place / "go").touch()
        self.assert_sent(first.wait())

    def test_a_killed_session_takes_its_command_along(self):
        alice = self.handle(
            "sleep 1000 & echo $! >child; echo $$ >self; mv self ready; wait")
        sending = self.start_send(alice, "hi")
        self.left("ready")
        os.kill(*alice.children()["session"], signal.SIGKILL)
        start = patience.clock()
        self.wait_gone("ready")
        self.wait_gone("child")
        self.assertLess(patience.clock() - start, 15)  # not by its time limit
        self.assert_failed(sending.wait(), 79)


class Once(CommandTest):
    """An id counts only after its message was handled."""

    def test_a_message_is_handled_once(self):
        alice = self.handle("echo $CHAT_ID >>ids")
        for _ in range(3):
            self.assert_sent(self.send(alice, "hi", options=("-i", ID)))
        self.assertEqual([SHOWN], self.lines("ids"))

    def test_what_was_not_handled_is_no_duplicate(self):
        alice = self.handle("echo x >>tries; read status <next; exit $status")
        for status, exit_status in (("75", 75), ("1", 74), ("0", 0), ("1", 0)):
            (self.place / "next").write_text(status + "\n")
            ended = self.send(alice, "hi", options=("-i", ID))
            self.assertEqual(exit_status, ended.status, ended)
        self.assertEqual(3, len(self.lines("tries")))

    def test_after_75_it_is_sent_again_and_handled_once(self):
        alice = self.handle(
            "echo x >>tries; [ $(wc -l <tries) -ge 3 ] || exit 75; cat >>got")
        self.assert_sent(self.send(alice, "hi", options=("-r", "3600")))
        self.assertEqual(3, len(self.lines("tries")))
        self.assertEqual(["hi"], self.lines("got"))

    def test_a_retry_while_it_is_handled_does_not_run_it_twice(self):
        os.mkfifo(self.place / "gate")
        alice = self.handle("echo x >>tries; read line <gate")
        first = self.start_send(alice, "hi", options=("-i", ID))
        self.left("tries")
        first.process.kill()
        first.wait()
        self.assert_failed(
            self.send(alice, "hi", options=("-i", ID)), 75, "busy")
        (self.place / "gate").write_text("go\n")
        self.assert_sent(
            self.send(alice, "hi", options=("-i", ID, "-r", "3600")))
        self.assertEqual(["x"], self.lines("tries"))

    def test_c_counts_what_was_handled(self):
        alice = self.handle("read status; exit $status", "-c", "2")
        for status, exit_status in (("1", 74), ("0", 0), ("75", 75), ("0", 0)):
            self.assertEqual(exit_status, self.send(alice, status).status)
        self.assertEqual(0, alice.wait().status)


class Page(CommandTest):

    def test_the_example_of_the_page(self):
        """At first, sendmail fails."""
        page = (ROOT / "listener/chat-listen.1").read_text()
        found = re.search(r"-x \(aq\n(.*?)\(aq\n", page.replace("\\", ""),
                          re.DOTALL)
        sendmail = self.home / "sendmail"
        sendmail.write_text("#!/bin/sh\n"
                            "[ -e postman ] && cat >mail && echo $1 >>mail\n")
        sendmail.chmod(0o755)
        self.environment["PATH"] = f"{self.home}:{self.environment['PATH']}"
        alice = self.handle(found[1])
        self.assert_failed(self.send(alice, "disk full"), 75)
        (self.place / "postman").touch()
        self.assert_sent(self.send(alice, "disk full"))
        self.assertEqual(b"Subject: message of bob\n\ndisk fullroot\n",
                         self.left("mail"))


class Recipes(CommandTest):
    """The commands of the page are safe for any text."""

    TEXTS = ("disk full", "a\n.\nb", "'); drop table messages; --",
             "$(touch broken) `touch broken` \"'\\", "-h", "<b>&lt;\\n\\",
             "\u00e9\u4e2d\U0001f600 " * 300 + "\n" + "long" * 2000, "%s\r\n%n",
             "@/etc/passwd", "From: root\nSubject: no\n\n\x07\x1b[31m")

    def recipe(self, heading, **changes):
        """Starts a listener that runs this script of the page, slightly
        changed."""
        page = (ROOT / "listener/chat-listen.1").read_text()
        script = re.search(rf"^\.Ss {heading}\n.*?^\.Bd [^\n]*\n(.*?)^\.Ed",
                           page, re.MULTILINE | re.DOTALL)[1]
        script = script.replace(r"\-", "-").replace(r"\(aq", "'").replace(
            r"\e", "\\")
        for old, new in changes.values():
            self.assertIn(old, script)
            script = script.replace(old, new)
        path = self.home / "recipe"
        path.write_text(script)
        path.chmod(0o755)
        self.environment["PATH"] = f"{self.home}:{self.environment['PATH']}"
        return self.handle(f"exec {path}")

    def stand_in(self, name, script):
        path = self.home / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def check(self, alice, got):
        for text in self.TEXTS:
            self.assert_sent(self.send(alice, stdin=text + "\n"))
            got(text)
        self.assertFalse((self.place / "broken").exists())

    def check_temporary(self, name, alice):
        """A temporary failure is retried."""
        self.stand_in(name, "exit 1")
        self.assert_failed(self.send(alice, "hi"), 75, "busy")

    def test_mail(self):
        self.stand_in("msmtp", 'cat >mail; echo "$@" >args')

        def got(text):
            mail = email.message_from_bytes(self.left("mail"))
            self.assertEqual("utf-8", mail.get_content_charset())
            self.assertEqual(("message of bob", "root@example.org"),
                             (mail["Subject"], mail["To"]))
            self.assertEqual(text.encode(), mail.get_payload(decode=True))
            self.assertLess(max(map(len, self.left("mail").split(b"\n"))), 998)
            self.assertEqual(b"-t\n", self.left("args"))

        alice = self.recipe("Mail a message")
        self.check(alice, got)
        self.check_temporary("msmtp", alice)

    def test_desktop(self):
        self.stand_in("notify-send", 'printf %s "$3" >note; '
                      'echo "$# $1 $2 $XDG_RUNTIME_DIR" >args')

        def got(text):
            note = self.left("note").decode()  # what was cut is UTF-8 too
            self.assertNotRegex(note, r"<|&(?!(amp|lt);)|(?<!\\)\\(\\\\)*(?!\\)")
            shown = note.replace("\\\\", "\\").replace("&lt;", "<").replace(
                "&amp;", "&")
            whole = text.rstrip("\n")
            self.assertTrue(whole.startswith(shown), (shown, whole))
            self.assertTrue(shown == whole or len(shown.encode()) > 990)
            uid = os.geteuid() or self.unprivileged(OWN).pw_uid
            self.assertEqual(f"3 -- message of bob /run/user/{uid}\n",
                             self.left("args").decode())

        alice = self.recipe("Show a message on the desktop")
        self.check(alice, got)
        self.check_temporary("notify-send", alice)

    def test_database(self):
        self.need("sqlite3")
        alice = self.recipe("Store a message in a database", where=(
            "/var/lib/chat/messages.db", f"{self.place}/messages.db"))
        stored = []

        def got(text):
            stored.append(text)
            with contextlib.closing(sqlite3.connect(
                    self.place / "messages.db")) as base:
                rows = base.execute("select sender, listed, text "
                                    "from messages order by rowid").fetchall()
            self.assertEqual([("bob", 1, text) for text in stored], rows)

        self.check(alice, got)
        self.check_temporary("sqlite3", alice)

    def test_web_hook(self):
        self.need("curl")
        server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
        server.got = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        alice = self.recipe("Call a web hook", where=(
            "https://example.org", f"http://127.0.0.1:{server.server_port}"))
        self.check(alice, lambda text: self.assertEqual(
            ("bob", "text/plain; charset=utf-8", text.encode()),
            server.got[-1]))
        self.check_temporary("curl", alice)


class Hook(http.server.BaseHTTPRequestHandler):

    def do_POST(self):
        self.server.got.append((
            self.headers["X-Chat-From"], self.headers["Content-Type"],
            self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Ends(CommandTest):
    """After any end, no process is left."""

    def setUp(self):
        super().setUp()
        self.hurry_up()

    HANGS = "sleep 1000 & echo $! >child; echo $$ >self; mv self ready; wait"

    def start_hanging(self, *options):
        alice = self.handle(self.HANGS, *options)
        sending = self.start_send(alice, "hi")
        self.left("ready")
        return alice, sending

    def test_sigterm_lets_a_command_finish(self):
        os.mkfifo(self.place / "gate")
        alice = self.handle("touch ran; read line <gate")
        sending = self.start_send(alice, "hi")
        self.left("ran")
        alice.process.terminate()
        (self.place / "gate").write_text("go\n")
        self.assert_sent(sending.wait())
        self.assertEqual(0, alice.wait().status)

    def test_sigterm_ends_a_command_that_does_not(self):
        alice, sending = self.start_hanging()
        alice.process.terminate()
        self.assertEqual(0, alice.wait().status)
        self.wait_gone("child")
        self.assert_failed(sending.wait(), 79)

    def test_a_killed_listener_leaves_no_command(self):
        alice, sending = self.start_hanging()
        alice.process.kill()
        self.assertEqual(-signal.SIGKILL, alice.wait().status)
        self.wait_gone("child")
        self.assert_failed(sending.wait(), 79)

    def test_a_stopped_runner_does_not_hold_the_end_up(self):
        alice, sending = self.start_hanging()
        self.stop_process(*alice.children()["runner"])
        alice.process.terminate()
        self.assertEqual(0, alice.wait().status)
        self.wait_gone("child")
        sending.wait()

    def stop_process(self, pid):
        os.kill(pid, signal.SIGSTOP)

    def test_without_its_runner_a_listener_ends(self):
        alice = self.handle("true")
        os.kill(*alice.children()["runner"], signal.SIGKILL)
        ended = alice.wait()
        self.assertEqual(71, ended.status)
        self.assertIn("the runner ended; without it", ended.stderr)

    def test_a_hangup_and_an_interrupt_are_not_for_the_runner(self):
        alice = self.handle("true")
        runner, = alice.children()["runner"]
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            os.kill(runner, number)
        self.assert_sent(self.send(alice, "hi"))


class Rights(CommandTest):

    def test_the_runner_is_there_only_for_commands(self):
        self.assertEqual([], self.listen().children()["runner"])

    def test_p14_descriptors_of_the_runner_and_its_sessions(self):
        self.need_root()
        self.need_seccomp()
        alice = self.handle("true")
        runner, = alice.children()["runner"]
        with Sender(alice.port):
            session, = alice.wait_sessions(1)
            wait_until(lambda: status_of(session)["Seccomp"] != ["0"],
                       "the session to be confined")
            kinds = {fd: name.partition(":")[0]
                     for fd, name in links_of(session).items()}
            self.assertEqual({1: "pipe", 3: "socket", 4: "socket",
                              5: "socket"}, kinds)
            wait_until(lambda: len(links_of(runner)) == 8,
                       "the session's channel")
            links = links_of(runner)
            self.assertEqual(
                sorted(["anon_inode", "anon_inode", "socket", "socket",
                        links[2].partition(":")[0]]),
                sorted(links[fd].partition(":")[0] for fd in links if fd > 2))

    def test_p14_runner_and_commands_of_root_are_nobody(self):
        self.need_root()
        alice = self.handle("cat /proc/$$/status >status")
        self.assert_sent(self.send(alice, "hi"))
        user = self.unprivileged("chat-listen-command")
        command = dict(line.split(":", 1) for line in
                       self.left("status").decode().splitlines())
        runner = status_of(alice.children()["runner"][0])
        for status in ({k: v.split() for k, v in command.items()}, runner):
            self.assertEqual([str(user.pw_uid)] * 4, status["Uid"])
            self.assertEqual([str(user.pw_gid)] * 4, status["Gid"])
            self.assertEqual([], status["Groups"])
            for kind in ("CapEff", "CapPrm", "CapInh"):
                self.assertEqual(["0" * 16], status[kind])

    def test_p13_no_secret_is_in_the_runner(self):
        self.need_root()
        self.need_seccomp()  # sanitizers map more than can be read
        alice = self.handle("true")
        self.assert_sent(self.send(alice, "hi"))
        runner, = alice.children()["runner"]
        self.assert_no_secrets(memory_of(runner), "the runner")

    def check_forgotten(self, *options):
        alice = self.handle("true", *options)
        runner, = alice.children()["runner"]
        text = os.urandom(2000).hex().encode()
        self.assert_sent(self.send(alice, stdin=text))
        memory = memory_of(runner)
        for at in (0, len(text) // 2, len(text) - 16):
            self.assertFalse(text[at:at + 16] in memory, f"from byte {at} on")

    def test_p32_a_text_does_not_stay_in_the_runner(self):
        self.need_root()
        self.need_seccomp()
        self.check_forgotten()

    def test_p32_a_line_of_json_does_not_stay_in_the_runner(self):
        self.need_root()
        self.need_seccomp()
        self.check_forgotten("-j")

    def test_a_command_of_root_cannot_read_the_directory(self):
        self.need_root()
        alice = self.handle("cat ../listener.json && touch got")
        self.assert_failed(self.send(alice, "hi"), 74)
        alice.err.wait_for(b"Permission denied")


def memory_of(pid):
    """Returns the writable memory of a process."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in read_proc(pid, "maps").decode().splitlines():
            start, end, rights = re.match(
                r"(\w+)-(\w+) (\S+)", line).groups()
            if rights.startswith("rw"):
                memory.seek(int(start, 16))
                found.append(memory.read(int(end, 16) - int(start, 16)))
    return b"".join(found)


class Users(CommandTest):
    """Commands of root, if these users exist besides nobody."""

    def setUp(self):
        super().setUp()
        self.need_root()
        self.need_seccomp()

    def start(self, *options, **users):
        others = [line for line in Path("/etc/passwd").read_text().splitlines()
                  if line.partition(":")[0] not in ("chat-listen", OWN)]
        others += [f"{name.replace('_', '-')}:x:{uid}:{uid}::/:/bin/false"
                   for name, uid in users.items()]
        there = ("unshare", "-m", "sh", "-c", WITH_USERS,
                 self.file("passwd", "\n".join(others) + "\n"))
        if subprocess.run([*there, "true"], check=False).returncode != 0:
            self.skipTest("no mount namespaces here")
        path = self.directory(self.shared, name="listener.json")
        return Listener(
            self, *there, LISTEN, "-p", "0", "-d", path, "-u", "alice", "-x",
            f"cd {self.place}; {REACH}", *options)

    def reached(self, alice):
        """Returns the user of a command, and whether it could signal others.
        """
        for left in self.place.iterdir():
            left.unlink()
        with Sender(alice.port, **self.parties()) as waiting:
            waiting.ask(waiting.hello())
            session, = alice.wait_sessions(1)
            pids = session, *alice.children()["keyholder"]
            wait_until(lambda: all(status_of(pid)["Seccomp"] != ["0"]
                                   for pid in pids), "the sandbox")
            (self.place / "pids").write_text(" ".join(map(str, pids)))
            self.assert_sent(self.send(alice, "hi"))
        return (int(self.left("uid")), *self.left("reached").split())

    def test_p39_commands_have_a_user_of_their_own(self):
        for users, uid in (({"chat_listen": 4321, "chat_listen_command": 4322},
                            4322),
                           ({"chat_listen_command": 4322}, 4322),
                           ({"chat_listen": 4321}, 65534)):
            with self.subTest(users):
                alice = self.start(**users)
                self.assertEqual((uid, b"no", b"no"), self.reached(alice))
                self.assertNotIn("warning", alice.stop().stderr)

    def test_p39_one_user_for_all_is_warned_of(self):
        says = "warning: commands run as nobody, as sessions do"
        self.assertIn(says, self.start().stop().stderr)
        self.assertNotIn(says, self.start("-q").stop().stderr)
