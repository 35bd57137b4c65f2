"""chat-terminal: people at terminals who talk to each other."""
import json
import os
import re
import signal
import stat
import subprocess
import unittest

from harness import BUILD, LISTEN, ROOT, ChatTest, Listener
from process import read_proc, title_of, wait_until

# Runs in a terminal of tmux: the chat, its id and exit status, and the
# terminal's settings before and after. Ctrl-C goes to the chat.
PANE = """
trap : INT
stty -g >"$1.before"
sh -c 'echo $$ >"$0.pid"; exec "$@"' "$@"
echo $? >"$1.status"
stty -g >"$1.after"
exec cat >/dev/null
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

    def __init__(self, test, user, *args, ready=True, **env):
        self.test = test
        self.session = f"{user}-{len(test.chats)}"
        self.path = str(test.home / self.session)
        self.tmp = test.home / f"{self.session}.tmp"
        self.tmp.mkdir()
        env = {"CHAT_DIRECTORY": test.users, "CHAT_PORT": "0",
               "CHAT_USER": user, "TMPDIR": str(self.tmp)} | test.env | env
        settings = [word for key, value in env.items()
                    for word in ("-e", f"{key}={value}")]
        test.tmux("new-session", "-d", "-x", "100", "-y", "200", *settings,
                  "-s", self.session, "/bin/sh", "-c", PANE, "sh",
                  self.path, test.program, *args)
        test.chats.append(self)
        if ready:
            self.port = int(self.wait_for(
                rf"^chat-listen: listening on \S+:(\d+) as {user}$")[1])
            self.wait_prompt()
            self.family = family(self.pid())

    def tmux(self, command, *args):
        return self.test.tmux(command, "-t", f"={self.session}:", *args)

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

    def key(self, name):
        self.tmux("send-keys", name)

    def enter(self, text):
        """Answers a prompt or question, and waits until the answer is taken.
        """
        self.wait_for(r"^[^>\n]*[>?:]\Z")
        before = self.screen()
        self.type_line(text)
        self.wait_until(lambda: self.screen() != before, "an echo")

    def type_line(self, text):
        """Types a line in any state."""
        self.type(text)
        self.key("Enter")

    # What remains of it.

    def read(self, name):
        with open(f"{self.path}.{name}", encoding="ascii") as file:
            return file.read()

    def pid(self):
        return int(self.read("pid"))

    def wait_end(self):
        """Returns its exit status; only the terminal remains, as it was."""
        self.wait_until(lambda: os.path.exists(self.path + ".after") and
                        self.read("after"), "its end")
        self.test.assertEqual(self.read("before"), self.read("after"))
        self.wait_gone()
        return int(self.read("status"))

    def wait_gone(self):
        """Expects no processes and no files."""
        wait_until(lambda: not living(self.family) and
                   not os.listdir(self.tmp),
                   f"the end of {living(self.family)}")


class ChatScriptTest(ChatTest):
    """Without rlwrap: the terminal's own line editing."""

    once = True
    env = {"CHAT_PLAIN": "1"}

    def setUp(self):
        super().setUp()
        self.need("tmux", *() if self.env else ("rlwrap",))
        self.chats = []
        (self.home / "bin").mkdir()
        for name in ("chat-terminal", "chat-room", "chat-commands"):
            (self.home / "bin" / name).symlink_to(ROOT / "scripts" / name)
        (self.home / "build").symlink_to(BUILD)
        self.program = str(self.home / "bin" / "chat-terminal")
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

    def write_users(self, **ports):
        """Writes a directory of all; only these have an address."""
        return self.file("users.json", json.dumps(
            [{"username": user, "password": password, "ip": "127.0.0.1",
              "port": ports.get(user, 9)}
             for user, password in self.shared.items()]))

    def chat_with(self, *users, **env):
        """Starts chats of these users, who can write to each other."""
        chats = [Chat(self, user, **env) for user in users]
        self.write_users(**{u: c.port for u, c in zip(users, chats)})
        return chats


