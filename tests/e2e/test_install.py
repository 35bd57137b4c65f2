"""make install, the systemd units, and completion in three shells."""
import json
import os
import re
import shlex
import signal
import socket
import subprocess

import patience
from chat1 import Sender
from harness import BUILD, ROOT, ChatTest, Listener, Program
from process import (Terminal, in_group, listening_port, status_of,
                     wait_until)

FILES = """
755 bin/chat-keygen
755 bin/chat-listen
755 bin/chat-log
755 bin/chat-send
755 bin/chat-spool
755 bin/chat-terminal
644 lib/systemd/system/chat-listen.service
644 lib/systemd/system/chat-listen.socket
644 lib/systemd/system/chat-spool.service
644 lib/systemd/system/chat-spool.timer
644 lib/systemd/user/chat-spool.service
644 lib/systemd/user/chat-spool.timer
644 lib/sysusers.d/chat-listen.conf
755 libexec/chat/check_chat
755 libexec/chat/handle-postgresql
755 libexec/chat/handle-redis
755 libexec/chat/handle-sqlite
644 share/bash-completion/completions/chat-keygen
644 share/bash-completion/completions/chat-listen
644 share/bash-completion/completions/chat-log
644 share/bash-completion/completions/chat-send
644 share/bash-completion/completions/chat-spool
644 share/bash-completion/completions/chat-terminal
644 share/doc/chat-listen/cluster/chat-listen@.service
644 share/doc/chat-listen/cluster/haproxy.cfg
644 share/doc/chat-listen/cluster/probe
644 share/fish/vendor_completions.d/chat-keygen.fish
644 share/fish/vendor_completions.d/chat-listen.fish
644 share/fish/vendor_completions.d/chat-log.fish
644 share/fish/vendor_completions.d/chat-send.fish
644 share/fish/vendor_completions.d/chat-spool.fish
644 share/fish/vendor_completions.d/chat-terminal.fish
644 share/man/man1/chat-keygen.1
644 share/man/man1/chat-listen.1
644 share/man/man1/chat-log.1
644 share/man/man1/chat-send.1
644 share/man/man1/chat-spool.1
644 share/man/man1/chat-terminal.1
644 share/man/man5/chat-users.5
644 share/man/man7/chat-cluster.7
644 share/man/man7/chat-protocol.7
644 share/zsh/site-functions/_chat-send
""".split("\n")[1:-1]
LOADER = "/usr/share/bash-completion/bash_completion"
PROGRAMS = ("chat-keygen", "chat-listen", "chat-log", "chat-send",
            "chat-spool", "chat-terminal")


class InstallTest(ChatTest):
    """Installed into the home of the test."""

    once = True

    def setUp(self):
        super().setUp()
        self.prefix = self.home / "opt"
        self.make("install", f"PREFIX={self.prefix}")
        self.environment["PATH"] = f"{self.prefix}/bin:" + \
            self.environment["PATH"]

    def make(self, *args):
        """Everything is built already."""
        made = subprocess.run(
            ("make", "-sC", ROOT, "-o", "all", f"BUILD={BUILD}", *args),
            env=self.environment, capture_output=True, text=True)
        self.assertEqual((0, ""), (made.returncode, made.stderr))
        return made

    def files(self, root):
        """Returns the files with their modes, without folders."""
        return sorted(
            f"{path.stat().st_mode & 0o7777:o} {path.relative_to(root)}"
            for path in root.rglob("*") if not path.is_dir())


