"""Chats in terminals of tmux."""
import json
import os
import re
import shutil
import subprocess

from harness import BUILD, ChatTest
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
