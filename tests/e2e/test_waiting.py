"""p34: nobody is waited for who may never come."""
import fcntl
import os
import signal
import socket
import subprocess
from pathlib import Path

import takeover
from harness import LISTEN, SEND, ChatTest, Program
from process import in_group, status_of, stop, wait_until

KILLS = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static char path[4096];
__attribute__((constructor)) static void take_path(void)
{
	strncpy(path, getenv("KILLS_FILE"), sizeof(path) - 1);
}
int kill(pid_t pid, int number)
{
	siginfo_t info;
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	/* Only what is not our child any more may be somebody else's. */
	if (waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		return (int)syscall(SYS_kill, pid, number);
	if (fd != -1 && write(fd, &pid, sizeof(pid)) != sizeof(pid))
		_exit(99);
	if (fd != -1)
		close(fd);
	return (int)syscall(SYS_kill, pid, number);
}
"""


class Log(ChatTest):
    """A listener whose standard error nobody reads any more."""

    def fill(self, fd):
        flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_NONBLOCK)
        try:
            while True:
                os.write(fd, b"x")
        except BlockingIOError:
            fcntl.fcntl(fd, fcntl.F_SETFL, flags)

    def listen_unheard(self, ours, theirs, read):
        """Ready, and then what it says fills up what it says it to."""
        path = self.directory(self.shared, name="listener.json")
        Path(path).chmod(0o644)  # so that each reload has a warning
        program = Program(self, (
            LISTEN, "-p", "0", "-d", path, "-u", "alice", "-v",
            "-E", "127.0.0.0/8"), stderr=theirs)
        said = b""
        while b"listening on" not in said or not said.endswith(b"\n"):
            said += read()
        self.fill(theirs if isinstance(theirs, int) else theirs.fileno())
        program.port = int(said.partition(b" as ")[0].rpartition(b":")[2])
        program.name = "alice"
        return program

    def walk(self, ours, theirs, read):
        alice = self.listen_unheard(ours, theirs, read)
        for _ in range(30):  # more than go into what the kernel keeps
            os.kill(alice.pid, signal.SIGHUP)
            with socket.create_connection(("127.0.0.1", alice.port)) as one:
                one.sendall(b"junk\n")
                one.settimeout(60)
                while one.recv(1024):
                    pass
        self.assert_sent(self.send(alice, "hello"))
        alice.out.wait_for(b"bob: hello")
        said = b""
        while b" left out: nobody read standard error" not in said:
            said += read()
        self.assertRegex(said.replace(b"x", b""),
                         rb"chat-listen: \d+ lines? left out")
        alice.process.terminate()
        self.assertEqual(0, alice.wait().status)

    def test_p34_a_pipe(self):
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        self.walk(reader, writer, lambda: os.read(reader, 65536))

    def test_p34_a_socket(self):
        """As service managers have it."""
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        self.walk(ours, theirs.fileno(), lambda: ours.recv(1 << 20))

    def test_p34_a_terminal(self):
        """Ctrl-S was typed."""
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, slave)
        self.walk(master, slave, lambda: os.read(master, 65536))


class Ends(ChatTest):

    def test_p34_a_number_that_was_waited_for_is_not_killed(self):
        self.need("cc")
        if b"__asan_init" in Path(LISTEN).read_bytes():
            self.skipTest("sanitizers must come first")
        path, kills = self.home / "kills.so", self.home / "kills"
        source = self.file("kills.c", KILLS)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", path, source],
                       check=True)
        kills.write_bytes(b"")
        kills.chmod(0o666)
        alice = self.listen("-x", "cat", env={
            "LD_PRELOAD": str(path), "KILLS_FILE": str(kills)})
        for role in ("keyholder",):
            victim, = alice.children()[role]
            os.kill(victim, signal.SIGKILL)
        self.assertEqual(71, alice.wait().status)
        octets = kills.read_bytes()
        killed = {int.from_bytes(octets[i:i + 4], "little")
                  for i in range(0, len(octets), 4)}
        self.assertNotIn(victim, killed)

    def test_p34_a_runner_that_its_command_stops(self):
        """Again and again: commands are of one user with it."""
        alice = self.listen("-x", "while kill -STOP $PPID; do :; done")
        runner, = alice.children()["runner"]
        sending = self.start_send(alice, "hello")
        wait_until(lambda: status_of(runner)["State"][0] == "T", "its stop")
        alice.process.terminate()
        self.assertEqual(0, alice.wait().status)
        sending.wait()

    def test_p34_a_service_manager_that_does_not_read(self):
        path = str(self.home / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            manager.bind(path)
            other.setblocking(False)
            try:
                while True:
                    other.sendto(b"x", path)
            except BlockingIOError:
                pass
            alice = self.listen(env={"NOTIFY_SOCKET": path})
            self.assert_sent(self.send(alice, "hello"))


class Attempts(ChatTest):

    def silent(self):
        """What takes a connection and says nothing, until the test ends."""
        return self.serve(lambda connection: connection.recv(65536) and
                          connection.recv(65536))

    def confined(self, *options):
        """A sender, and the process of its attempt."""
        server = self.silent()
        path = self.directory(self.shared, server.port)
        sending = Program(self, (SEND, "-d", path, "-u", "bob", "-t", "2",
                                 *options, "alice", "hi"))
        wait_until(lambda: server.connections, "a connection")
        attempt, = (set(in_group(sending.pid)) - {sending.pid}
                    or {sending.pid})
        wait_until(lambda: status_of(attempt)["Seccomp"] != ["0"],
                   "its sandbox")
        return sending, attempt

    def test_p34_an_attempt_that_says_nothing(self):
        self.need_seccomp()
        sending, attempt = self.confined("-r", "1")
        stop(attempt)
        self.assert_failed(sending.wait(), 79, "alice", "died on the way")

    def test_p34_an_attempt_does_not_outlive_chat_send(self):
        self.need_seccomp()
        sending, attempt = self.confined("-t", "1000", "-r", "60")
        self.assertNotEqual(sending.pid, attempt)
        os.kill(sending.pid, signal.SIGKILL)
        wait_until(lambda: status_of(attempt).get("State", ["Z"])[0] == "Z",
                   "its end")
        sending.wait()

    def test_p34_an_attempt_that_was_taken_over(self):
        """It goes on for ever, and can do nothing against its alarm."""
        self.need_seccomp()
        if not takeover.possible():
            self.skipTest("sessions are taken over as root on x86-64 only")
        for options, status in (((), -signal.SIGALRM), (("-r", "1"), 79)):
            with self.subTest(options=options):
                sending, attempt = self.confined(*options)
                takeover.Takeover(attempt).spin()
                self.assertEqual(status, sending.wait().status)
