"""The base of the end-to-end tests: real programs, real sockets."""
import fcntl
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import patience
import place
from process import (PATIENCE, Collector, in_group, in_session, kill_session,
                     read_proc, roles_in, spawn, stop, unburied_in,
                     wait_until)
from wire import Proxy, Server

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
LISTEN, SEND = str(BUILD / "chat-listen"), str(BUILD / "chat-send")
SPOOL = str(BUILD / "chat-spool")
HURRIED = {LISTEN: str(BUILD / "hurried/chat-listen"),
           SEND: str(BUILD / "hurried/chat-send"),
           SPOOL: str(BUILD / "hurried/chat-spool")}
HURRY = 5  # how much sooner their deadlines pass; see GNUmakefile
TOO_SLOW = 10  # a larger factor would cut off honest peers
# One case in so many of long lists. Under sanitizers all take four times as long.
SPARSE = 4 if "CHAT_AGAIN" in os.environ else 1
UNDER = os.environ.get("CHAT_UNDER", "").split()  # runs these two
READY = re.compile(
    rb"^chat-listen: listening on (\[\S+\]|[\d.]+):(\d+) as (\S+)\n", re.M)
PACKAGES = {  # Debian's, for programs without a user of their own
    "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu", "cc": "gcc",
    "nm": "binutils", "setpriv": "util-linux",
    "systemd-analyze": "systemd", "systemd-socket-activate": "systemd",
    "systemd-sysusers": "systemd", "prlimit": "util-linux",
    "unshare": "util-linux", "nsenter": "util-linux", "ip": "iproute2"}
LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (\S+)"
                  r"(?: \(composed \S+\))?: (.*)")


def login_name():
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        raise unittest.SkipTest("this user has no login name") from None


class Ended:
    """What a program left when it ended."""

    def __init__(self, status, stdout, stderr):
        self.status = status
        self.stdout = stdout.decode()
        self.stderr = stderr.decode()

    def __repr__(self):
        return f"status {self.status}, {self.stdout!r}, {self.stderr!r}"


class Program:
    """A running program, with its standard error (and output) collected."""

    def __init__(self, test, argv, env=None, stdin=subprocess.DEVNULL,
                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how):
        self.test = test
        under = UNDER if argv[0] in (LISTEN, SEND) else []
        program = HURRIED.get(argv[0], argv[0]) if test.hurry > 1 else argv[0]
        self.process = spawn(
            [*under, program, *argv[1:]], env=test.environment | (env or {}),
            cwd=test.home, stdin=stdin, stdout=stdout, stderr=stderr, **how)
        self.pid = self.process.pid
        self.ended = None
        self.out = self.collect(self.process.stdout)
        self.err = self.collect(self.process.stderr)
        test.addCleanup(self.clean_up)

    @staticmethod
    def collect(pipe):
        return Collector(os.dup(pipe.fileno())) if pipe else None

    def running(self):
        return self.process.poll() is None

    def wait(self, seconds=PATIENCE):
        """Waits until it has ended, with all processes that it forked. After
        that its process id may belong to another process."""
        if self.ended:
            return self.ended
        wait_until(lambda: not self.running(),
                   f"the end of {self.process.args}: {self.printed()}",
                   seconds)
        status = self.process.returncode
        wait_until(lambda: not in_session(self.pid),
                   f"the children of {self.process.args}")
        self.ended = Ended(status, *(c.wait_end() if c else b""
                                     for c in (self.out, self.err)))
        return self.ended

    def printed(self):
        return b"".join(c.bytes for c in (self.out, self.err) if c)

    def stop(self):
        """Sends SIGTERM. Returns what it left, once all of it has ended."""
        self.process.terminate()
        return self.wait()

    def clean_up(self):
        """At the end nothing may be left, and no secret may have been printed.
        """
        try:
            if not self.ended:
                self.test.assert_no_secrets_in_processes(in_group(self.pid))
                self.stop() if self.running() else self.wait()
        finally:
            if not self.ended:
                kill_session(self.pid)
            for pipe in (self.process.stdout, self.process.stderr):
                if pipe:
                    pipe.close()
        self.test.assert_no_secrets(self.printed(), self.process.args)


