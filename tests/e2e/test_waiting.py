"""p34: no process waits for something that may never come."""
import fcntl
import os
import re
import select
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

import takeover
from harness import LISTEN, READY, SEND, ChatTest, Program
from process import (computed, in_group, is_over, is_stopped, links_of,
                     sleeps_in, status_of, stop, wait_until)

STDERR = 2
REPORT_FD = 4  # for an attempt
ALARM_S, GRACE_S = 2 + 5, 5  # for an attempt with -t 2, and for its parent
SIZE_WHERE, SIZE_REASON = 64 + 255 + 64 + 32, 512
# struct outcome
OUTCOME = struct.Struct(f"@2I40s{SIZE_WHERE}s{SIZE_REASON}s2I3B0Q")

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
	/* Once it is no longer our child, its pid may be another process's. */
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
    """A listener whose standard error is no longer read."""

    def fill(self, fd):
        flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_NONBLOCK)
        try:
            while True:
                os.write(fd, b"x")
        except BlockingIOError:
            fcntl.fcntl(fd, fcntl.F_SETFL, flags)

    def hear(self, alice, ours, read, part):
        """Reads what it prints, up to this, or to its end."""
        said = b""
        while part not in said or not said.endswith(b"\n"):
            wait_until(lambda: select.select([ours], [], [], 0.1)[0] or
                       not alice.running(), f"{part}")
            self.assertTrue(alice.running(), "it ended")
            said += read()
        return said

    def listen_unheard(self, ours, theirs, read):
        """Starts one, then fills the pipe or terminal with what it prints."""
        path = self.directory(self.shared, name="listener.json")
        Path(path).chmod(0o644)  # so that each reload causes a warning
        program = Program(self, (
            LISTEN, "-p", "0", "-d", path, "-u", "alice", "-v",
            "-E", "127.0.0.0/8"), stderr=theirs)
        said = self.hear(program, ours, read, b"listening on")
        self.fill(theirs if isinstance(theirs, int) else theirs.fileno())
        program.port = int(re.search(rb"listening on \S+:(\d+) as", said)[1])
        program.name = "alice"
        return program

    def wait_answer(self, alice, peer):
        """Waits until the end, unless the listener waits to be read."""
        octets = b"?"
        while octets:
            waits = wait_until(
                lambda: select.select([peer], [], [], 0.1)[0] or
                sleeps_in(alice.pid) == STDERR, "an answer")
            if waits is True:
                alice.process.kill()  # it would not end otherwise
                self.fail("it sleeps in a write to standard error")
            octets = peer.recv(1024)

    def walk(self, ours, theirs, read):
        alice = self.listen_unheard(ours, theirs, read)
        for _ in range(30):  # more than the kernel keeps
            os.kill(alice.pid, signal.SIGHUP)
            with socket.create_connection(("127.0.0.1", alice.port)) as one:
                one.sendall(b"junk\n")
                self.wait_answer(alice, one)
        self.assert_sent(self.send(alice, "hello"))
        alice.out.wait_for(b"bob: hello")
        said = self.hear(alice, ours, read,
                         b" left out: nobody read standard error")
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
        """As service managers use it."""
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
        """Repeatedly: commands run as the same user."""
        alice = self.listen("-x", "while kill -STOP $PPID; do :; done")
        runner, = alice.children()["runner"]
        sending = self.start_send(alice, "hello")
        wait_until(lambda: status_of(runner)["State"][0] == "T", "its stop")
        alice.process.terminate()
        self.assertEqual(0, alice.wait().status)
        sending.wait()

    def test_p34_a_runner_that_cannot_go_on_is_killed(self):
        """A debugger keeps it stopped, so it does not notice that it should
        end."""
        self.need_root()
        alice = self.listen("-x", "cat")
        runner, = alice.children()["runner"]
        stopped = takeover.Held(runner)
        alice.process.terminate()
        wait_until(lambda: not alice.running(), "its end")
        self.assertTrue(stopped.was_killed(), "the runner was left behind")
        self.assertEqual(0, alice.wait().status)

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
            alice = Program(self, (
                LISTEN, "-p", "0", "-u", "alice", "-d",
                self.directory(self.shared)), env={"NOTIFY_SOCKET": path})
            waits = wait_until(lambda: READY.search(alice.err.bytes) or
                               self.sends_a_datagram(alice.pid), "its start")
            self.assertIsNot(True, waits, "it waits for the manager")
            alice.port, alice.name = int(waits[2]), "alice"
            # It has announced that it is ready, but does not serve yet.
            self.assert_sent(self.send(alice, "hello"))

    def sends_a_datagram(self, pid):
        """Whether a process sleeps in a call on a socket of that kind."""
        link = links_of(pid).get(sleeps_in(pid), "")
        return any(line.split()[4] == "0002" and
                   f"socket:[{line.split()[6]}]" == link for line in
                   Path("/proc/net/unix").read_text().splitlines()[1:])


class Attempts(ChatTest):

    def silent(self):
        """Accepts a connection and sends nothing until the test ends."""
        return self.serve(lambda connection: connection.recv(65536) and
                          connection.recv(65536))

    def confined(self, *options):
        """Returns a sender and the process of its attempt."""
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
        over = time.monotonic() + ALARM_S + GRACE_S + 0.5
        wait_until(lambda: not sending.running() or time.monotonic() > over and
                   sleeps_in(sending.pid) is not None, "its parent")
        # A killed process is no longer stopped, even if this takes time.
        self.assertFalse(is_stopped(attempt), "it was not killed")
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
        """It runs for ever, but its alarm still ends it."""
        self.need_seccomp()
        if not takeover.possible():
            self.skipTest("sessions are taken over as root on x86-64 only")
        for options, status in (((), -signal.SIGALRM), (("-r", "1"), 79)):
            with self.subTest(options=options):
                sending, attempt = self.confined(*options)
                takeover.Takeover(attempt).spin()
                over = time.monotonic() + ALARM_S + 0.5
                wait_until(lambda: time.monotonic() > over, "its time")
                used = computed(attempt)
                wait_until(lambda: is_over(attempt) or
                           computed(attempt) > used + 0.5, "its end")
                # However busy the machine is, it runs first.
                self.assertTrue(is_over(attempt), "it had no alarm")
                self.assertEqual(status, sending.wait().status)

    def test_p11_what_an_attempt_says_has_an_end(self):
        """An attempt that was taken over answers without a NUL."""
        self.need_seccomp()
        if not takeover.possible():
            self.skipTest("senders are taken over as root on x86-64 only")
        sending, attempt = self.confined("-r", "60")
        victim = takeover.Takeover(attempt)
        try:
            victim.write(REPORT_FD, OUTCOME.pack(
                69, 1, bytes(40), b"w" * SIZE_WHERE, b"r" * SIZE_REASON,
                0, 0, 0, 0, ord("i")))
            os.waitpid(attempt, takeover.WALL)
        except takeover.Killed:  # at once: it has sent all that it may
            pass
        self.assertEqual(
            f"chat-send: {'w' * (SIZE_WHERE - 1)}: {'r' * (SIZE_REASON - 1)}\n",
            sending.wait().stderr)
