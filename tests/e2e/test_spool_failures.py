"""What chat-send -s and chat-spool do, and say, when something fails."""
import fcntl
import json
import os
import re
import signal
import socket
import sys
import zlib

from chat1 import Answerer
from frames import TAKEN
from harness import SEND, SPOOL, Program
from process import wait_until, waiting_in
from test_spool import SpoolTest

# Signals 32 and 33: glibc may ignore them in what it starts, and resets none.
OF_THE_C_LIBRARY = 1 << 31 | 1 << 32


class FailingSpoolTest(SpoolTest):

    def answer(self, then):
        """Somebody at alice's port takes a text, and then this happens."""
        def talk(peer):
            alice = Answerer(peer, **self.parties())
            alice.shake_hands()
            then(peer, alice)

        server = self.serve(talk)
        self.users(server.port)
        return server

    def end_life(self):
        """The time of all messages is over."""
        for path in self.files():
            body = re.sub(rb"\nlife \d+\n", b"\nlife 0\n",
                          path.read_bytes()[:-len("check 00000000\n")])
            path.write_bytes(body + b"check %08x\n" % zlib.crc32(body))

    def give_up(self, *options):
        """Lets all messages expire. Returns what is said of the last one."""
        self.end_life()
        done = self.spool("-f", "-j", *options)
        self.assertEqual(0, done.status, done)
        return json.loads(done.stdout.splitlines()[-1]), done.stderr

    def queue(self, to="alice"):
        found, = self.folder().glob(f"{to}~*")
        return found

    def locked(self, queue):
        """Whether somebody has the lock of a queue."""
        fd = os.open(queue, os.O_RDONLY)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(fd)
        return False


class Truth(FailingSpoolTest):
    """Property 31: nobody says that a text was not shown if it was."""

    def cut_off(self, *command):
        """Whatever sends is killed once its text has been shown."""
        shown = []
        self.answer(lambda peer, alice: (shown.append(1), peer.recv(1)))
        program = Program(self, command)
        wait_until(lambda: shown, "the text")
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        self.users(9)

    def expect_unknown(self):
        said, words = self.give_up()
        self.assertEqual(79, said["status"], said)
        self.assert_says(words, "got no receipt in time")
        listed, = self.listed()
        self.assertEqual((79, True), (listed["status"], listed["failed"]))
        waited = self.spool("-w", listed["id"])
        self.assert_failed(waited, 79, "got no receipt",
                           program="chat-spool")

    def test_p31_the_sender_is_killed(self):
        self.cut_off(SEND, "-s", "1d", "alice", "one")
        self.expect_unknown()

    def test_p31_the_sender_is_killed_and_later_attempts_fail(self):
        self.cut_off(SEND, "-s", "1d", "alice", "one")
        done = self.flush(80, ("-j",))
        self.assertEqual(79, json.loads(done.stdout)["kept"]["status"], done)
        self.expect_unknown()

    def test_p31_the_courier_is_killed(self):
        kept, = self.keep("one")
        self.assertEqual(75, kept["kept"]["status"])
        self.make_queue_due()
        self.cut_off(SPOOL, "-f")
        self.assertEqual(80, self.spool("-f").status)
        self.expect_unknown()

    def test_p31_the_courier_of_a_message_behind_others_is_killed(self):
        self.keep("one")
        self.keep("two")
        first, _ = self.files()
        first.unlink()
        self.make_queue_due()
        self.cut_off(SPOOL, "-f")
        self.expect_unknown()

    def make_queue_due(self):
        """The states of messages stay."""
        (self.queue() / "state").unlink()

    def test_p31_what_was_never_sent_is_certain(self):
        """Whatever became of others in its queue."""
        self.cut_off(SEND, "-s", "1d", "alice", "one")
        self.keep("two")
        self.keep("three")
        self.end_life()
        done = self.spool("-f", "-j")
        self.assertEqual([79, 75, 75], [json.loads(line)["status"]
                                        for line in done.stdout.splitlines()])
        self.assertEqual(2, done.stderr.count("was not delivered in time"))

    def test_p31_a_state_that_is_lost_settles_nothing(self):
        self.keep("one")
        self.make_due()
        self.expect_unknown()

    def test_an_id_that_was_not_kept_is_not_told(self):
        self.answer(lambda peer, alice: peer.sendall(
            alice.make("nack", bytes((TAKEN,)))))
        kept, = self.keep("one")
        path, = self.files()
        self.assertEqual(path.name.split("-")[1], kept["drawn"])
        self.assertIn(kept["drawn"], kept["reason"])
        self.assertEqual(0, self.spool("-d", kept["drawn"]).status)


