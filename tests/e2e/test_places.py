"""The programs work in any environment, or say at once what is missing and
what to do. What works at the start does not fail later."""
import glob
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from frames import BUSY, kind_of, payload_of
from harness import LISTEN, READY, SEND, ChatTest, Program
from process import wait_until

HERE = Path(__file__).resolve().parent
OUTER = sys.executable, str(HERE / "outer.py")
ALLOCATORS = "mimalloc", "jemalloc", "tcmalloc_minimal"
LONGEST = b"\1" * 65536
READ_ONLY = """for place in /tmp /run /dev/shm; do
    mount --bind $place $place && mount -o remount,bind,ro $place || exit 77
done
exec "$@\""""


class Places(ChatTest):

    limit = 120

    def listener(self, *before, **how):
        """Returns the command line of alice, in that environment."""
        path = self.directory(self.shared, name="listener.json")
        return (*before, LISTEN, "-p", "0", "-u", "alice", "-d", path)

    def run_there(self, *argv):
        ended = self.run_program(*argv)
        if ended.status == 77 and "chat-" not in ended.stderr:
            self.skipTest(f"{argv[0]} does not work here")
        return ended

    def refused(self, status, *argv, says):
        ended = self.run_there(*argv)
        self.assertEqual(status, ended.status, ended)
        self.assert_says(ended.stderr, *says)
        return ended


class Libraries(Places):

    def setUp(self):
        super().setUp()
        if b"__asan_init" in Path(LISTEN).read_bytes():
            self.skipTest("sanitizers bring an allocator of their own")

    def preloaded(self, library):
        """It works with the longest message too, or does not start."""
        preload = {"LD_PRELOAD": library}
        alice = Program(self, self.listener(), env=preload)
        wait_until(lambda: READY.search(alice.err.bytes) or
                   not alice.running(), "the start, or its refusal")
        ready = READY.search(alice.err.bytes)
        if not ready:
            ended = alice.wait()
            self.assertEqual(71, ended.status, ended)
            self.assert_says(ended.stderr, "LD_PRELOAD")
            return
        alice.name, alice.port = "alice", int(ready[2])
        for text in (b"short", LONGEST, LONGEST, b"short"):
            self.assert_sent(self.send(alice, stdin=text, env=preload))
        self.assertEqual(0, alice.stop().status)

    def test_allocators(self):
        found = [path for name in ALLOCATORS for path in
                 glob.glob(f"/usr/lib/*/lib{name}.so.[0-9]")]
        if not found:
            self.skipTest("apt-get install libjemalloc2")
        for library in found:
            with self.subTest(library):
                self.preloaded(library)

    def odd(self, **environment):
        self.need_seccomp()
        odd = str(self.home / "odd.so")
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o",
                        odd, HERE / "odd.c", "-ldl"], check=True)
        ended = self.run_program(*self.listener(), "-n",
                                 env={"LD_PRELOAD": odd, **environment})
        self.assertEqual(71, ended.status, ended)
        self.assert_says(ended.stderr, "the trial session was killed over a "
                         "system call", "LD_PRELOAD")

    def test_p15_what_only_a_long_message_does_is_tried_at_the_start(self):
        self.odd()

    def test_p15_what_only_a_refusal_does_is_tried_at_the_start(self):
        self.odd(ODD="refusal")


class Filters(Places):
    """Filters around the programs."""

    def test_no_random_numbers(self):
        outer = *OUTER, "getrandom", "--"
        self.refused(71, *self.listener(*outer), says=[
            "cannot draw random numbers: getrandom: ", "has to allow it"])
        self.refused(70, *outer, SEND, "alice", "hi", says=[
            "cannot draw random numbers: getrandom: ", "has to allow it"])

    def test_no_seccomp(self):
        self.need_seccomp()
        outer = *OUTER, "prctl", "22", "--"
        self.refused(71, *self.listener(*outer), says=[
            "keyholder: cannot enter the sandbox: ", "container"])
        alice = self.listen()
        self.refused(70, *outer, *self.command(alice, "hi"), says=[
            "cannot enter the sandbox: ", "without seccomp", "not sent"])
        self.assertEqual([], alice.shown())

    def test_no_promise_of_no_new_privileges(self):
        outer = *OUTER, "prctl", "38", "--"
        self.refused(71, *self.listener(*outer), says=[
            "keyholder: cannot give up new privileges: "])

    def test_p14_that_root_is_gone_is_proven(self):
        """The result of the call is not trusted. A check suffices here."""
        self.need_root()
        user = self.unprivileged()
        for call, *first in (("setgroups",), ("setresgid",), ("setresuid",),
                             ("setresgid", user.pw_gid),
                             ("setresuid", user.pw_uid)):
            with self.subTest(call, first=first):
                outer = *OUTER, "pretend", call, *map(str, first), "--"
                self.refused(71, *self.listener(*outer), "-n", says=[
                    "keyholder: cannot prove that root is gone for good: ",
                    "ordinary user"])


