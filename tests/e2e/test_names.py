"""Host names: who looks them up, for how long, and what that one knows."""
import os
import select
import signal
import socket
import struct

from failing import FailingTest
from harness import SEND, Program
from process import in_group, links_of, memory_of, soon, status_of, \
    wait_until

HOST = "alice.example"
AT = f"alice at {HOST} port "
MOST_ADDRESSES, SIZE_ADDRESS = 64, 28
RESOLUTION = struct.Struct(  # struct resolution
    f"iiN{MOST_ADDRESSES}I{MOST_ADDRESSES * SIZE_ADDRESS}s")
BOTH = "alice,carol"


class Names(FailingTest):

    def setUp(self):
        super().setUp()
        self.shared["carol"] = self.secret()

    def argv(self, *options, to="alice", port=9, ip=HOST):
        path = self.directory(self.shared, port, ip)
        words = () if "-l" in options else ("hi",)
        return SEND, "-d", path, "-u", "bob", *options, to, *words

    def ask(self, *options):
        """A sender to whom a mute name server never answers."""
        self.set_plan(mute=1)
        return self.run_program(*self.argv(*options), env=self.failing)

    def start(self, *options, to="alice"):
        """The same while it waits, and all who asked."""
        self.set_plan(mute=1)
        with open(self.file("stdin", "hi\nho\n"), "rb") as stdin:
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
        """What comes of an answer that was put into the asker's mouth."""
        sending, (asker,) = self.start()
        with open(f"/proc/{asker}/fd/1", "wb") as mouth:
            mouth.write(RESOLUTION.pack(
                0, 0, count, *[length] * MOST_ADDRESSES, b""))
        return sending.wait()

    def test_p11_whoever_looks_up_may_lie(self):
        """Its answer has no more addresses than there are, or larger ones."""
        self.need_root()
        for count, length in ((0, 16), (MOST_ADDRESSES + 1, 16),
                              (1, SIZE_ADDRESS + 1)):
            self.assert_failed(self.answer(count, length), 75, AT,
                               "cannot look it up: Input/output error")
        # And this is how it would look if it were believed.
        self.assert_failed(self.answer(MOST_ADDRESSES, SIZE_ADDRESS), 75, AT,
                           "cannot connect")

    def test_each_address_has_its_share_of_the_time(self):
        """The first takes no connection, and does not refuse it either."""
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
        """Nor has anything open but its answer and standard error."""
        self.need_root()
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
                # They are seen where they must be, so they would be there.
                self.assertIn(self.shared["alice"].encode(),
                              memory_of(sending.pid))
                sending.stop()

    def test_p13_an_attempt_knows_the_password_for_one(self):
        """Two of them, each with a listener that says nothing."""
        self.need_root()
        self.need_seccomp()
        silent = self.serve(lambda connection: connection.recv(65536) and
                            connection.recv(65536))
        sending = Program(
            self, self.argv(to=BOTH, port=silent.port, ip="127.0.0.1"))
        wait_until(lambda: len(silent.connections) == 2, "connections")
        attempts = set(in_group(sending.pid)) - {sending.pid}
        self.assertEqual(2, len(attempts))
        for attempt in attempts:
            wait_until(lambda a=attempt: status_of(a)["Seccomp"] != ["0"],
                       "its sandbox")
            memory, links = memory_of(attempt), links_of(attempt)
            known = {name for name, password in self.shared.items()
                     if password.encode() in memory}
            self.assertIn(known, (set(), {"alice"}, {"carol"}))
            self.assertEqual(1, sum("pipe:" in links[fd]
                                    for fd in links if fd > 2), links)
        sending.stop()