class Unread(FailingSpoolTest):

    def damage(self):
        for path in self.files():
            path.write_bytes(b"")

    def test_p31_a_message_that_cannot_be_read_is_not_delivered(self):
        self.keep("one")
        self.damage()
        alice = self.alice()
        done = self.flush(74)
        self.assert_says(done.stderr, "damaged")
        self.assertEqual(74, self.spool().status)
        self.assertEqual([], alice.shown())

    def test_waiting_ends_with_a_message_that_is_damaged(self):
        kept, = self.keep("one")
        self.damage()
        ended = self.spool("-w", kept["drawn"])
        self.assertEqual(74, ended.status, ended)
        self.assert_says(ended.stderr, "damaged", "still waits; mend this")
        self.assertEqual(0, self.spool("-d", kept["drawn"]).status)

    def test_waiting_goes_on_beside_a_damaged_message(self):
        """That is told once, and is a failure for -f."""
        self.keep("one")
        self.damage()
        kept, = self.keep("two")
        waiting = Program(self, (SPOOL, "-w", kept["drawn"]))
        wait_until(lambda: b"next attempt" in waiting.printed(), "an attempt")
        alice = self.alice()
        self.make_due()
        ended = waiting.wait()
        self.assertEqual(0, ended.status, ended)
        self.assertEqual(1, ended.stderr.count("damaged"), ended)
        self.assertEqual(["bob: two"], alice.shown())
        self.flush(74)

    def test_waiting_ends_if_standard_output_fails(self):
        kept, = self.keep("one")
        with open("/dev/full", "wb") as full:
            ended = self.run_program(SPOOL, "-w", kept["drawn"], stdout=full)
        self.assertEqual(74, ended.status, ended)
        self.assert_says(ended.stderr, "standard output", "still waits")

    def test_a_damaged_message_does_not_hold_up_new_ones(self):
        self.keep("one")
        self.damage()
        alice = self.alice()
        self.keep("two", status=0)
        self.assertEqual(["bob: two"], alice.shown())

    def test_a_queue_that_is_refused_is_told(self):
        kept = self.keep("one", "alice,carol")[0]
        self.queue().chmod(0o720)
        for options, names in (((), "carol"), (("-f",), "carol"),
                               (("-d", kept["drawn"]), ""),
                               (("-w", kept["drawn"]), "")):
            self.make_due()
            done = self.spool(*options)
            self.assertEqual(74, done.status, (options, done))
            self.assert_says(done.stderr, "may be written by others")
            self.assertIn(names, done.stdout)
        self.assertEqual(1, len(self.files("carol~*")))

    def test_a_directory_that_is_not_ready_is_for_later(self):
        self.hurry_up()
        self.keep("one")
        (self.home / "users.json").unlink()
        os.mkfifo(self.home / "users.json")
        done = self.flush(80)
        self.assert_says(done.stderr, "was not ready in time")

    def test_a_fifo_cannot_be_read_again(self):
        for variable, name in (("CHAT_DIRECTORY", "users.json"),
                               ("XDG_CONFIG_HOME", "chat/users.json")):
            folder = self.home / variable
            folder.mkdir()
            (folder / "chat").mkdir()
            os.mkfifo(folder / name)
            del self.environment["CHAT_DIRECTORY"]
            self.environment[variable] = str(
                folder / name if variable == "CHAT_DIRECTORY" else folder)
            sent = self.run_program(SEND, "-s", "1d", "alice", "one")
            self.assert_failed(sent, 64, f"{folder}/{name}: not a file that "
                               "can be read again")
            self.environment["CHAT_DIRECTORY"] = ""

    def test_it_remembers_where_the_directory_was(self):
        config = self.home / "config"
        (config / "chat").mkdir(parents=True)
        del self.environment["CHAT_DIRECTORY"]
        os.rename(self.home / "users.json", config / "chat/users.json")
        self.keep("one", env={"XDG_CONFIG_HOME": str(config)})
        alice = self.alice()
        os.rename(self.home / "users.json", config / "chat/users.json")
        del self.environment["CHAT_DIRECTORY"]
        self.flush()
        self.assertEqual(["bob: one"], alice.shown())

    def test_a_line_of_delivered_that_was_not_completed(self):
        self.keep("one")
        alice = self.alice()
        (self.queue() / "delivered").write_text("00" * 16 + "\n" + "0" * 9)
        self.flush()
        kept, = self.keep("two", status=0)
        self.users(9)
        kept, = self.keep("three")
        self.users(alice.port)
        self.flush()
        self.assertEqual(0, self.spool("-w", kept["drawn"]).status)
        alice.stop()


