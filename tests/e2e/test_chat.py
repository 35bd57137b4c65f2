"""chat-terminal: people at terminals who talk to each other."""
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import unittest

from harness import BUILD, SEND, SPOOL, ChatTest
from process import read_proc, title_of, wait_until

CHAT = str(BUILD / "chat-terminal")
# Runs in a terminal of tmux, as a job of its shell: the chat, its id and exit
# status, and the terminal's settings before and after.
PANE = """
set -m
stty -g >"$1.before"
sh -c 'echo $$ >"$0.pid"; exec env ${CHAT_TERM:+TERM=$CHAT_TERM} "$@"' "$@"
echo $? >"$1.status"
stty -g >"$1.after"
exec cat >/dev/null
"""
# Listens in the place of chat-listen. After a SIGTERM, its child still has a
# message.
LAST_MOMENT = """
import os, signal, time
def finish(*_):
    parent = os.getpid()
    if os.fork() == 0:
        while os.getppid() == parent:
            time.sleep(0.01)
        os.write(1, b"12:00:00 bob: the last\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, finish)
os.write(2, b"chat-listen: listening on [::]:1 as alice\\n")
while True:
    signal.pause()
"""
TIME = r"\d\d:\d\d:\d\d"


def stat_of(pid):
    """Returns the fields of /proc/PID/stat from the state on; none if dead."""
    fields = read_proc(pid, "stat").rpartition(b")")[2].split()
    return fields if fields and fields[0] not in b"ZX" else []


def family(pid):
    """Returns a process and its descendants as pairs of id and start time."""
    children, found, waiting = {}, set(), [pid]
    for child in filter(str.isdigit, os.listdir("/proc")):
        if fields := stat_of(child):
            children.setdefault(int(fields[1]), []).append(int(child))
    while waiting:
        pid = waiting.pop()
        if fields := stat_of(pid):
            found.add((pid, fields[19]))
        waiting += children.get(pid, [])
    return found


def living(processes):
    return [read_proc(pid, "cmdline") for pid, start in processes
            if (fields := stat_of(pid)) and fields[19] == start]


class Chat:
    """A chat in a terminal of 100 columns and many lines."""

    def __init__(self, test, user, *args, ready=True, program=CHAT, **env):
        self.test = test
        self.session = f"{user}-{len(test.chats)}"
        self.path = str(test.home / self.session)
        env = {"CHAT_DIRECTORY": test.users, "CHAT_PORT": "0",
               "CHAT_USER": user} | test.env | env
        settings = [word for key, value in env.items()
                    for word in ("-e", f"{key}={value}")]
        test.tmux("new-session", "-d", "-x", "100", "-y", "200", *settings,
                  "-s", self.session, "/bin/sh", "-c", PANE, "sh",
                  self.path, program, *args)
        test.chats.append(self)
        self.family = set()
        if ready:
            self.wait_ready(user)

    def wait_ready(self, user):
        self.port = int(self.wait_for(
            rf"^chat-listen: listening on\s+\S+:(\d+) as {user}$")[1])
        self.wait_prompt()
        self.family = family(self.pid())

    def tmux(self, command, *args):
        return self.test.tmux(command, "-t", f"={self.session}:", *args)

    def title(self):
        return self.tmux("display-message", "-p", "#{pane_title}").strip()

    def resize(self, width):
        """tmux tells the terminal only after a while."""
        self.tmux("resize-window", "-x", str(width), "-y", "200")
        name = self.tmux("display-message", "-p", "#{pane_tty}").strip()
        with open(name, "rb", opener=lambda path, flags: os.open(
                path, flags | os.O_NOCTTY)) as terminal:
            wait_until(lambda: os.get_terminal_size(
                terminal.fileno()).columns == width, "a resized terminal")

    # What it shows. Blanks at the end of a line are not visible.

    def screen(self):
        shown = self.tmux("capture-pane", "-p", "-J", "-S", "-")
        return "\n".join(
            line.rstrip() for line in shown.rstrip().split("\n"))

    def wait_until(self, condition, what):
        try:
            return wait_until(condition, what)
        except AssertionError as error:
            screens = (c.session + "\n" + c.screen() for c in self.test.chats)
            raise AssertionError("\n\n".join(
                [f"{error} at {self.session}", *screens])) from None

    def wait_for(self, pattern):
        return self.wait_until(lambda: re.search(
            pattern, self.screen(), re.MULTILINE), pattern)

    def wait_line(self, line):
        self.wait_for(rf"^{re.escape(line)}$")

    def wait_prompt(self, name=r"\S*"):
        """Waits until the last line is a prompt with nothing typed."""
        self.wait_for(rf"^{name}>\Z")

    def messages(self):
        """Returns the messages that came, as `name: text`."""
        return re.findall(rf"^{TIME} (.*)$", self.screen(), re.MULTILINE)

    def wait_message(self, *messages):
        self.wait_until(lambda: self.messages() == list(messages), messages)

    # What its user does.

    def type(self, text):
        self.tmux("send-keys", "-l", "--", text)

    def key(self, *names):
        self.tmux("send-keys", *names)

    def enter(self, text):
        """Answers a prompt or question, and waits until the answer is taken.
        """
        self.wait_for(r"^[^>\n]*[>?:)]\Z")
        before = self.screen()
        self.type_line(text)
        self.wait_until(lambda: self.screen() != before, "an echo")

    def type_line(self, text):
        """Types a line in any state."""
        self.type(text)
        self.key("Enter")

    def paste(self, text, marks=True):
        self.test.tmux("load-buffer", "-b", "paste",
                       self.test.file("paste", text))
        self.tmux("paste-buffer", *["-p"] * marks, "-b", "paste")

    # What remains of it.

    def read(self, name):
        with open(f"{self.path}.{name}", encoding="ascii") as file:
            return file.read()

    def pid(self):
        return int(self.read("pid"))

    def find(self, title):
        """Returns the id of its process with this title."""
        pid, = (pid for pid, _ in self.family if pid != self.pid() and
                title_of(pid).startswith(title))
        return pid

    def wait_end(self):
        """Returns its exit status; only the terminal remains, as it was."""
        self.wait_until(lambda: os.path.exists(self.path + ".after") and
                        self.read("after"), "its end")
        self.test.assertEqual(self.read("before"), self.read("after"))
        self.wait_gone()
        return int(self.read("status"))

    def wait_gone(self):
        wait_until(lambda: not living(self.family),
                   f"the end of {living(self.family)}")


