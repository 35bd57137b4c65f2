"""A listener can be stopped while it starts, whatever it waits for. A sender
waits no longer than -t allows."""
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from harness import LISTEN, SEND, ChatTest, Program
from hung import LOOKUP, OPEN, READ, HungDisk
from process import Terminal, in_group, soon, status_of, wait_until

QUIET = 10  # checks in a row at which nothing happens


class Waiting(ChatTest):

    def fifo(self):
        path = str(self.home / "fifo")
        os.mkfifo(path, 0o600)
        return path

    def hang(self, hangs_at):
        """Returns a file on a disk that hangs there."""
        self.need_root()
        disk = HungDisk(self.home / "hung", hangs_at)
        self.addCleanup(disk.let_go)
        return disk, str(self.home / "hung" / "users.json")

    def wait_idle(self, program):
        """Waits until all of its processes wait for something, for a while."""
        looks = 0

        def idle():
            nonlocal looks
            pids = in_group(program.pid)
            states = [status_of(pid).get("State", ["?"])[0] for pid in pids]
            looks = looks + 1 if pids and set(states) <= {"S", "D"} else 0
            return looks > QUIET

        wait_until(idle, f"{program.process.args} to wait")


class Starting(Waiting):

    def start(self, path, *options, **how):
        return Program(self, (LISTEN, "-p", "0", "-u", "alice", "-d", path,
                              *options), **how)

    def assert_stops(self, alice, number=signal.SIGTERM):
        alice.process.send_signal(number)
        self.assertEqual(-number, alice.wait().status)

    def test_a_fifo_that_nobody_writes(self):
        path = self.fifo()
        for options in ((), ("-x", "true"), ("-n",)):
            for number in signal.SIGTERM, signal.SIGINT:
                alice = self.start(path, *options)
                self.wait_idle(alice)
                self.assert_stops(alice, number)

    def test_a_fifo_whose_writer_thinks(self):
        """As in -d <(…), while somebody types a passphrase there."""
        path = self.fifo()
        for number in signal.SIGTERM, signal.SIGINT:
            alice = self.start(path)
            writer = os.open(path, os.O_WRONLY)
            self.wait_idle(alice)
            self.assert_stops(alice, number)
            os.close(writer)

    def test_a_fifo_works_once_it_is_written(self):
        path = self.fifo()
        alice = self.start(path)
        with open(self.directory(self.shared), "rb") as users, \
                open(path, "wb") as fifo:
            fifo.write(users.read())
        alice.err.wait_for(b" as alice\n")
        self.assertEqual(0, alice.stop().status)

    def test_it_says_what_it_waits_for(self):
        path = self.fifo()
        alice = self.start(path)
        alice.err.wait_for(
            f"{path}: waiting until it can be opened; Ctrl-C".encode())
        writer = os.open(path, os.O_WRONLY)
        alice.err.wait_for(
            f"{path}: waiting until it has been read; Ctrl-C".encode())
        self.assert_stops(alice)
        os.close(writer)

    def test_who_started_it_ignores_signals(self):
        path = self.fifo()
        alice = Program(self, ("env", "--ignore-signal", LISTEN, "-p", "0",
                               "-u", "alice", "-d", path))
        self.wait_idle(alice)
        self.assert_stops(alice)

    def test_a_disk_that_hangs(self):
        """A process that hangs there cannot be killed; the listener ends
        anyway."""
        for hangs_at in LOOKUP, OPEN, READ:
            disk, path = self.hang(hangs_at)
            alice = self.start(path)
            wait_until(disk.hung.is_set, "the disk to be asked")
            alice.process.terminate()
            self.assertEqual(
                -signal.SIGTERM, alice.process.wait())
            disk.let_go()
            alice.wait()
            os.rmdir(disk.folder)

    def test_a_question(self):
        terminal = Terminal()
        for number in signal.SIGTERM, signal.SIGINT:
            alice = Program(self, (LISTEN, "-u", "alice"),
                            stdin=terminal.slave)
            alice.err.wait_for(b"port to listen on: ")
            self.assert_stops(alice, number)