class Listener(Program):
    """chat-listen after its ready line, on a port that the kernel picked."""

    def __init__(self, test, *args, **how):
        super().__init__(test, args, **how)
        ready = wait_until(self.ready, f"the ready line of {args}")
        self.endpoint = ready[1].decode()
        self.port = int(ready[2])
        self.name = ready[3].decode()

    def ready(self):
        found = READY.search(self.err.bytes)
        if not found and not self.running():
            raise AssertionError(f"it did not start: {self.wait()}")
        return found

    def stop(self):
        ended = super().stop()
        self.test.assertEqual(0, ended.status, ended)
        return ended

    def shown(self):
        """Stops it. Returns the messages that it has shown, as `name: text`.
        """
        return [self.text_of(line) for line in self.stop().stdout.splitlines()]

    def text_of(self, line):
        found = LINE.fullmatch(line)
        self.test.assertTrue(found, f"not a line of a message: {line[:200]!r}")
        return f"{found[2]}: {found[3]}"

    def children(self):
        """Returns process ids by role: keyholder, session, runner."""
        return roles_in(self.pid)

    def wait_sessions(self, count):
        """Waits until there are so many sessions. Returns their ids. One that
        has ended counts until the listener knows that."""
        wait_until(lambda: len(self.children()["session"]) == count and
                   not unburied_in(self.pid), f"{count} sessions")
        return self.children()["session"]