class TerminalTest(ChatTest):

    once = True
    env = {}

    def setUp(self):
        super().setUp()
        self.need("tmux")
        with open(CHAT, "rb") as file:
            if not self.env and b"libedit" not in file.read():
                self.skipTest("this build edits no lines: "
                              "apt-get install libedit-dev")
        self.chats = []
        self.environment["LC_ALL"] = "C.UTF-8"
        self.shared |= {name: self.secret() for name in ("bert", "carol")}
        self.users = self.write_users()
        self.addCleanup(self.end_tmux)

    def tmux(self, *args):
        done = subprocess.run(
            ("tmux", "-f", "/dev/null", "-S", str(self.home / "tmux"), *args),
            env=self.environment, cwd=self.home, capture_output=True)
        self.assertEqual(0, done.returncode, done)
        return done.stdout.decode()

    def end_tmux(self):
        """Hangs up all terminals."""
        if not (self.home / "tmux").exists():
            return
        screens = "\n".join(chat.screen() for chat in self.chats)
        server = family(int(self.tmux("display-message", "-p", "#{pid}")))
        self.assert_no_secrets(screens.encode(), "the screens")
        self.assert_no_secrets_in_processes(pid for pid, _ in server)
        self.tmux("kill-server")
        wait_until(lambda: not living(server), f"the end of {living(server)}")

    def script(self, name, text):
        """Returns the path of a shell script in a folder of its own."""
        (self.home / "bin").mkdir(exist_ok=True)
        path = self.home / "bin" / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return str(path)

    def chat_beside(self, name, text):
        """Returns a chat that starts a script in the place of a program."""
        self.script(name, text)
        for other in "listen", "send", "log":
            path = self.home / "bin" / f"chat-{other}"
            if not path.exists():
                path.symlink_to(BUILD / path.name)
        return shutil.copy(CHAT, self.home / "bin")

    def chat_beside_slow(self, name, words):
        """The program runs, but if it gets these words, it first makes the
        file `asked` and waits for the file `go`.
        """
        return self.chat_beside(name, f"""
case "$*" in
*"{words}"*) >{self.home}/asked
    while [ ! -e {self.home}/go ]; do sleep 0.1; done
esac
exec {BUILD / name} "$@"
""")

    def wait_asked(self):
        wait_until((self.home / "asked").exists, "a slow program")

    def write_users(self, **ports):
        """Writes a directory of all; only these have an address."""
        path = self.file("new.json", json.dumps(
            [{"username": user, "password": password, "ip": "127.0.0.1",
              "port": ports.get(user, 9)}
             for user, password in self.shared.items()]))
        os.rename(path, self.home / "users.json")
        return str(self.home / "users.json")

    def chat_with(self, *users, **env):
        """Starts chats of these users, who can write to each other."""
        chats = [Chat(self, user, **env) for user in users]
        self.write_users(**{u: c.port for u, c in zip(users, chats)})
        for chat in chats:
            chat.wait_line(
                "chat: the directory has changed, and was read again")
            chat.wait_for("users.json: reloaded, [0-9]+ users$")
        return chats