class Install(InstallTest):

    def test_every_file_with_its_mode(self):
        self.assertEqual(sorted(FILES), self.files(self.prefix))

    def test_destdir(self):
        root = self.home / "a root that's odd"
        self.make("install", f"DESTDIR={root}", "PREFIX=/usr")
        self.assertEqual(sorted(FILES), self.files(root / "usr"))
        for path in root.rglob("*"):
            if path.is_file() and path.suffix in (".service", ".conf", ""):
                self.assertNotIn(str(root).encode(), path.read_bytes())

    def test_uninstall_leaves_what_others_put_there(self):
        other = self.prefix / "bin" / "chat-noir"
        other.write_text("not ours")
        (self.prefix / "share" / "man" / "man1" / "theirs").mkdir()
        self.make("uninstall", f"PREFIX={self.prefix}")
        self.assertEqual([other], [path for path in self.prefix.rglob("*chat*")
                                   if path.exists()])
        self.assertEqual(1, len(self.files(self.prefix)))
        self.assertTrue((self.prefix / "share/man/man1/theirs").is_dir())

    def test_uninstall_leaves_no_folders(self):
        self.make("uninstall", f"PREFIX={self.prefix}")
        self.assertFalse(self.prefix.exists())
        self.assertTrue(self.home.exists())
        root = self.home / "a root"
        self.make("install", f"DESTDIR={root}", "PREFIX=/opt/more/chat")
        self.make("uninstall", f"DESTDIR={root}", "PREFIX=/opt/more/chat")
        self.assertEqual([], list(root.rglob("*")))
        self.make("uninstall", f"DESTDIR={root}")

    def test_silent(self):
        made = self.make("install", f"PREFIX={self.prefix}")
        self.assertEqual("", made.stdout)
        self.assertEqual(
            "", self.make("uninstall", f"PREFIX={self.prefix}").stdout)

    def test_folders_of_a_distribution(self):
        for name in "BASH", "ZSH", "FISH", "MAN", "SYSUSERS", "UNIT":
            with self.subTest(name):
                root = self.home / name
                self.make("install", f"DESTDIR={root}", f"{name}DIR=/else")
                self.assertTrue(list((root / "else").rglob("*chat*")))
                self.make("uninstall", f"DESTDIR={root}", f"{name}DIR=/else")
                self.assertEqual([], self.files(root))

    def test_what_is_installed_works(self):
        path = str(self.home / "users.json")
        self.assert_sent(self.run_program(
            "chat-keygen", "-o", path, "alice", "bob"))
        alice = Listener(self, "chat-listen", "-p", "0", "-d", path,
                         "-u", "alice")
        self.assert_sent(self.run_program(
            "chat-send", "-d", path, "-u", "bob", "-p", str(alice.port),
            "alice", "hi"))
        self.assertEqual(["bob: hi"], alice.shown())

    def test_chat_finds_the_other_programs(self):
        self.directory(self.shared)
        ended = self.run_program(
            "chat-terminal", "-d", "users.json", "-p", "0", "-u", "alice")
        self.assertEqual(0, ended.status, ended)
        self.assertIn("listening on", ended.stdout)


def listens(program):
    try:
        return listening_port(program.pid) == program.port
    except AssertionError:  # not there yet
        return False