class Hang(FailingSpoolTest):

    def test_a_recipient_who_hangs_keeps_no_lock_of_others(self):
        """Not even before there is a connection: a full queue accepts none and
        refuses none."""
        alice = self.alice()
        full, *others = [socket.socket() for _ in range(4)]
        for one in full, *others:
            self.addCleanup(one.close)
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for one in others:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        self.users(alice.port, carol=full.getsockname()[1])
        sender = Program(self, (SEND, "-s", "1d", "alice,carol", "one"))
        alice.out.wait_for(b"one")
        wait_until(lambda: not self.files("alice~*"), "alice's receipt")
        wait_until(lambda: not self.locked(self.queue()), "alice's lock")
        self.assertTrue(sender.running())
        self.assertTrue(self.locked(self.queue("carol")))
        self.keep("two", status=0)
        os.killpg(sender.pid, signal.SIGKILL)
        self.assertEqual(["bob: one", "bob: two"], alice.shown())

    def test_one_who_hangs_costs_the_others_nothing(self):
        self.keep("one", "alice,carol")
        alice = self.alice()
        hangs = self.serve(lambda peer: peer.recv(1 << 20) and
                           peer.recv(1 << 20))
        self.users(alice.port, carol=hangs.port)
        self.make_due()
        flush = Program(self, (SPOOL, "-f"))
        wait_until(lambda: not self.files("alice~*"), "what is for alice")
        wait_until(lambda: hangs.connections, "a connection to carol")
        self.keep("two", status=0)
        self.assertTrue(flush.running())
        os.killpg(flush.pid, signal.SIGKILL)
        self.assertEqual(["bob: one", "bob: two"], alice.shown())
        self.assertEqual(1, len(self.files("carol~*")))

    def test_signals_of_children_that_our_parent_ignores(self):
        self.keep("one")
        alice = self.alice()
        self.make_due()
        done = self.run_program(
            sys.executable, "-c", "import os, signal, sys\n"
            "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
            "os.execv(sys.argv[1], sys.argv[1:])", SPOOL, "-f")
        self.assertEqual((0, ""), (done.status, done.stderr))
        self.assertEqual(["bob: one"], alice.shown())

    def test_messages_that_are_declined_make_the_queue_wait(self):
        for number in range(4):
            self.keep(f"text {number}")
        alice = self.alice("-x", "exit 1")
        done = self.flush(80)
        self.assertEqual(3, len(done.stdout.splitlines()), done)
        for path in self.queue().glob("*.state"):
            path.unlink()
        done = self.spool("-f")
        self.assertEqual((80, ""), (done.status, done.stdout))
        alice.stop()


class Interrupt(FailingSpoolTest):

    def hold(self, *options, **how):
        """Starts chat-send -l to somebody who takes the text and hangs."""
        self.answer(lambda peer, alice: peer.recv(1))
        reader, self.input = os.pipe()
        program = Program(self, (SEND, "-s", "1h", "-l", "-e", *options,
                                 "alice"), stdin=reader, **how)
        os.close(reader)
        return program

    def test_what_was_kept_is_reported_as_asked(self):
        for options, lines in (("-q",), 0), (("-j",), 0), ((), 2):
            sender = self.hold(*options)
            os.write(self.input, b"one\ntwo\n")
            wait_until(self.files, "a file")
            wait_until(lambda: not waiting_in(self.input), "the lines")
            os.close(self.input)
            ended = sender.stop()
            self.assertEqual(-signal.SIGTERM, ended.status, ended)
            self.assertEqual(lines, len(ended.stderr.splitlines()), ended)
            self.assertEqual(2 * ("-j" in options),
                             len(ended.stdout.splitlines()))
            self.assertEqual(2, len(self.files()))
            for path in self.files():
                path.unlink()

    def test_p31_a_second_signal_loses_no_line(self):
        """It only ends the reports, which block."""
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        sender = self.hold("-j", stdout=writer)
        os.close(writer)
        os.write(self.input, b"".join(b"%d\n" % n for n in range(50)))
        wait_until(self.files, "a file")
        wait_until(lambda: not waiting_in(self.input), "the lines")
        sender.process.terminate()
        # No report has fewer than 360 bytes, so the next one blocks.
        wait_until(lambda: waiting_in(reader) > 4096 - 360 and blocks(sender),
                   "a pipe full of reports")
        while sender.running():  # a signal may come before it blocks
            sender.process.terminate()
            wait_until(lambda: blocks(sender) or not sender.running(), "it")
        self.assertEqual(-signal.SIGTERM, sender.wait().status)
        self.assertEqual(50, len(self.files()))
        os.close(self.input)
        os.close(reader)