class Reloading(Waiting):
    """The loop does not wait for a file either."""

    def reload_with(self, hangs_at):
        disk, path = self.hang(hangs_at)
        alice = self.listen()
        os.unlink(self.home / "listener.json")
        os.symlink(path, self.home / "listener.json")
        alice.process.send_signal(signal.SIGHUP)
        wait_until(disk.hung.is_set, "the disk to be asked")
        return disk, alice

    def assert_ends(self, disk, alice):
        alice.process.terminate()
        self.assertEqual(0, alice.process.wait())
        disk.let_go()

    def test_while_it_is_opened_messages_come(self):
        for hangs_at in LOOKUP, OPEN:
            disk, alice = self.reload_with(hangs_at)
            alice.process.send_signal(signal.SIGHUP)
            self.assert_sent(self.send(alice, "still here"))
            self.assert_ends(disk, alice)
            alice.wait()
            os.rmdir(disk.folder)

    def test_p34_a_fifo_is_no_file_to_wait_for(self):
        """A FIFO without a writer, or with a slow one."""
        alice, path = self.listen(), self.fifo()
        os.unlink(self.home / "listener.json")
        os.symlink(path, self.home / "listener.json")
        for flags in None, os.O_RDWR:
            said = len(alice.err.bytes)
            writer = os.open(path, flags) if flags else None
            alice.process.send_signal(signal.SIGHUP)
            wait_until(lambda: b"not reloaded, the old directory stays\n" in
                       alice.err.bytes[said:], "the refusal of a fifo")
            self.assert_sent(self.send(alice, "still here"))
            if writer:
                os.close(writer)

    def test_while_it_is_read_the_listener_can_be_stopped(self):
        self.assert_ends(*self.reload_with(READ))


class Sending(Waiting):
    """-t limits all that chat-send does, except writing the text."""

    def send_to(self, *options, **how):
        return Program(self, (SEND, "-t", "1", "-u", "bob", *options,
                              "alice", "hi"), **how)

    def assert_gives_up(self, sending, *says):
        ended = sending.wait()
        self.assert_failed(
            ended, 75, "not ready within the 1 second of -t",
            "nothing was sent", *says)

    def test_a_directory_that_nobody_writes(self):
        path = self.fifo()
        self.assert_gives_up(self.send_to("-d", path), path)
        self.assert_gives_up(Program(
            self, (SEND, "-t", "1", "-d", path, "-L")), path)

    def test_a_directory_whose_writer_thinks(self):
        path = self.fifo()
        sending = self.send_to("-d", path)
        writer = os.open(path, os.O_WRONLY)
        self.assert_gives_up(sending, path)
        os.close(writer)

    def test_a_secret_that_nobody_writes(self):
        path = self.fifo()
        self.assert_gives_up(
            self.send_to("-a", "127.0.0.1", "-p", "9", "-k", path), path)

    def test_a_question(self):
        """And the terminal echoes again."""
        terminal = Terminal()
        sending = self.send_to("-a", "127.0.0.1", "-p", "9",
                               terminal=terminal, stdin=terminal.slave)
        self.assert_gives_up(sending, "the secret from the terminal")
        self.assertTrue(terminal.echoes())

    def test_what_was_spent_is_gone(self):
        """One limit: the attempt does not get the time again that the
        directory took. The sender believes that this was a thousand
        seconds; if the attempt had them again, it would not end while we
        wait."""
        self.need("cc")
        if b"__asan_init" in Path(SEND).read_bytes():
            self.skipTest("sanitizers must come first")
        late = str(self.home / "late.so")
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o",
                        late, Path(__file__).with_name("late.c"), "-ldl"],
                       check=True)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            users = self.directory(self.shared, silent.getsockname()[1])
            limit = str(1000 + int(soon()))
            sending = Program(self, (SEND, "-t", limit, "-u", "bob", "-d",
                                     users, "alice", "hi"),
                              env={"LD_PRELOAD": late})
            self.assert_failed(sending.wait(), 75, "no answer in time")

    def test_writing_a_message_may_take_longer(self):
        alice = self.listen()
        reader, writer = os.pipe()
        with open(reader, "rb") as stdin:
            sending = Program(self, self.command(
                alice, options=("-t", "1")), stdin=stdin)
        self.wait_idle(sending)
        time.sleep(2)
        os.write(writer, b"at last")
        os.close(writer)
        self.assert_sent(sending.wait())
        self.assertEqual(["bob: at last"], alice.shown())