class ChatTest(unittest.TestCase):
    """A test with its own home, in which alice and bob share a directory. No
    program that it runs may print a password of the test."""

    hurry = 1  # how much sooner deadlines pass in what it starts

    def setUp(self):
        self.home = place.make("chat-e2e.")
        self.addCleanup(shutil.rmtree, self.home)
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home), "TERM": "xterm", "LC_ALL": "C"}
        self.environment |= {key: value for key, value in os.environ.items()
                             if key.endswith("SAN_OPTIONS")}
        self.secrets = []
        self.shared = {"alice": self.secret(), "bob": self.secret()}

    # Secrets and directories.

    def secret(self):
        """Returns a new password."""
        self.secrets.append(secrets.token_hex(16))
        return self.secrets[-1]

    def assert_no_secrets(self, octets, where):
        for secret in self.secrets:
            for half in (secret[:16], secret[16:]):
                if half.encode() in octets:  # perhaps of a core file
                    self.fail(f"a secret in {where}")

    def assert_no_secrets_in_processes(self, pids):
        for pid in pids:
            for name in ("cmdline", "environ"):
                self.assert_no_secrets(read_proc(pid, name), (pid, name))

    def file(self, name, content):
        """Writes a file that only its owner can read, at once as a whole."""
        path = self.home / name
        if isinstance(content, str):
            content = content.encode()
        with tempfile.NamedTemporaryFile(dir=self.home, delete=False) as file:
            file.write(content)
        os.rename(file.name, path)
        return str(path)

    def directory(self, passwords, port=9, ip="127.0.0.1", name="users.json"):
        """Writes a directory in which all of these have the same address."""
        return self.file(name, json.dumps(
            [{"username": user, "password": password, "port": port, "ip": ip}
             for user, password in passwords.items()], indent=1))

    def make_place(self):
        """Makes a folder to which commands, even as nobody, can write."""
        self.home.chmod(0o755)
        self.place = self.home / "place"
        self.place.mkdir()
        self.place.chmod(0o777)

    # Programs.

    def hurry_up(self):
        """Starts programs with earlier deadlines from now on. Not on a machine
        so slow that honest peers would miss them, nor if there are no such
        programs, as for an instrument."""
        if patience.factor() < TOO_SLOW and all(
                map(os.path.exists, HURRIED.values())):
            self.hurry = HURRY

    def assert_waited(self, start, seconds):
        """Expects that no deadline passed too early. It may pass late."""
        self.assertGreaterEqual(time.monotonic() - start,
                                seconds / self.hurry)

    def run_program(self, *argv, stdin=None, seconds=PATIENCE, **how):
        """Runs a program to its end, for so long at most. stdin: bytes, or a
        file."""
        if not isinstance(stdin, (bytes, str)):
            return Program(self, argv, stdin=stdin or subprocess.DEVNULL,
                           **how).wait(seconds)
        with open(self.file("stdin", stdin), "rb") as file:
            return Program(self, argv, stdin=file, **how).wait(seconds)

    def listen(self, *options, knows=None, user="alice", **how):
        """Starts a listener that knows these passwords. It exempts this host,
        so that a test may misbehave as long as it likes."""
        path = self.directory(knows or self.shared, name="listener.json")
        options += ("-E", "127.0.0.0/8", "-E", "::1/128")
        options += ("-u", user) if user else ()
        return Listener(
            self, LISTEN, "-p", "0", "-d", path, *options, **how)

    def listen_on_small_pipe(self, *options):
        """Starts a listener whose output is not read. Returns the reading end.
        """
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        alice = self.listen(*options, stdout=writer)
        os.close(writer)
        return alice, reader

    def command(self, to, *words, user="bob", knows=None, options=(),
                ip="127.0.0.1", name=None):
        """Returns the command line for a message to the listener at to.port.
        """
        path = self.directory(
            knows or self.shared, to.port, ip, name=f"{user}-{to.port}.json")
        options += ("-u", user) if user else ()
        return (SEND, "-d", path, *options, name or to.name, *words)

    def send(self, to, *words, env=None, stdin=None, seconds=PATIENCE,
             **how):
        """Runs chat-send to the listener at to.port."""
        return self.run_program(
            *self.command(to, *words, **how), env=env, stdin=stdin,
            seconds=seconds)

    def start_send(self, to, *words, limits=(), **how):
        return Program(self, self.command(to, *words, **how), limits=limits)

    def serve(self, talk=None):
        """Starts another server than chat-listen on a port."""
        server = Server(talk)
        self.addCleanup(server.close)
        return server

    def proxy(self, listener, edit=lambda n, line: line):
        proxy = Proxy(listener, edit)
        self.addCleanup(proxy.close)
        return proxy

    def parties(self):
        """Returns what a peer in Python needs to be bob writing to alice."""
        return {"names": ("bob", "alice"),
                "passwords": (self.shared["bob"], self.shared["alice"])}

    def stop_process(self, pid):
        """Stops a process by SIGSTOP until the end of the test."""
        stop(pid)
        self.addCleanup(os.kill, pid, signal.SIGCONT)

    def need(self, *programs):
        """Skips the test if a tool is missing, and says how to get it."""
        if missing := [name for name in programs if not shutil.which(name)]:
            packages = {PACKAGES.get(name, name) for name in missing}
            self.skipTest(f"no {', '.join(missing)} here: "
                          f"apt-get install {' '.join(sorted(packages))}")

    def need_no_counters(self):
        """libgcov writes files and reports errors in the tested programs."""
        if BUILD.name == "coverage":
            self.skipTest("this build counts lines")

    def need_seccomp(self):
        if "sandbox: none" in self.run_program(SEND, "-V").stdout:
            self.skipTest("this build has no sandbox")

    def need_root(self):
        if os.geteuid() != 0:
            self.skipTest("only root can see this")

    def unprivileged(self, own="chat-listen"):
        """Returns the user of sessions that root starts."""
        for name in (own, "nobody"):
            try:
                return pwd.getpwnam(name)
            except KeyError:
                pass
        self.skipTest("there is no user nobody")

    # What must be so.

    def assert_sent(self, sent):
        """Expects success, without output."""
        self.assertEqual((0, "", ""), (sent.status, sent.stdout, sent.stderr))

    def assert_failed(self, ended, status, *says, program="chat-send"):
        """Expects one line that says what, where and what to do; nothing else.
        """
        self.assertEqual(status, ended.status, ended)
        self.assertEqual("", ended.stdout)
        self.assertRegex(ended.stderr, rf"\A{program}: [^\n]*\S\n\Z")
        self.assert_says(ended.stderr, *says)

    def assert_usage(self, ended, *says, program="chat-send"):
        """Expects a line that says what is wrong, and the synopsis."""
        self.assertEqual(64, ended.status, ended)
        self.assertEqual("", ended.stdout)
        self.assertRegex(
            ended.stderr,
            rf"\A{program}: [^\n]*\S\nusage: {program} [^\0]*\n\Z")
        self.assert_says(ended.stderr, *says)

    def assert_says(self, text, *says):
        for words in says:
            self.assertIn(words, text)