class Directories(Places):
    """The default places of the directory: the first one found counts."""

    WITH_ETC = """mount -t tmpfs tmpfs /etc && cp -R "$1"/. /etc || exit 77
shift && exec "$@\""""
    LAST = "/etc/chat-listen/users.json"

    def setUp(self):
        super().setUp()
        self.need_root()
        self.need("unshare")
        self.etc = self.home / "etc"
        (self.etc / "chat-listen").mkdir(parents=True)
        for name in "passwd", "group", "nsswitch.conf", "ld.so.cache":
            if os.path.exists(f"/etc/{name}"):
                shutil.copy(f"/etc/{name}", self.etc)

    def assert_read(self, place):
        """Each place has another mistake."""
        for argv in (LISTEN, "-n", "-u", "alice"), (SEND, "alice", "hi"):
            self.refused(78, "unshare", "-m", "sh", "-c", self.WITH_ETC, "sh",
                         str(self.etc), *argv, says=[f": {place}:1: "])

    def test_the_first_of_those_that_are_there(self):
        places = {}
        for variable, rest in (("XDG_CONFIG_HOME", "chat"),
                               ("CREDENTIALS_DIRECTORY", "")):
            folder = self.home / variable
            (folder / rest).mkdir(parents=True)
            self.environment[variable] = str(folder)
            path = folder / rest / "users.json"
            places[path] = path
        places[self.LAST] = self.etc / "chat-listen" / "users.json"
        for path in places.values():
            path.write_text("{")
        for place, path in places.items():
            self.assert_read(place)
            path.unlink()

    def test_at_home_before_what_a_service_has(self):
        self.environment["CREDENTIALS_DIRECTORY"] = str(self.home)
        self.file("users.json", "{")
        path = self.home / ".config/chat/users.json"
        path.parent.mkdir(parents=True)
        path.write_text("{")
        self.assert_read(path)
        path.unlink()
        self.assert_read(self.home / "users.json")


class Roots(Places):

    def setUp(self):
        super().setUp()
        self.need_root()
        self.need("unshare")

    def test_a_read_only_system(self):
        """It starts with an empty directory, or says what it needs."""
        argv = self.listener("unshare", "-m", "sh", "-c", READ_ONLY, "sh")
        ended = self.run_there(*argv, "-n")
        if ended.status == 71:
            self.assert_says(ended.stderr, "empty directory", "ordinary user")
        else:
            self.assertEqual(0, ended.status, ended)

    def test_root_of_a_user_namespace(self):
        if subprocess.run(["unshare", "-r", "true"],
                          stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("no user namespaces here")
        self.refused(71, *self.listener("unshare", "-r"), says=[
            "cannot drop supplementary groups: ", "ordinary user"])


class Sockets(Places):
    """A passed socket survives any end of the program."""

    def start(self, listening, *options):
        """Starts it as a service manager does."""
        return Program(self, (
            "sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0', "sh",
            LISTEN, "-u", "alice", *options), stdin=listening)

    def hear(self, connection):
        with connection, connection.makefile("rb") as file:
            return file.read()

    def assert_turned_away(self, status, *options):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            waiting = [socket.create_connection(listening.getsockname())
                       for _ in range(30)]
            ended = self.start(listening, *options).wait()
            self.assertEqual(status, ended.status, ended)
            for connection in waiting:
                line = self.hear(connection)
                self.assertEqual(("nack", bytes([BUSY])), (
                    kind_of(line), payload_of(line)))

    def test_who_waits_hears_busy(self):
        bad = self.file("bad.json", "[")
        good = self.directory(self.shared)
        self.assert_turned_away(78, "-d", bad)
        self.assert_turned_away(78, "-d", str(self.home / "missing"))
        self.assert_turned_away(64, "-Z")
        self.assert_turned_away(64, "-X", "2", "-d", good)

    def test_the_socket_works_again(self):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.start(listening, "-d", self.file("bad.json", "[")).wait()
            alice = self.start(listening, "-d", self.directory(self.shared))
            alice.err.wait_for(b" as alice\n")
            alice.port, alice.name = listening.getsockname()[1], "alice"
            self.assert_sent(self.send(alice, "again"))