class Hook(FailingSpoolTest):
    """The command of -x."""

    def test_it_runs_once_if_the_message_cannot_be_moved(self):
        self.need_root()
        self.need("unshare", "mount")
        self.keep("one")
        self.end_life()
        (self.folder() / "failed").mkdir(0o700)
        for _ in range(2):
            done = self.run_program(
                "unshare", "-m", "sh", "-c",
                'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && '
                '"$2" -f -x "echo ran"', "sh", self.folder() / "failed",
                SPOOL)
            self.assertEqual((74, ""), (done.status, done.stdout), done)
            self.assert_says(done.stderr, "cannot give a message up")
        done = self.spool("-f", "-x", "echo ran")
        self.assertEqual((0, "ran\n"), (done.status, done.stdout))

    def test_it_runs_again_if_chat_spool_dies_meanwhile(self):
        kept, = self.keep("one")
        self.end_life()
        started = self.home / "started"
        program = Program(self, (SPOOL, "-f", "-x",
                                 f"echo >{started}; exec sleep 1000"))
        wait_until(started.exists, "the command")
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        say = ("-f", "-x", 'echo "$CHAT_ID"; cat')
        self.assertEqual(f"{kept['drawn']}\none\n", self.spool(*say).stdout)
        self.assertEqual("", self.spool(*say).stdout)

    def test_it_has_the_environment_of_chat_spool(self):
        """Not what an attempt before it was kept with."""
        drawn = "ab" * 16
        self.keep("two", options=("-i", drawn),
                  env={"CHAT_DIRECTORY": str(self.home / "users.json")})
        alice = self.alice()
        sent = self.run_program(SEND, "-d", self.home / "users.json", "-i",
                                drawn, "alice", "one")
        self.assertEqual(0, sent.status, sent)
        done = self.flush(0, ("-q", "-x", "printenv CHAT_DIRECTORY HOME"),
                          env={"CHAT_DIRECTORY": "/elsewhere"})
        self.assertEqual(f"/elsewhere\n{self.home}\n", done.stdout, done)
        self.assertEqual(["bob: one"], alice.shown())

    def test_its_time_is_limited_and_nothing_of_it_is_left(self):
        self.hurry_up()
        self.keep("one")
        self.end_life()
        pids = self.home / "pids"
        _, words = self.give_up(
            "-x", f"trap '' TERM ALRM; sleep 1000 & echo $! $$ >{pids}; wait")
        self.assert_says(words, "was ended after 20 seconds")
        for pid in pids.read_text().split():
            wait_until(lambda pid=pid: not running(pid), "its end")
        # What it has started ends with it, too.
        self.keep("two")
        self.give_up("-x", f"sleep 1000 & echo $! >{pids}")
        wait_until(lambda: not running(pids.read_text().strip()), "its end")

    def test_it_inherits_what_it_should(self):
        self.keep("one")
        self.end_life()
        done = self.run_program(
            "sh", "-c", 'exec 9<&0; trap "" HUP; exec "$0" "$@"', SPOOL,
            "-f", "-x", "grep SigIgn /proc/self/status; ls /proc/$$/fd; "
            'test $(cut -d " " -f 5 /proc/$$/stat) = $$ || echo no group')
        signals, *descriptors = done.stdout.splitlines()[:4]
        self.assertEqual(["0", "1", "2"], descriptors, done)
        self.assertEqual(
            0, int(signals.split()[1], 16) & ~OF_THE_C_LIBRARY, done)
        self.assertNotIn("no group", done.stdout)


def blocks(program):
    """Whether a program sleeps."""
    return state_of(program.pid) == "S"


def running(pid):
    return state_of(pid) not in ("", "Z")


def state_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")")[1].split()[0]
    except OSError:
        return ""