class Units(InstallTest):

    def setUp(self):
        super().setUp()
        self.path = self.prefix / "lib/systemd/system/chat-listen.service"

    def setting(self, name):
        """Returns all values of a setting in the unit."""
        return re.findall(rf"^{name}=(.*)$", self.path.read_text(), re.M)

    def run_by_systemd(self, name):
        """Returns a command as systemd runs it, and its variables."""
        env = dict(word.split("=", 1) for line in self.setting("Environment")
                   for word in shlex.split(line))
        words = re.sub(r"\$\{?([A-Z_]+)\}?", lambda found: env[found[1]],
                       self.setting(name)[0])
        return words.split(), env

    def analyze(self, *args):
        self.need("systemd-analyze")
        return self.run_program("systemd-analyze", "--no-pager", *args)

    def test_systemd_finds_no_fault(self):
        for path in self.path, self.path.with_suffix(".socket"):
            self.assert_sent(self.analyze("verify", "--man=no", str(path)))

    def test_the_pages_that_units_name_are_installed(self):
        for path in self.path, self.path.with_suffix(".socket"):
            for name, section in re.findall(
                    r"man:([\w-]+)\((\d)\)", path.read_text()):
                self.assertTrue((self.prefix / f"share/man/man{section}" /
                                 f"{name}.{section}").exists(), name)

    def test_the_spool_is_delivered_by_a_timer(self):
        """For the system and for a user; the service delivers."""
        self.environment["XDG_RUNTIME_DIR"] = str(self.home)
        for folder in "system", "user":
            units = self.prefix / "lib/systemd" / folder
            self.assert_sent(self.analyze(
                "verify", "--man=no", f"--{folder}",
                *(str(units / f"chat-spool.{kind}")
                  for kind in ("service", "timer"))))
            command, = re.findall(
                r"^ExecStart=(.*)$",
                (units / "chat-spool.service").read_text(), re.M)
            self.environment |= {"CHAT_USER": "bob",
                                 "CHAT_DIRECTORY": self.directory(self.shared)}
            sent = self.run_program("chat-send", "-s", "1d", "alice", folder)
            self.assertEqual(80, sent.status, sent)
            alice = self.listen()
            self.directory(self.shared, alice.port)
            for state in self.home.glob(".local/state/chat/spool/*/state"):
                state.unlink()  # which has the pause
            self.assert_sent(self.run_program(*command.split()))
            self.assertEqual([f"bob: {folder}"], alice.shown())

    def test_the_exposure_is_the_one_stated(self):
        version = self.analyze("--version").stdout.split()[1]
        if version != "252":
            self.skipTest(f"stated is that of systemd 252, not {version}")
        stated = re.search(r"of systemd 252: (\d\.\d)", self.path.read_text())
        rated = self.analyze("security", "--offline=yes", str(self.path))
        self.assertIn(f"chat-listen.service: {stated[1]} OK", rated.stdout)

    def test_the_users_are_well_formed(self):
        self.need("systemd-sysusers")
        root = self.home / "root"
        (root / "etc").mkdir(parents=True)
        ended = self.run_program(
            "systemd-sysusers", f"--root={root}",
            str(self.prefix / "lib/sysusers.d/chat-listen.conf"))
        self.assertEqual(0, ended.status, ended)
        self.assertRegex((root / "etc/passwd").read_text(),
                         r"\Achat-listen:.*:/usr/sbin/nologin\n"
                         r"chat-listen-command:.*:/usr/sbin/nologin\n\Z")

    def start(self, *prefix, **how):
        """Starts the service as systemd does, but on any port."""
        command, env = self.run_by_systemd("ExecStart")
        log = "%S/chat-listen/messages.jsonl"
        self.assertEqual([f"{self.prefix}/bin/chat-listen", "-p", "5000",
                          "-o", log, "-s", "-D"], command)
        command[command.index(log)] = str(self.home / "messages.jsonl")
        self.assertNotIn("CHAT_DIRECTORY", env)  # searched last
        command[command.index("5000")] = "0"
        env["CHAT_DIRECTORY"] = self.directory(
            self.shared, name="listener.json")
        return Listener(self, *prefix, *command,
                        env=env | {"CHAT_USER": "alice"}, **how)

    def test_the_command_serves_and_tells_readiness(self):
        path = str(self.home / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            self.environment["NOTIFY_SOCKET"] = path
            alice = self.start()
            self.assertEqual(b"READY=1", manager.recv(100))
        self.assert_sent(self.send(alice, "hi"))
        alice.stop()
        *_, line = (self.home / "messages.jsonl").read_text().splitlines()
        self.assertEqual("hi", json.loads(line)["text"])

    def test_the_check_before_a_reload(self):
        command, env = self.run_by_systemd("ExecReload")
        self.assertEqual("-n", command[1])
        env["CHAT_USER"] = "alice"
        for content, status in ("[", 78), (json.dumps([]), 0):
            env["CHAT_DIRECTORY"] = self.file("new.json", content)
            self.assertEqual(
                status, self.run_program(*command, env=env).status)

    def activate(self, *options):
        """Starts a listener at its first connection. Returns how it ended."""
        self.need("systemd-socket-activate")
        path = self.directory(self.shared, name="listener.json")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        waiting = Program(self, (
            "systemd-socket-activate", "-l", f"127.0.0.1:{port}",
            f"{self.prefix}/bin/chat-listen", "-p", "9", "-u", "alice",
            "-d", path, "-c", "1", *options))
        waiting.name, waiting.port = "alice", port
        wait_until(lambda: listens(waiting), "a socket")
        self.assert_sent(self.send(waiting, "hi"))
        ended = waiting.wait()
        self.assertEqual(0, ended.status)
        self.assertIn(f":{waiting.port} as alice\n", ended.stderr)
        self.assertIn(" bob: hi\n", ended.stdout)
        return ended

    def test_systemd_passes_the_socket(self):
        self.activate()

    def test_with_a_socket_that_was_passed_the_log_goes_on(self):
        log = self.home / "messages.jsonl"
        for count in 1, 2:
            self.activate("-o", str(log))
            messages = [line for line in map(
                json.loads, log.read_text().splitlines()) if "text" in line]
            self.assertEqual(list(range(1, count + 1)),
                             [one["seq"] for one in messages])

    def test_two_sockets_are_refused(self):
        """Nobody could tell which is which."""
        path = self.directory(self.shared)
        ended = self.run_program(
            "sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=2 exec "$@"', "sh",
            f"{self.prefix}/bin/chat-listen", "-d", path)
        self.assert_failed(ended, 64, "LISTEN_FDS", program="chat-listen")

    def confine(self):
        """Returns the command prefix that leaves only the service's
        capabilities."""
        self.need_root()
        self.need_seccomp()
        self.need("setpriv")
        names, = self.setting("CapabilityBoundingSet")
        keep = names.lower().replace("cap_", "+").replace(" ", ",")
        return "setpriv", "--no-new-privs", "--bounding-set", f"-all,{keep}"

    def test_its_capabilities_suffice(self):
        alice = self.start(*self.confine())
        with Sender(alice.port) as bob:
            bob.say(b"x")  # a silent connection has no session
            session, = alice.wait_sessions(1)
            keyholder, = alice.children()["keyholder"]
            for pid in session, keyholder:
                status = status_of(pid)
                self.assertEqual(0, int(status["CapPrm"][0], 16))
                self.assertNotIn("0", status["Uid"])
                self.assertEqual([], os.listdir(f"/proc/{pid}/root"))
            self.assert_sent(self.send(alice, "hi"))
            alice.stop()  # although that setting is empty: it removes CAP_KILL

    def test_its_capabilities_suffice_to_leave_no_orphan(self):
        alice = self.start(*self.confine())
        with Sender(alice.port) as bob:
            bob.say(b"x")
            alice.wait_sessions(1)
            os.kill(alice.pid, signal.SIGKILL)
            killed = patience.clock()
            wait_until(lambda: not in_group(alice.pid), "its sessions to end")
        self.assertLess(patience.clock() - killed, 8)  # not by a deadline


class Completion:
    """Completion for each shell, by complete(): a list for each line."""

    def setUp(self):
        super().setUp()
        self.need(self.shell)
        self.environment["HOME"] = str(self.home)
        self.file("users.json", json.dumps(
            [{"username": name, "password": self.secret(), "port": 9,
              "ip": "::1"} for name in ("alice", "bob", "bobby")]))

    def options(self, program):
        """Returns letter, long name and argument of each option in the help.
        """
        told = self.run_program(program, "--help").stdout
        found = re.findall(r"^  -(\w) --([\w-]+)(?:=(\S+))? ", told, re.M)
        self.assertTrue(found)
        return found

    def test_the_options_are_those_of_help(self):
        lines = [f"{program} {start}" for start in ("-", "--")
                 for program in PROGRAMS]
        offered = self.complete(lines)
        for program, some, long in zip(PROGRAMS, offered,
                                       offered[len(PROGRAMS):]):
            letters, names = zip(*[row[:2] for row in self.options(program)])
            self.assertEqual(
                sorted(letters), sorted(word[1] for word in some
                                        if not word.startswith("--")), program)
            self.assertEqual(
                sorted(names), sorted(word[2:].rstrip("=") for word in long),
                program)

    def test_arguments_are_those_of_help(self):
        """Inside an argument, b is not a recipient and -u is not an option."""
        lines = {}
        for program, tail in ("chat-send", " b"), ("chat-listen", "u b"):
            for letter, name, argument in self.options(program):
                starts = [f"-{letter}"]
                if program == "chat-send":
                    starts.append(f"--{name}")
                lines |= {f"{program} -d users.json {start}{tail}": not argument
                          for start in starts if letter not in "duhVL"}
        offered = self.complete(lines)
        self.assertEqual([], [(line, words) for (line, wanted), words
                              in zip(lines.items(), offered)
                              if wanted != ("bob" in words)])

    def test_arguments_of_long_names(self):
        lines = {
            "chat-send --directory=users.json b": ["bob", "bobby"],
            "chat-send --directory users.json --user a": ["alice"],
            "chat-listen -d users.json --user=a": ["alice"],
            "chat-send --key u": ["users.json"],
            "chat-listen --directory=u": ["users.json"],
            "chat-send -d users.json --port=a": [],
            "chat-send -d users.json -- --user=a": [],
            "chat-terminal --directory=users.json --user=a": ["alice"],
            "chat-keygen --output=u": ["users.json"],
        }
        offered = [sorted(word.rpartition("=")[2] for word in words)
                   for words in self.complete(lines)]
        self.assertEqual([], [row for row in zip(lines, lines.values(), offered)
                              if row[1] != row[2]])

    def expect(self, expected):
        self.assertEqual(expected, dict(zip(
            expected, map(sorted, self.complete(expected)))))

    def test_recipients(self):
        start = "chat-send -d users.json "
        self.expect({
            start: ["alice", "bob", "bobby"],
            start + "bo": ["bob", "bobby"],
            start + "-r 5 a": ["alice"],
            start + "-- a": ["alice"],
            start + "alice b": [],
            start + "-k u": ["users.json"],
            start + "-t ": [],
            "chat-send -dusers.json a": ["alice"],
            "chat-send -d none.json ": [],
            "chat-send -d ~/users.json a": ["alice"],
        })

    def test_lists_of_recipients(self):
        start = "chat-send -d users.json alice,"
        lists = self.complete([start, start + "bob,", start + "bobb"])
        self.assertEqual(
            [["bob", "bobby"], ["bobby"], ["bobby"]],
            [sorted(word.rpartition(",")[2] for word in words)
             for words in lists])

    def test_who_one_is(self):
        self.expect({
            "chat-listen -d users.json -u a": ["alice"],
            "chat-listen -d users.json a": [],
            "chat-send -d users.json -u a": ["alice"],
            "chat-terminal -d users.json -u a": ["alice"],
        })

    def test_the_directory_of_the_environment(self):
        self.environment["CHAT_DIRECTORY"] = "users.json"
        self.expect({"chat-send a": ["alice"]})

    def test_files(self):
        self.expect({f"{program} -d u": ["users.json"] for program in
                     ("chat-listen", "chat-send", "chat-terminal")} |
                    {"chat-keygen -o u": ["users.json"]})

    def test_nothing_on_the_line_is_executed(self):
        for text in "$(>owned)", "`>owned`", "a$(>owned),":
            self.complete([f"chat-send -d {text} ", f"chat-send {text}",
                           f"chat-send -d users.json {text}"])
            self.assertFalse((self.home / "owned").exists(), text)


class Fish(Completion, InstallTest):
    shell = "fish"

    def complete(self, lines):
        script = "\n".join(
            ["set fish_complete_path "
             f"{self.prefix}/share/fish/vendor_completions.d"] +
            [f"complete -C {shlex.quote(line)}; echo ==" for line in lines])
        ended = self.run_program("fish", "--no-config", "-c", script)
        self.assertEqual("", ended.stderr)
        return [[word.split("\t")[0] for word in part.split("\n") if word]
                for part in ended.stdout.split("==\n")[:-1]]


class Interactive(Completion):
    """A shell at a terminal. Lines are typed, then keys that complete them and
    append what was offered to a file, ended by ==."""

    def complete(self, lines):
        self.file("offered", "")
        self.file("start", self.start)
        terminal = Terminal()
        shell = Program(self, (self.shell, *self.options_of_shell, "-i"),
                        terminal=terminal, stdin=terminal.slave,
                        stdout=terminal.slave, stderr=terminal.slave,
                        env={"PREFIX": str(self.prefix), "TERM": "dumb"})
        terminal.type(". ./start\n")
        terminal.screen.wait_for(b"ready:")
        for number, line in enumerate(lines, 1):
            terminal.type(line + self.keys)
            wait_until(lambda: self.offered().count("==\n") == number,
                       f"what {self.shell} offers for {line!r}")
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
        terminal.hang_up()
        return [list(filter(None, part.split("\n")))
                for part in self.offered().split("==\n")[:-1]]

    def offered(self):
        return (self.home / "offered").read_text()


class Zsh(Interactive, InstallTest):
    shell = "zsh"
    options_of_shell = "-f",
    keys = "\x18"
    start = r"""
        PS1=ready:
        unsetopt prompt_cr prompt_sp auto_list
        fpath=($PREFIX/share/zsh/site-functions $fpath)
        autoload -Uz compinit
        compinit -D -u
        compadd() {
            if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
                local -a found
                builtin compadd -O found "$@"
                print -rl -- $found >>offered
            fi
            builtin compadd "$@"
        }
        offer() {
            zle complete-word
            zle kill-whole-line
            print -r -- '==' >>offered
        }
        zle -N offer
        bindkey "^X" offer
        """


class Bash(Interactive, InstallTest):
    shell = "bash"
    options_of_shell = "--norc", "--noprofile"
    keys = "\t\x14\x15"
    start = r"""
        PS1=ready:
        . $PREFIX/share/bash-completion/completions/chat-send
        offer() {
            _chat "$@"
            count=${#COMPREPLY[@]} typed=$COMP_LINE
            printf '%s\n' "${COMPREPLY[@]}" >>offered
        }
        complete -F offer chat-keygen chat-listen chat-log chat-send \
            chat-spool chat-terminal
        # What readline offers by itself, names of files, is on the line.
        show() {
            [[ $count -gt 0 || $READLINE_LINE == "$typed" ]] ||
                { line=${READLINE_LINE% }; echo "${line##*[ =]}"; }
            echo ==
        }
        bind -x '"\C-t": show >>offered'
        """

    def test_names_with_what_breaks_words(self):
        self.file("users.json", json.dumps(
            [{"username": f"{name}@home", "password": self.secret(),
              "port": 9, "ip": "::1"} for name in ("alice", "bob")]))
        self.expect({
            "chat-send -d users.json a": ["alice@home"],
            "chat-send -d users.json alice@": ["home"],
            "chat-send -d users.json alice@home,b": ["home,bob@home"],
            "chat-send -d users.json alice@home b": [],
        })

    def test_bash_completion_finds_it(self):
        if not os.path.exists(LOADER):
            self.skipTest("apt-get install bash-completion")
        for program in PROGRAMS:
            ended = self.run_program(
                "bash", "-c", f". {LOADER}; _completion_loader {program}; "
                f"complete -p {program}",
                env={"XDG_DATA_DIRS": f"{self.prefix}/share"})
            self.assertEqual(f"complete -F _chat {program}\n", ended.stdout)