class Talk(ChatScriptTest):

    def test_both_ways(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        alice.enter("hello, bob")
        bob.wait_message("alice: hello, bob")
        alice.wait_line("chat: delivered to bob")
        bob.enter("/to alice")
        bob.wait_prompt("alice")
        bob.enter("hello, alice")
        alice.wait_message("bob: hello, alice")
        alice.wait_prompt("bob")

    def test_both_ways_at_once(self):
        alice, bob = self.chat_with("alice", "bob")
        for chat, other in ((alice, "bob"), (bob, "alice")):
            chat.enter(f"/to {other}")
            chat.wait_prompt(other)
        for n in range(10):
            alice.type_line(f"number {n}")
            bob.type_line(f"number {n}")
        for chat, other in ((alice, "bob"), (bob, "alice")):
            chat.wait_for("".join(
                rf"(?s:.*?) {other}: number {n}$" for n in range(10)))
            chat.wait_for(r"(?s)(delivered to .*){10}")
            chat.wait_prompt()

    def test_a_message_does_not_garble_what_is_being_typed(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        bob.type("/to ali")
        bob.wait_line("> /to ali")
        alice.enter("in between")
        bob.wait_message("alice: in between")
        self.assert_typed(bob, ">", "/to ali")
        bob.type_line("ce")
        bob.wait_prompt("alice")
        bob.type("this is ")
        bob.wait_line("alice> this is")
        alice.enter("between again")
        bob.wait_message("alice: in between", "alice: between again")
        self.assert_typed(bob, "alice>", "this is")
        bob.type_line("whole")
        alice.wait_message("bob: this is whole")

    def assert_typed(self, chat, prompt, typed):
        """Expects it in the line above the message, in a line of its own."""
        chat.wait_for(rf"^{prompt} {typed}\n{TIME} .*\n{prompt}\Z")

    def test_lines_of_a_message_stay_together(self):
        alice = Chat(self, "alice")
        bob = self.command(alice, "one\ntwo\nthree", name="alice")
        self.assert_sent(self.run_program(*bob))
        alice.wait_for(
            rf"^{TIME} bob: one\n    two\n    three\n>\Z")

    def test_what_is_typed_arrives_as_it_is(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        texts = ("  leading and trailing  ", r"a \n b \\ c \033[1m $HOME `id`",
                 "* ? [a-z] ~", "-n", "-", "--", "%s %d", "'one' \"two\"",
                 "Grüße, 你好")
        for n, text in enumerate(texts, 1):
            alice.enter(text)
            alice.wait_for(rf"(?s)(chat: delivered to bob.*){{{n}}}")
        bob.wait_message(*(f"alice: {text}".rstrip() for text in texts))

    def test_slashes(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.enter("//tmp is a folder")
        bob.wait_message("alice: /tmp is a folder")
        alice.enter("/tmp")
        alice.wait_line("chat: '/tmp' is not a command; "
                        "/help lists the commands")
        alice.enter("/help")
        alice.wait_for(r"^  /at address port \[name\]$")
        alice.wait_prompt("bob")


class Recipients(ChatScriptTest):

    def test_by_name_number_and_beginning(self):
        alice, = self.chat_with("alice")
        for who, name in (("carol", "carol"), ("3", "bert"), ("bo", "bob"),
                          ("1", "alice"), ("b", None), ("ber", "bert"),
                          ("5", None), ("0", None), ("zoe", None),
                          ("car*", None), ("alice2", None), ("2", "bob")):
            with self.subTest(who=who):
                alice.enter(f"/to {who}")
                if name:
                    alice.wait_prompt(name)
                    last = name
                elif who == "b":
                    alice.wait_line("chat: 'b' matches several names: bob bert; "
                        "type more of the name")
                else:
                    alice.wait_line(f"chat: '{who}' is not in the directory; "
                                    "/who lists the names")
                alice.wait_prompt(last)

    def test_a_name_counts_more_than_a_number_or_a_beginning(self):
        self.shared |= {"1": self.secret(), "car": self.secret()}
        alice, = self.chat_with("alice")
        for who in ("1", "car"):
            alice.enter(f"/to {who}")
            alice.wait_prompt(who)

    def test_who_lists_and_numbers_them(self):
        alice, = self.chat_with("alice")
        alice.enter("/who")
        alice.wait_for("^  1  alice\n  2  bob\n  3  bert\n  4  carol\n>\\Z")

    def test_it_asks_when_nobody_is_chosen(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("first")
        alice.wait_for(r"^to whom\?\Z")
        alice.enter("b")
        alice.wait_line("chat: 'b' matches several names: bob bert; "
                        "type more of the name")
        alice.wait_for(r"^to whom\?\Z")
        alice.enter("bo")
        bob.wait_message("alice: first")
        alice.wait_prompt("bob")
        alice.enter("second")  # the history
        bob.wait_message("alice: first", "alice: second")

    def test_no_answer_is_no_message(self):
        alice, = self.chat_with("alice")
        alice.enter("never mind")
        alice.wait_for(r"^to whom\?\Z")
        alice.key("Enter")
        alice.wait_line("chat: not sent: no recipient")
        alice.wait_prompt("")

    def test_the_only_other_one_is_chosen(self):
        del self.shared["bert"], self.shared["carol"]
        self.write_users()
        Chat(self, "alice").wait_prompt("bob")


class ByHand(ChatScriptTest):
    """alice's directory does not list dave; his lists only himself."""

    def setUp(self):
        super().setUp()
        self.daves = self.secret()
        self.dave = Listener(
            self, LISTEN, "-p", "0", "-u", "dave", "-d",
            self.directory({"dave": self.daves}, name="dave.json"))

    def test_the_secret_is_asked_for_and_never_shown(self):
        alice, = self.chat_with("alice")
        self.knock(alice, self.daves)
        alice.wait_line("chat: dave is there")
        for text in ("one", "two"):
            alice.enter(text)
            alice.wait_prompt("dave")
        self.dave.out.wait_for(b"alice?: two\n")
        alice.enter("/quit")
        self.assertEqual(0, alice.wait_end())
        self.assertEqual(["alice?: one", "alice?: two"], self.dave.shown())
        self.assert_hidden(alice)

    def knock(self, chat, secret):
        chat.enter(f"/at 127.0.0.1 {self.dave.port} dave")
        chat.wait_for(r"^secret shared with dave:\Z")
        self.assert_nobody_has_it(chat)
        chat.enter(secret)

    def assert_nobody_has_it(self, chat):
        self.assert_no_secrets_in_processes(
            pid for pid, _ in family(chat.pid()))

    def assert_hidden(self, chat):
        self.assert_no_secrets(chat.screen().encode(), "the screen")
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
        self.assert_hidden(alice)

    def test_a_listed_name_elsewhere_needs_no_other_secret(self):
        alice, = self.chat_with("alice")
        bob = self.listen(user="bob")
        alice.enter(f"/at 127.0.0.1 {bob.port} bob")
        alice.wait_line("chat: bob is there")
        alice.enter("you have moved")
        alice.wait_line("chat: delivered to bob")
        self.assertEqual(["alice: you have moved"], bob.shown())

    def test_without_a_name_it_is_the_present_one(self):
        alice, = self.chat_with("alice")
        bob = self.listen(user="bob")
        alice.enter(f"/at 127.0.0.1 {bob.port}")
        alice.wait_line("chat: no recipient is chosen; "
                        "use /at address port name")
        alice.enter("/to bob")
        alice.enter(f"/at 127.0.0.1 {bob.port}")
        alice.wait_line("chat: bob is there")

    def test_nonsense(self):
        alice, = self.chat_with("alice")
        for words, answer in (
                ("", "chat: usage: /at "), ("a b c d", "chat: usage: /at ")):
            alice.enter(f"/at {words}")
            alice.wait_for(f"^{answer}")
        alice.enter("/at 127.0.0.1:5000 bob")  # the second is no port
        alice.wait_for("^chat: bob: invalid; give a number")

    def test_what_is_wrong_is_told_before_the_secret_is_asked_for(self):
        """And the chosen recipient does not change."""
        alice, = self.chat_with("alice")
        alice.enter("/to bob")
        for words, answer in (
                ("127.0.0.1 x dave", "chat: x: "),
                ("127.0.0.1:5000 dave", "chat: dave: "),
                ("127.0.0.300 5 dave", "chat: '127.0.0.300': an IPv4 address"),
                ("127.1 5 dave", "chat: '127.1': an IPv4 address"),
                ("[::1] 5 dave", r"chat: '\[::1\]': .* no brackets"),
                ("fe80::1 5 dave", "chat: 'fe80::1': .* needs its interface"),
                ("127.0.0.1 0 dave", "chat: 0: "),
                ("a_b..c 5 dave", "chat: 'a_b..c': not a host name"),
                ("127.0.0.1 5 -h", "chat: '-h' is not a valid user name"),
                ("127.0.0.1 5 d,e", "chat: .* for one recipient")):
            alice.enter(f"/at {words}")
            alice.wait_for(f"^{answer}")
            alice.wait_prompt("bob")
        self.assertNotIn("secret shared", alice.screen())


class Failures(ChatScriptTest):

    def test_a_failure_is_shown_and_it_goes_on(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to carol")
        alice.enter("are you there?")
        # Typed ahead, it may appear after a prompt that comes late.
        alice.wait_for("chat-send: carol at .*: connection refused")
        alice.wait_line("chat: not delivered to carol (status 75)")
        alice.enter("/to bob")
        alice.enter("are you?")
        bob.wait_message("alice: are you?")

    def test_an_unknown_end_is_told_apart(self):
        """The connection breaks before the receipt."""
        alice, = self.chat_with("alice")
        bob = self.listen(user="bob")

        def cut(n, line):
            if n == 6:
                raise ConnectionError
            return line

        self.write_users(bob=self.proxy(bob, cut).port)
        alice.enter("/to bob")
        alice.enter("hello?")
        alice.wait_line("chat: delivery to bob unknown; "
                        "sent again, it may be shown twice")
        alice.wait_prompt("bob")

    def test_messages_come_while_one_is_being_sent(self):
        """carol accepts connections and says nothing."""
        alice, bob = self.chat_with("alice", "bob")
        silent = self.serve(lambda connection: connection.recv(65536) and
                            connection.recv(65536))
        self.write_users(alice=alice.port, bob=bob.port, carol=silent.port)
        alice.enter("/to carol")
        alice.enter("hello?")
        wait_until(lambda: silent.connections, "a connection")
        bob.enter("/to alice")
        bob.enter("meanwhile")
        alice.wait_message("bob: meanwhile")
        alice.key("C-c")
        self.assertEqual(130, alice.wait_end())

    def test_a_line_longer_than_a_terminal_takes_is_not_sent(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        alice.enter("x" * 4000)
        alice.wait_line("chat: delivered to bob")
        alice.enter("y" * 5000)
        alice.wait_for("^chat: not sent: the line is too long for a terminal")
        alice.enter("z")
        bob.wait_for("alice: z$")
        # Lines are broken, and further lines are indented.
        self.assertIn("alice: " + "x" * 4000,
                      re.sub(r"\n +", "", bob.screen()))

    def test_a_bad_directory_ends_it(self):
        self.file("users.json", "[")
        alice = Chat(self, "alice", ready=False)
        alice.wait_line("chat: chat-listen ended with status 78")
        alice.family = set()
        self.assertEqual(78, alice.wait_end())
        self.assertIn("users.json:1: ", alice.screen())

    def test_the_end_of_chat_listen_ends_it(self):
        for sign, status in ((signal.SIGTERM, 0), (signal.SIGKILL, 137)):
            with self.subTest(signal=sign):
                alice, = self.chat_with("alice")
                listener, = (pid for pid, _ in alice.family if
                             title_of(pid).startswith(
                                 "chat-listen: listening"))
                os.kill(listener, sign)
                alice.wait_line(
                    f"chat: chat-listen ended with status {status}")
                self.assertEqual(status, alice.wait_end())


class Ends(ChatScriptTest):
    """However the chat ends, the terminal is restored and no process is left.
    """

    def test_quit(self):
        alice, = self.chat_with("alice")
        alice.enter("/quit")
        self.assertEqual(0, alice.wait_end())

    def test_end_of_input(self):
        alice, = self.chat_with("alice")
        alice.key("C-d")
        self.assertEqual(0, alice.wait_end())

    def test_interrupt(self):
        alice, = self.chat_with("alice")
        alice.type("half a li")
        alice.wait_for("half a li$")
        alice.key("C-c")
        self.assertEqual(130, alice.wait_end())

    def test_interrupt_where_a_secret_is_asked_for(self):
        alice, = self.chat_with("alice")
        alice.enter("/at 127.0.0.1 9 dave")
        alice.wait_for(r"^secret shared with dave:\Z")
        alice.key("C-c")
        self.assertEqual(130, alice.wait_end())

    signals = (signal.SIGTERM, signal.SIGHUP)

    def test_signals(self):
        for sign in self.signals:
            with self.subTest(signal=sign):
                alice, = self.chat_with("alice")
                os.kill(alice.pid(), sign)
                self.assertEqual(128 + sign, alice.wait_end())

    def test_killed_where_a_secret_is_asked_for(self):
        alice, = self.chat_with("alice")
        alice.enter("/at 127.0.0.1 9 dave")
        alice.wait_for(r"^secret shared with dave:\Z")
        os.kill(alice.pid(), signal.SIGTERM)
        self.assertEqual(143, alice.wait_end())

    def test_killed_just_as_something_is_started(self):
        """Before its id is noted."""
        for script, start, line in (
                ("chat-room", '>"$dir/secret" &', "/at 127.0.0.1 9 dave"),
                ("chat-commands", "| run &", "hello"),
                ("chat-commands", "run -n &", "/at 127.0.0.1 9 bob")):
            with self.subTest(start=start):
                text = (ROOT / "scripts" / script).read_text()
                self.assertEqual(1, text.count(start))
                path = self.home / "bin" / script
                path.unlink()
                path.write_text(text.replace(start, start + " kill $$"))
                path.chmod(0o755)
                alice, = self.chat_with("alice")
                alice.enter("/to bob")
                alice.enter(line)
                self.assertEqual(143, alice.wait_end())
                path.unlink()
                path.symlink_to(ROOT / "scripts" / script)

    def test_killed_outright(self):
        """Only then can nobody restore the terminal."""
        alice, = self.chat_with("alice")
        os.kill(alice.pid(), signal.SIGKILL)
        alice.wait_gone()

    def test_the_terminal_goes_away(self):
        alice, = self.chat_with("alice")
        self.tmux("new-session", "-d", "cat")  # otherwise tmux ends too
        alice.tmux("kill-pane")
        alice.wait_gone()
        self.chats.remove(alice)


class Questions(ChatScriptTest):

    def test_what_is_not_said_is_asked_for(self):
        alice = Chat(self, "alice", ready=False, CHAT_DIRECTORY="",
                     CHAT_PORT="")
        alice.wait_for(r"^port to listen on:\Z")
        alice.enter("0")
        alice.wait_for(r"^user directory \(a JSON file\):\Z")
        alice.enter(self.users)
        alice.wait_for(r"^chat-listen: listening on \S+ as alice$")
        alice.wait_prompt()

    def test_options_come_before_the_environment(self):
        bob = Chat(self, "alice", "-u", "bob", "-p", "0", "-d", self.users,
                   ready=False, CHAT_PORT="1", CHAT_DIRECTORY="/nowhere")
        bob.wait_for(r"^chat-listen: listening on \S+ as bob$")

    def test_the_usual_directory(self):
        (self.home / ".config" / "chat").mkdir(parents=True)
        os.rename(self.users, self.home / ".config" / "chat" / "users.json")
        Chat(self, "alice", CHAT_DIRECTORY="")

    def test_without_a_terminal_it_does_not_ask(self):
        for args, says in (((), "port"), (("-p", "0"), "directory"),
                           (("-x",), "-x"), (("-p",), "-p"), (("hello",),
                                                              "hello")):
            with self.subTest(args=args):
                self.assert_usage(self.run_program(self.program, *args), says,
                                  program="chat-terminal")

    def test_help(self):
        ended = self.run_program(self.program, "-h")
        self.assertEqual((0, ""), (ended.status, ended.stderr))
        self.assertTrue(ended.stdout.startswith("usage: chat-terminal "))

    def test_installed(self):
        """As make install installs it: programs in bin, helpers in libexec."""
        prefix = self.home / "prefix"
        (prefix / "bin").mkdir(parents=True)
        (prefix / "libexec" / "chat").mkdir(parents=True)
        for path, place in (
                (BUILD / "chat-listen", "bin"), (BUILD / "chat-send", "bin"),
                (ROOT / "scripts" / "chat-terminal", "bin"),
                (ROOT / "scripts" / "chat-room", "libexec/chat"),
                (ROOT / "scripts" / "chat-commands", "libexec/chat")):
            (prefix / place / path.name).symlink_to(path)
        self.program = str(prefix / "bin" / "chat-terminal")
        self.environment["PATH"] += f":{prefix}/bin"
        Chat(self, "alice")

    def test_programs_that_are_missing(self):
        (self.home / "build").unlink()
        ended = self.run_program(self.program)
        self.assertEqual(69, ended.status, ended)
        self.assert_says(ended.stderr,
                         "chat-terminal: chat-listen is not in PATH")


# The same with rlwrap, and what only rlwrap can do.


class EditedTalk(Talk):

    env = {}

    def assert_typed(self, chat, prompt, typed):
        """Expects it below the message, unchanged."""
        chat.wait_for(rf"\n{TIME} .*\n{prompt} {typed}\Z")
        self.assertNotRegex(chat.screen(), f"{typed}.*\n.*{typed}")

    def test_history_and_completion(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.type("/to car")
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
        alice.enter("/quit")
        self.assertEqual(0, alice.wait_end())
        history = self.home / ".local" / "state" / "chat" / "history"
        self.assertEqual(
            ["/to carol", "/to bob", "again", "again and again", "/quit"],
            [line.rstrip() for line in history.read_text().splitlines()])
        self.assertEqual(0o600, stat.S_IMODE(history.stat().st_mode))

    def test_a_completed_name_answers_the_question(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("hello")
        alice.wait_for(r"^to whom\?\Z")
        alice.type("bo")
        alice.key("Tab")
        alice.wait_for(r"^to whom\? bob\Z")
        alice.key("Enter")
        bob.wait_message("alice: hello")


class EditedByHand(ByHand):

    env = {}


class EditedFailures(Failures):

    env = {}


class EditedEnds(Ends):

    env = {}
    signals = (signal.SIGTERM,)  # rlwrap restores nothing after SIGHUP


if __name__ == "__main__":
    unittest.main()
