"""Host names: who looks them up, for how long, and what that process knows."""
import ctypes
import errno
import subprocess
import os
import select
import signal
import socket
import struct

from failing import FailingTest
from harness import SEND, Program
from process import in_group, links_of, memory_of, read_proc, soon, status_of, \
    wait_until

HOST = "alice.example"
AT = f"alice at {HOST} port "
MOST_ADDRESSES, SIZE_ADDRESS = 64, 28
RESOLUTION = struct.Struct(  # struct resolution
    f"iiN{MOST_ADDRESSES}I{MOST_ADDRESSES * SIZE_ADDRESS}s")
BOTH = "alice,carol"
MODULE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#define TRY(call) ((call) == -1 ? errno : 0)
int getaddrinfo(const char *host, const char *service,
    const struct addrinfo *hints, struct addrinfo **list)
{
	int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
	if (hints->ai_flags & AI_NUMERICHOST)
		return real(host, service, hints, list);
	const char *path = getenv("LOCALDOMAIN");
	char other[4096];
	snprintf(other, sizeof(other), "%s.new", path);
	dprintf(2, "module: %d %d %d %d\n", TRY(open(path, O_RDONLY)),
	    TRY(open(other, O_RDWR | O_CREAT, 0600)),
	    TRY(kill(getppid(), 0)), TRY(open("/etc/hosts", O_RDONLY)));
	return EAI_NONAME;
}
"""


class Names(FailingTest):

    def setUp(self):
        super().setUp()
        self.shared["carol"] = self.secret()

    def argv(self, *options, to="alice", port=9, ip=HOST):
        path = self.directory(self.shared, port, ip)
        words = () if "-l" in options else ("hi",)
        return SEND, "-d", path, "-u", "bob", *options, to, *words

    def ask(self, *options):
        """Starts a sender to whom a name server never answers."""
        self.set_plan(mute=1)
        return self.run_program(*self.argv(*options), env=self.failing)

    def start(self, *options, to="alice"):
        """The same while it waits, with its processes that ask."""
        self.set_plan(mute=1)
        lines = "hi\nho\n" if "-l" in options else ""
        with open(self.file("stdin", lines), "rb") as stdin:
            sending = Program(self, self.argv(*options, to=to),
                              env=self.failing, stdin=stdin)
        wait_until(lambda: self.asked() == len(to.split(",")), "questions")
        group = set(in_group(sending.pid))
        return sending, group - {int(status_of(pid)["PPid"][0])
                                 for pid in group}

    def test_a_look_up_ends_with_its_time(self):
        self.assert_failed(self.ask("-t", "1"), 75, AT,
                           "name servers take too long", "give an address")

    def test_another_try_asks_again(self):
        self.assert_failed(self.ask("-t", "1", "-r", "2"), 75, AT,
                           "name servers take too long")
        self.assertGreater(self.asked(), 1)

    def test_whoever_looks_up_may_die(self):
        sending, (asker,) = self.start()
        os.kill(asker, signal.SIGKILL)
        self.assert_failed(sending.wait(), 75, AT, "cannot look it up")

    def answer(self, count, length):
        """Has the asker give this answer. Returns the result."""
        sending, (asker,) = self.start()
        with open(f"/proc/{asker}/fd/1", "wb") as mouth:
            mouth.write(RESOLUTION.pack(
                0, 0, count, *[length] * MOST_ADDRESSES, b""))
        return sending.wait()

    def test_p11_whoever_looks_up_may_lie(self):
        """Its answer may have too many addresses, or too large ones."""
        self.need_root()
        for count, length in ((0, 16), (MOST_ADDRESSES + 1, 16),
                              (1, SIZE_ADDRESS + 1)):
            self.assert_failed(self.answer(count, length), 75, AT,
                               "cannot look it up: Input/output error")
        # And this would happen if it were believed.
        self.assert_failed(self.answer(MOST_ADDRESSES, SIZE_ADDRESS), 75, AT,
                           "cannot connect")

    def test_each_address_has_its_share_of_the_time(self):
        """The first neither accepts nor refuses connections."""
        self.need_root()
        alice = self.listen()
        full, calls = socket.socket(), []
        self.addCleanup(full.close)
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        while not calls or select.select([], [calls[-1]], [], 0.5)[1]:
            calls.append(socket.socket())
            self.addCleanup(calls[-1].close)
            calls[-1].setblocking(False)
            calls[-1].connect_ex(full.getsockname())
        self.set_plan(mute=1)
        sending = Program(self, self.argv("-t", str(2 * int(soon()))),
                          env=self.failing)
        wait_until(self.asked, "a question")
        asker, = set(in_group(sending.pid)) - {sending.pid}
        addresses = b"".join(
            struct.pack("=HH4s", socket.AF_INET, socket.htons(port),
                        bytes((127, 0, 0, 1))).ljust(SIZE_ADDRESS, b"\0")
            for port in (full.getsockname()[1], alice.port))
        with open(f"/proc/{asker}/fd/1", "wb") as mouth:
            mouth.write(RESOLUTION.pack(0, 0, 2, *[16] * MOST_ADDRESSES,
                                        addresses))
        self.assert_sent(sending.wait())

    def test_there_may_be_no_process_for_it(self):
        self.set_plan(forks=1)
        sent = self.run_program(*self.argv(), env=self.failing)
        self.assert_failed(sent, 75, AT, "cannot look it up")

    def test_an_address_asks_nobody(self):
        self.set_plan(forks=1, mute=1)
        alice = self.listen()
        self.assert_sent(self.send(alice, "hi", env=self.failing))
        self.assertEqual(0, self.asked())

    def test_p13_whoever_looks_up_knows_no_password(self):
        """Nor has it anything open but its answer and standard error."""
        self.need_root()
        self.need_no_counters()
        for options, to in (((), "alice"), (("-r", "60"), "alice"),
                            (("-l",), "alice"), ((), BOTH),
                            (("-r", "60"), BOTH), (("-l",), BOTH)):
            with self.subTest(options=options, to=to):
                sending, askers = self.start(*options, to=to)
                self.assertEqual(len(to.split(",")), len(askers))
                for asker in askers:
                    memory = memory_of(asker)
                    for name, password in self.shared.items():
                        self.assertNotIn(password.encode(), memory, name)
                    links = links_of(asker)
                    self.assertEqual([0, 1, 2], sorted(links))
                    self.assertEqual(links[0], links[1])
                # They are found where they must be, so they would be found.
                self.assertIn(self.shared["alice"].encode(),
                              memory_of(sending.pid))
                sending.stop()

    def test_p38_whoever_looks_up_has_no_message(self):
        """Nor the environment that we were started with."""
        self.need_root()
        self.need_no_counters()
        text = "the text that is for the recipient only"
        for options in ((), ("-r", "60"), ("-l",)):
            with self.subTest(options=options):
                self.set_plan(mute=1)
                words = () if options == ("-l",) else (text,)
                argv = self.argv(*options)[:-1 if words else None] + words
                lines = "" if words else text + "\nmore\n"
                with open(self.file("stdin", lines), "rb") as stdin:
                    sending = Program(self, argv, stdin=stdin,
                                      env=self.failing | {"STARTER": "is me"})
                wait_until(lambda: self.asked() == 1, "a question")
                group = set(in_group(sending.pid))
                asker, = group - {int(status_of(pid)["PPid"][0])
                                  for pid in group}
                memory = memory_of(asker)
                self.assertNotIn(text.encode(), memory)
                self.assertNotIn(b"STARTER=is me", memory)
                self.assertEqual(["1"], status_of(asker)["NoNewPrivs"])
                limits = read_proc(asker, "limits")
                for what in (b"file size", b"processes", b"core file size"):
                    self.assertRegex(limits, b"Max " + what + rb" +0 ")
                self.assertNotRegex(limits, rb"Max data size +unlimited")
                self.assertIn(text.encode(), memory_of(sending.pid))
                sending.stop()

    def test_p38_whoever_looks_up_is_fenced_in(self):
        """Foreign code in it cannot open or signal anything of the user."""
        if ctypes.CDLL(None).syscall(444, None, 0, 1) < 6:
            self.skipTest("no Landlock that scopes signals")
        path = self.home / "module.so"
        source = self.file("module.c", MODULE)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", path, source],
                       check=True)
        secret = self.file("secret", "of the user")
        sent = self.run_program(*self.argv(), env={
            "LD_PRELOAD": str(path), "LOCALDOMAIN": str(secret)})
        self.assertIn(f"module: {errno.EACCES} {errno.EACCES} {errno.EPERM} "
                      "0\n", sent.stderr)

    def test_names_are_found_all_the_same(self):
        # In lower case it would not be looked up.
        path = self.directory(self.shared, self.listen().port, "LOCALHOST")
        self.assert_sent(self.run_program(
            SEND, "-4", "-d", path, "-u", "bob", "alice", "hi"))

    def test_p13_an_attempt_knows_the_password_for_one(self):
        """Two of them, each with a listener that sends nothing."""
        self.need_root()
        self.need_seccomp()
        silent = self.serve(lambda connection: connection.recv(65536) and
                            connection.recv(65536))
        sending = Program(
            self, self.argv(to=BOTH, port=silent.port, ip="127.0.0.1"))
        wait_until(lambda: len(silent.connections) == 2, "connections")
        attempts = set(in_group(sending.pid)) - {sending.pid}
        self.assertEqual(2, len(attempts))
        own = []
        for attempt in attempts:
            wait_until(lambda a=attempt: status_of(a)["Seccomp"] != ["0"],
                       "its sandbox")
            memory, links = memory_of(attempt), links_of(attempt)
            known = {name for name, password in self.shared.items()
                     if password.encode() in memory}
            self.assertIn(known, (set(), {"alice"}, {"carol"}))
            # Its connection, and what leads to the first process.
            self.assertEqual({3, 4}, {fd for fd in links if fd > 2}, links)
            own.append(links[4])
        self.assertEqual(2, len(set(own)), own)
        sending.stop()