class Talk(TerminalTest):

    def test_both_ways_at_once(self):
        alice, bob = self.chat_with("alice", "bob")
        for chat, other in ((alice, "bob"), (bob, "alice")):
            chat.enter(f"/to {other}")
            chat.wait_prompt(other)
        for n in range(10):
            alice.type_line(f"number {n}")
            bob.type_line(f"number {n}")
        for chat, other in ((alice, "bob"), (bob, "alice")):
            chat.wait_for(r"(?s)(delivered to .*){10}")
        for chat, other in ((alice, "bob"), (bob, "alice")):
            chat.wait_message(*(f"{other}: number {n}" for n in range(10)))
            chat.wait_prompt()
            self.assertEqual(10, chat.screen().count("delivered to"))

    def test_a_message_does_not_garble_what_is_being_typed(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        bob.type("/to ali")
        bob.wait_line("> /to ali")
        alice.enter("in between")
        bob.wait_message("alice: in between")
        self.assert_typed(bob)
        bob.type_line("ce")
        bob.wait_prompt("alice")
        bob.enter("whole")
        alice.wait_message("bob: whole")

    def assert_typed(self, chat):
        """Expects it below the message, unchanged."""
        chat.wait_for(rf"\n{TIME} .*\n> /to ali\Z")
        self.assertEqual(1, chat.screen().count("> /to ali"))

    def test_what_is_typed_arrives_as_it_is(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        texts = ("  leading and trailing  ", r"a \n b \\ c \033[1m $HOME `id`",
                 "* ? [a-z] ~", "-n", "-", "--", "%s %d", "'one' \"two\"")
        for n, text in enumerate(texts, 1):
            alice.enter(text)
            alice.wait_for(rf"(?s)(chat: delivered to bob.*){{{n}}}")
        alice.enter("//tmp is a folder")
        bob.wait_message(*(f"alice: {text}".rstrip() for text in texts),
                         "alice: /tmp is a folder")

    def test_any_script_is_typed_whatever_the_locale(self):
        """The terminal's own settings tell that it reads UTF-8."""
        alice, bob = self.chat_with("alice", "bob", LC_ALL="", LANG="")
        alice.enter("/to bob")
        texts = ("über", "Ελληνικά", "по-русски", "你好", "مرحبا", "👍🏽",
                 "e\u0301")
        for text in texts:
            alice.enter(text)
        bob.wait_message(*(f"alice: {text}" for text in texts))


class Plain(Talk):
    """A terminal on which no line can be edited."""

    env = {"CHAT_TERM": "dumb"}

    def test_it_has_no_title(self):
        alice = Chat(self, "alice")
        before = alice.title()
        self.assert_sent(self.run_program(
            *self.command(alice, "hello", name="alice")))
        alice.wait_for("hello$")
        self.assertEqual(before, alice.title())

    def assert_typed(self, chat):
        """Expects it in the line above the message, in a line of its own."""
        chat.wait_for(rf"^> /to ali\n{TIME} .*\n>\Z")

    def test_a_line_longer_than_a_terminal_takes_is_not_sent(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        alice.enter("y" * 5000)
        alice.wait_for("^chat: not sent: the line is too long for a terminal")
        alice.enter("z")
        bob.wait_message("alice: z")

    def test_p22_no_text_forges_a_line(self):
        """The terminal would wrap it, so that another line seems to come."""
        alice = Chat(self, "alice", NO_COLOR="1")
        for n, width in enumerate((30, 71, 100), 1):
            alice.resize(width)
            text = " ".join(("ok", " " * (width - 18), "14:31:40 carol: no",
                             " " * (width - 20), f"chat: is forged {n}"))
            self.assert_sent(self.run_program(
                *self.command(alice, text, name="alice")))
            alice.wait_for(f"forged {n}")
            lines = alice.tmux("capture-pane", "-p").splitlines()
            self.assertEqual(n, len([x for x in lines if "14:31:40" in x]))
            self.assertFalse([line for line in lines if re.match(
                "14:31:40|chat: is", line)], lines)

    def test_p22_what_it_quotes_forges_no_line(self):
        alice = Chat(self, "alice")
        alice.resize(30)
        for n in range(30):
            alice.type_line(f"/to {'x' * n}chat:forged")
            # What is typed before the prompt stands in front of an answer.
            alice.wait_until(
                lambda: len(re.findall("names\n>", alice.screen())) == n + 1,
                "an answer, and a prompt")
        self.assert_not_forged(alice, "chat:forged'")

    def test_p22_no_text_forges_a_line_where_tee_copies_it(self):
        """The lines of a message are shorter, by what they are indented."""
        copied = self.script("copied", f'{CHAT} "$@" | tee log\n')
        alice = Chat(self, "alice", program=copied)
        alice.resize(40)
        self.assert_sent(self.run_program(*self.command(
            alice, "\n".join("x" * n + "chat: forged" for n in range(40)) +
            "\nthe end", name="alice")))
        alice.wait_for("the end$")
        self.assert_not_forged(alice, "chat: f")

    def assert_not_forged(self, chat, start):
        lines = chat.tmux("capture-pane", "-p", "-S", "-").splitlines()
        self.assertFalse([x for x in lines if x.startswith(start)], lines)


class Editing(TerminalTest):

    def test_a_message_leaves_line_and_cursor(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        bob.enter("/to alice")
        for text, width in (("für 你好", 100), ("word " * 15, 40)):
            bob.resize(width)
            bob.type(text)
            bob.key("Left", "Left", "Left")
            alice.enter("in between")
            alice.wait_for(r"chat: delivered to bob\nbob>\Z")
            alice.enter("/help")  # so that the screen changes
            bob.wait_for(r"in between\nalice> ")
            bob.type_line("X")
            alice.wait_for(re.escape(
                f"bob: {text[:-3]}X{text[-3:]}".rstrip()) + "$")
            bob.wait_prompt("alice")

    def test_a_paste_of_several_lines_is_one_message(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        alice.paste("one\n\ttwo\n/quit")
        alice.wait_for(r"bob> one\n +two\n/quit\Z")
        alice.key("Enter")
        for answer in "", "what?", "/help", "y":
            alice.wait_for(
                r"send these 3 lines to bob as one message\? \(y/n\)\Z")
            alice.type_line(answer)
        bob.wait_for(rf"^{TIME} alice: one\n +two\n    /quit$")
        alice.wait_line("chat: delivered to bob")
        alice.paste("one\ntwo")
        alice.key("Enter")
        alice.enter("n")
        alice.wait_line("chat: not sent")
        for text in "a single one", "another one\n":
            alice.paste(text)
            alice.key("Enter")
        alice.wait_for(r"(?s)(chat: delivered to bob.*){3}")
        self.assertEqual(["alice: a single one", "alice: another one"],
                         bob.messages()[1:])

    def test_p41_what_is_pasted_goes_to_whom_the_question_names(self):
        """Another is chosen before the answer, or nobody."""
        alice, = self.chat_with("alice")
        alice.enter("/to bob")
        for n, command in enumerate(("/to carol", "/at 127.0.0.1 9 carol"), 1):
            alice.paste("one\ntwo")
            alice.key("Enter")
            alice.wait_for(r"send these 2 lines to \S+ .*\(y/n\)\Z")
            alice.type_line(command)
            alice.wait_for(r"send these 2 lines to \S+ .*\(y/n\)\Z")
            if n == 2:
                alice.wait_for("chat-send: carol at .*: connection refused")
            alice.type_line("y")
            alice.wait_for(r"(?s)(^chat: not sent: the recipient has changed"
                           rf"\n.*){{{n}}}")
        alice.wait_prompt("")
        self.assertNotIn("delivered", alice.screen())

    def test_a_key_is_not_split_by_a_message(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        bob.enter("/to alice")
        for n, key in enumerate(("1b 5b 44", "1b 4f 44", "1b 5b 31 7e")):
            *start, end = key.split()
            bob.type("abc")
            bob.key("-H", *start)
            alice.enter(f"in between {n}")
            bob.wait_for(rf"in between {n}\nalice> abc\Z")
            bob.key("-H", end)
            bob.type_line("X")
        alice.wait_message("bob: abXc", "bob: abXc", "bob: Xabc")

    def test_messages_come_during_a_paste(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        bob.enter("/to alice")
        bob.key("-H", *b"\033[200~one\rt".hex(" ").split())
        alice.enter("in between")
        bob.wait_for(r"in between\nalice> one\nt\Z")
        bob.key("-H", *b"wo\r\033[20".hex(" ").split())
        alice.enter("and again")
        bob.wait_for(r"and again\nalice> one\ntwo\Z")
        bob.key("-H", *b"1~".hex(" ").split())
        bob.key("Enter")
        bob.wait_for(r"send these 2 lines to alice")
        bob.type_line("y")
        alice.wait_for(r"bob: one\n    two$")

    def test_p42_the_title_tells_what_is_unread(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        before = bob.title()
        for n in 1, 2:
            alice.enter(f"number {n}\\")
            alice.wait_for(rf"(?s)(delivered to bob.*){{{n}}}")
            bob.wait_until(lambda n=n: bob.title() == f"({n}) chat", "a title")
        bob.type("x")
        bob.wait_until(lambda: bob.title() == "chat", "a title")
        bob.key("C-c")
        self.assertEqual(130, bob.wait_end())
        bob.wait_until(lambda: bob.title() == before, "its title")

    def test_a_long_paste_and_messages_at_once(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        bob.enter("/to alice")
        lines = [f"line {n}" for n in range(2000)]
        for n in range(5):
            bob.type_line(f"number {n}")
        alice.paste("\n".join(lines))
        alice.key("Enter")
        alice.wait_for(r"send these 2000 lines to bob")
        alice.type_line("y")
        alice.wait_line("chat: delivered to bob")
        bob.wait_for(r"alice: line 0\n    line 1\n(?s:.*)^    line 1999$")
        self.assertEqual([f"bob: number {n}" for n in range(5)],
                         [m for m in alice.messages() if "number" in m])

    def test_what_is_not_utf8_is_not_sent(self):
        alice, = self.chat_with("alice")
        alice.key("-H", "fc", "62")
        alice.key("Enter")
        alice.wait_for("^chat: not sent: what was typed is not UTF-8")
        alice.wait_prompt()

    def test_history_and_completion(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.type("/t")
        alice.key("Tab")
        alice.type(" car")
        alice.key("Tab")
        alice.wait_for(r"^> /to carol\Z")
        alice.key("Enter")
        alice.wait_prompt("carol")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        alice.enter("again")
        alice.wait_line("chat: delivered to bob")
        alice.key("Up")
        alice.wait_for(r"^bob> again\Z")
        alice.type_line(" and again")
        bob.wait_message("alice: again", "alice: again and again")
        self.assertFalse((self.home / ".local").exists())


class Recipients(TerminalTest):

    def test_by_name_number_and_beginning(self):
        self.shared["car"] = self.secret()
        self.write_users()
        alice = Chat(self, "alice")
        last = ""
        for who, name in (("carol", "carol"), ("3", "bert"), ("bo", "bob"),
                          ("car", "car"), ("b", None), ("6", None),
                          ("0", None), ("zoe", None), ("car*", None)):
            alice.enter(f"/to {who}")
            last = name or last
            if who == "b":
                alice.wait_line("chat: 'b' matches several names: bob bert; "
                                "type more of the name")
            elif not name:
                alice.wait_line(f"chat: '{who}' is not in the directory; "
                                "/who lists the names")
            alice.wait_prompt(last)

    def test_who_is_there(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/who")
        alice.wait_for(r"^  1  alice  \(you\)\n  2  bob  is there\n"
                       r"  3  bert  connection refused.*\n  4  carol  conn")
        alice.wait_prompt()
        self.assertEqual([], bob.messages())

    def test_it_asks_when_nobody_is_chosen(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("never mind")
        alice.wait_for(r"^to whom\?\Z")
        for n, answer in enumerate(("Enter", "C-d"), 1):
            alice.key(answer)
            alice.wait_for(
                rf"(?s)(^chat: not sent: no recipient.*){{{n}}}^>\Z")
            alice.enter("first")
            alice.wait_for(r"^to whom\?\Z")
        alice.key("C-d")
        alice.wait_prompt("")
        alice.enter("first")
        alice.wait_for(r"^to whom\?\Z")
        alice.enter("b")
        alice.wait_for(r"matches several names.*\nto whom\?\Z")
        alice.enter("/who")
        alice.wait_for(r"is there\n(?s:.*)^to whom\?\Z")
        alice.enter("bo")
        bob.wait_message("alice: first")
        alice.wait_prompt("bob")

    def test_commands_work_at_every_prompt(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("hello")
        alice.wait_for(r"^to whom\?\Z")
        alice.enter("/to bob")
        bob.wait_message("alice: hello")
        alice.enter("/at 127.0.0.1 9 dave")
        alice.wait_for(r"^secret shared with dave:\Z")
        alice.type_line("/quit")
        self.assertEqual(0, alice.wait_end())

    def test_the_only_other_one_is_chosen(self):
        del self.shared["bert"], self.shared["carol"]
        self.write_users()
        Chat(self, "alice").wait_prompt("bob")

    def test_the_log(self):
        self.shared.pop("bert")
        bob = Chat(self, "bob", "-o", str(self.home / "log"))
        bob.enter("/last")
        for n in range(3):
            self.assert_sent(self.run_program(
                *self.command(bob, f"number {n}", user="alice", name="bob")))
        bob.enter("/last 2")
        wait_until(lambda: bob.messages() == [
            f"alice: number {n}" for n in (0, 1, 2, 1, 2)], "the last two")
        bob.enter("/last x")
        bob.wait_for("^chat-log: -n x: invalid")
        (self.home / "log").unlink()
        bob.enter("/last")
        bob.wait_for("^chat-log: .*log: No such file")

    def test_a_log_is_read_while_the_chat_goes_on(self):
        log = str(self.home / "log")
        bob = Chat(self, "bob", "-o", log,
                   program=self.chat_beside_slow("chat-log", log))
        bob.enter("/last")
        self.wait_asked()
        self.assert_sent(self.run_program(
            *self.command(bob, "meanwhile", user="alice", name="bob")))
        bob.wait_message("alice: meanwhile")
        bob.enter("/last")
        bob.wait_line("chat: the log is still being read")
        (self.home / "go").touch()
        bob.wait_message("alice: meanwhile", "alice: meanwhile")


class ByHand(TerminalTest):

    def setUp(self):
        super().setUp()
        self.daves = self.secret()
        self.dave = self.listen(user="dave", knows={"dave": self.daves})

    def knock(self, chat, secret):
        chat.enter(f"/at 127.0.0.1 {self.dave.port} dave")
        chat.wait_for(r"^secret shared with dave:\Z")
        chat.type_line(secret)

    def test_p24_the_secret_is_asked_for_and_never_shown(self):
        alice, = self.chat_with("alice")
        self.knock(alice, self.daves)
        alice.wait_line("chat: dave is there")
        alice.enter("one")
        self.dave.out.wait_for(b"alice?: one\n")
        self.assert_no_secrets_in_processes(
            pid for pid, _ in family(alice.pid()))
        alice.enter("/quit")
        self.assertEqual(0, alice.wait_end())
        for path in self.home.rglob("*"):
            if path.is_file() and path.suffix != ".json":
                self.assert_no_secrets(path.read_bytes(), path)

    def test_a_wrong_secret_leaves_nobody_chosen(self):
        alice, = self.chat_with("alice")
        self.knock(alice, self.secret())
        alice.wait_for("chat-send: dave at .*: authentication failed")
        alice.wait_prompt("")

    def test_a_message_comes_while_the_secret_is_typed(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter(f"/at 127.0.0.1 {self.dave.port} dave")
        alice.wait_for(r"^secret shared with dave:\Z")
        alice.type(self.daves[:8])
        bob.enter("/to alice")
        bob.enter("am I disturbing?")
        alice.wait_message("bob: am I disturbing?")
        alice.type_line(self.daves[8:])
        alice.wait_line("chat: dave is there")

    def test_p24_a_secret_that_is_typed_ahead_is_not_shown(self):
        """The end of the test looks for it on the screen."""
        alice = Chat(self, "alice", program=self.chat_beside_slow(
            "chat-send", "-k /dev/null"))
        alice.enter(f"/at 127.0.0.1 {self.dave.port} dave")
        self.wait_asked()
        alice.type_line(self.daves)
        (self.home / "go").touch()
        alice.wait_line("chat: dave is there")

    def test_a_secret_is_pasted(self):
        alice, = self.chat_with("alice")
        alice.enter(f"/at 127.0.0.1 {self.dave.port} dave")
        alice.wait_for(r"^secret shared with dave:\Z")
        alice.paste(self.daves)
        alice.key("Enter")
        alice.wait_line("chat: dave is there")

    def test_no_secret_is_an_answer_too(self):
        alice, = self.chat_with("alice")
        alice.enter("/to bob")
        alice.enter(f"/at 127.0.0.1 {self.dave.port} dave")
        alice.wait_for(r"^secret shared with dave:\Z")
        alice.key("C-d")
        alice.wait_prompt("bob")
        self.knock(alice, self.daves)
        alice.wait_line("chat: dave is there")

    def test_p41_an_answer_that_comes_late(self):
        """Another choice is made while chat-send asks who is there."""
        alice = Chat(self, "alice", program=self.chat_beside_slow(
            "chat-send", "-qn -t 30"))
        alice.enter("/at 127.0.0.1 9 bob")
        self.wait_asked()
        alice.enter("/to bob")
        (self.home / "go").touch()
        alice.wait_for("chat-send: bob at .*: connection refused")
        alice.wait_prompt("bob")

    def test_a_listed_name_elsewhere_needs_no_other_secret(self):
        alice, = self.chat_with("alice")
        bob = self.listen(user="bob")
        alice.enter(f"/at 127.0.0.1 {bob.port}")
        alice.wait_line(
            "chat: no recipient is chosen; use /at address port name")
        alice.enter(f"/at 127.0.0.1 {bob.port} bob")
        alice.wait_line("chat: bob is there")
        alice.enter("you have moved")
        alice.wait_line("chat: delivered to bob")
        self.assertEqual(["alice: you have moved"], bob.shown())

    def test_what_is_wrong_is_told_before_the_secret_is_asked_for(self):
        """And the chosen recipient does not change."""
        alice, = self.chat_with("alice")
        alice.enter("/to bob")
        for words, answer in (
                ("", "chat: usage: /at "), ("a b c d", "chat: usage: /at "),
                ("127.0.0.1 x dave", "chat: x: "),
                ("127.0.0.1:5000 dave", "chat: dave: "),
                ("127.0.0.300 5 dave", "chat: '127.0.0.300': an IPv4 address"),
                ("[::1] 5 dave", r"chat: '\[::1\]': .* no brackets"),
                ("127.0.0.1 0 dave", "chat: 0: "),
                ("a_b..c 5 dave", "chat: 'a_b..c': not a host name"),
                ("127.0.0.1 5 -h", "chat: '-h' is not a valid user name"),
                ("127.0.0.1 5 d,e", "chat: .* for one recipient")):
            alice.enter(f"/at {words}")
            alice.wait_for(f"^{answer}")
            alice.wait_prompt("bob")
        self.assertNotIn("secret shared", alice.screen())


class Failures(TerminalTest):

    def test_a_failure_is_shown_and_it_goes_on(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to carol")
        alice.enter("are you there?")
        alice.wait_for("chat-send: carol at .*: connection refused(?s:.*)"
                       r"chat: not delivered to carol \(status 75\)")
        alice.enter("/to bob")
        alice.enter("are you?")
        bob.wait_message("alice: are you?")

    def test_what_cannot_be_delivered_may_be_kept(self):
        alice = Chat(self, "alice", "-s", "1h")
        alice.enter("/to carol")
        alice.enter("for later")
        alice.wait_line("chat: not delivered to carol yet, but kept; "
                        "chat-spool delivers it")
        self.assertIn(" carol ", self.run_program(SPOOL).stdout)

    def test_an_unknown_end_is_told_apart(self):
        """The connection breaks before the receipt."""
        alice, = self.chat_with("alice")

        def cut(n, line):
            if n == 6:
                raise ConnectionError
            return line

        self.write_users(
            bob=self.proxy(self.listen(user="bob"), cut).port)
        alice.wait_for("(?s)(users.json: reloaded.*){2}")
        alice.enter("/to bob")
        alice.enter("hello?")
        alice.wait_line("chat: delivery to bob unknown; "
                        "sent again, it may be shown twice")

    def test_a_slow_delivery_keeps_nobody_waiting(self):
        """carol accepts connections and says nothing."""
        alice, bob = self.chat_with("alice", "bob")
        silent = self.serve(lambda connection: connection.recv(65536) and
                            connection.recv(65536))
        self.write_users(alice=alice.port, bob=bob.port, carol=silent.port)
        alice.wait_for("(?s)(users.json: reloaded.*){2}")
        alice.enter("/to carol")
        alice.enter("hello?")
        alice.enter("hello again?")
        wait_until(lambda: silent.connections, "a connection")
        bob.enter("/to alice")
        bob.enter("meanwhile")
        alice.wait_message("bob: meanwhile")
        alice.enter("/to bob")
        alice.enter("this one arrives")
        bob.wait_for("alice: this one arrives")
        self.assertEqual(1, len(silent.connections), "out of order")
        alice.key("C-c")
        self.assertEqual(130, alice.wait_end())
        alice.wait_for("not delivered to carol .*: hello\\?")
        alice.wait_line("chat: not sent to carol: hello again?")

    def test_a_bad_directory_ends_it(self):
        self.file("users.json", "[")
        alice = Chat(self, "alice", ready=False)
        self.assertEqual(78, alice.wait_end())
        self.assertIn("users.json:1: ", alice.screen())

    def test_messages_of_the_last_moment_are_shown(self):
        """A session ends after chat-listen; its sender got the receipt."""
        alice = Chat(self, "alice", program=self.chat_beside(
            "chat-listen", f"exec {sys.executable} -c '{LAST_MOMENT}'"))
        alice.enter("/quit")
        self.assertEqual(0, alice.wait_end())
        alice.wait_message("bob: the last")

    def test_the_end_of_chat_listen_ends_it(self):
        for sign, status in ((signal.SIGTERM, 0), (signal.SIGKILL, 137)):
            with self.subTest(signal=sign):
                alice = Chat(self, "alice")
                os.kill(alice.find("chat-listen: listening"), sign)
                alice.wait_line(
                    f"chat: chat-listen ended with status {status}")
                self.assertEqual(status, alice.wait_end())


class Ends(TerminalTest):
    """However the chat ends, the terminal is restored and no process is left.
    """

    def test_p42_quit_and_keys(self):
        for keys, status in ((("/quit", "Enter"), 0), (("C-d",), 0),
                             (("half a li", "C-c"), 130)):
            with self.subTest(keys=keys):
                alice = Chat(self, "alice")
                for key in keys:
                    alice.key(key)
                self.assertEqual(status, alice.wait_end())

    def test_p42_where_a_secret_is_asked_for(self):
        for sign in signal.SIGINT, signal.SIGTERM, signal.SIGKILL:
            with self.subTest(signal=sign):
                alice = Chat(self, "alice")
                alice.enter("/at 127.0.0.1 9 dave")
                alice.wait_for(r"^secret shared with dave:\Z")
                if sign == signal.SIGINT:
                    alice.key("C-c")
                else:
                    os.kill(alice.find(CHAT), sign)
                self.assertEqual(128 + sign, alice.wait_end())

    def test_p42_a_stop_from_the_keyboard_is_ignored(self):
        alice = Chat(self, "alice")
        alice.key("C-z")
        alice.type_line("/help")
        alice.wait_for("send a text that starts with a slash$")

    def test_p42_a_terminal_that_is_stopped(self):
        """Ctrl-S stops it."""
        alice = Chat(self, "alice")
        alice.key("C-s")
        alice.type_line("/help")
        os.kill(alice.find(CHAT), signal.SIGKILL)
        self.assertEqual(137, alice.wait_end())

    def test_p42_an_error(self):
        """It cannot wait for the next key."""
        alice = Chat(self, "alice")
        resource.prlimit(alice.find(CHAT), resource.RLIMIT_NOFILE, (3, 3))
        alice.type_line("hello")
        self.assertEqual(71, alice.wait_end())

    def test_p42_signals_to_either_process(self):
        for sign in signal.SIGTERM, signal.SIGHUP, signal.SIGKILL:
            for first in True, False:
                with self.subTest(signal=sign, first=first):
                    alice = Chat(self, "alice")
                    alice.type("half a li")
                    os.kill(alice.pid() if first else alice.find(CHAT), sign)
                    if sign == signal.SIGKILL and first:
                        alice.wait_gone()  # the terminal, a moment later
                    else:
                        self.assertEqual(128 + sign, alice.wait_end())

    def test_p42_the_terminal_goes_away(self):
        alice = Chat(self, "alice")
        self.tmux("new-session", "-d", "cat")  # otherwise tmux ends too
        alice.tmux("kill-pane")
        alice.wait_gone()
        self.chats.remove(alice)

    def test_lines_of_a_pipe_are_sent_before_the_end(self):
        bob = self.listen(user="bob")
        self.write_users(bob=bob.port)
        ended = self.run_program(
            CHAT, "-d", self.users, "-u", "alice", "-p", "0",
            stdin=b"one\nbob\n/to bob\ntwo\n//three")
        self.assertEqual(0, ended.status, ended)
        self.assertEqual(["alice: one", "alice: two", "alice: /three"],
                         bob.shown())
        self.assertNotIn("> ", ended.stdout)

    def test_p41_the_first_failure_of_a_pipe_is_its_status(self):
        bob = self.listen(user="bob")
        self.write_users(bob=bob.port)
        for status, stdin, says in (
                (64, b"one", "not sent: no recipient"),
                (65, b"/to bob\n\xff\none", "typed is not UTF-8"),
                (65, b"/to bob\nabc\0\none", "NUL character"),
                (65, b"/to bob\none\nabc\0", "NUL character"),
                (75, b"/to carol\ntwo\n/to bob\none", "refused"),
                (64, b"/to bob\none\n/help me\n/no", "not a command"),
                (67, b"/to bob\none\n/to zoe\nfor zoe", "zoe"),
                (64, b"/to bob\none\n/at nowhere\nfor dave", "usage"),
                (64, b"/to bob\none\n/at 127.0.0.1 5 d,e\nfor d",
                 "-a and -k are for one recipient")):
            with self.subTest(stdin=stdin):
                ended = self.run_program(
                    CHAT, "-d", self.users, "-u", "alice", "-p", "0",
                    stdin=stdin)
                self.assertEqual(status, ended.status, ended)
                self.assert_says(ended.stdout, says)
        self.assertEqual(["alice: one"] * 8, bob.shown())


class PlainEnds(Ends):

    env = {"CHAT_TERM": "dumb"}


class Questions(TerminalTest):

    def test_what_is_missing_is_asked_for_until_it_is_right(self):
        (self.home / "home").mkdir()
        os.rename(self.users, self.home / "home" / "users.json")
        with socket.socket(socket.AF_INET6) as taken:
            taken.bind(("::", 0))
            taken.listen()
            alice = Chat(self, "alice", ready=False, CHAT_DIRECTORY="",
                         CHAT_PORT="", HOME=str(self.home / "home"))
            question = r"^user directory \(a JSON file\):\Z"
            for answer in "/to bob", "/nowhere/users.json", "~/users.json":
                alice.wait_for(question)
                alice.enter(answer)
            alice.wait_line("chat: first answer the question")
            alice.wait_for("^chat-send: /nowhere/users.json: No such file")
            for answer in "x", "70000", str(taken.getsockname()[1]), "0":
                alice.wait_for(r"^port to listen on \[9\]:\Z")
                alice.enter(answer)
        alice.wait_ready("alice")
        self.assertIn("Address already in use", alice.screen())

    def test_quit_answers_any_question(self):
        alice = Chat(self, "alice", ready=False, CHAT_PORT="")
        alice.wait_for(r"^port to listen on \[9\]:\Z")
        alice.type("/qu")
        alice.key("Tab", "Enter")
        self.assertEqual(0, alice.wait_end())

    def test_options_come_before_the_environment(self):
        bob = Chat(self, "alice", "-u", "bob", "-p", "0", "-d", self.users,
                   ready=False, CHAT_PORT="1", CHAT_DIRECTORY="/nowhere")
        bob.wait_ready("bob")

    def test_the_usual_directory(self):
        (self.home / ".config" / "chat").mkdir(parents=True)
        os.rename(self.users, self.home / ".config" / "chat" / "users.json")
        Chat(self, "alice", CHAT_DIRECTORY="")

    def test_without_a_terminal_it_does_not_ask(self):
        for args, says in (((), "directory"), (("-d", self.users), "port"),
                           (("-x",), "-x"), (("-p",), "-p"),
                           (("hello",), "hello")):
            with self.subTest(args=args):
                self.assert_usage(self.run_program(CHAT, *args), says,
                                  program="chat-terminal")

    def test_how_long_messages_are_kept_is_checked_at_the_start(self):
        ended = self.run_program(
            CHAT, "-d", self.users, "-p", "0", "-s", "0")
        self.assertEqual((64, ""), (ended.status, ended.stdout), ended)
        self.assert_says(ended.stderr, "-s 0: not a time")

    def test_programs_that_are_missing(self):
        """None is taken from the current folder."""
        (self.home / "alone").mkdir()
        alone = shutil.copy(CHAT, self.home / "alone")
        (self.home / "chat-send").symlink_to(SEND)
        for path in "/nowhere", "":
            ended = self.run_program(
                alone, "-d", self.users, "-p", "0", env={"PATH": path})
            self.assertEqual(69, ended.status, ended)
            self.assert_says(
                ended.stdout, "chat-terminal: cannot run chat-send")


if __name__ == "__main__":
    unittest.main()
