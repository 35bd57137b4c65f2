"""Connecting: which failure is reported, and how waiting is shown."""
import contextlib
import errno
import json
import re
import socket
import subprocess
import sys
import threading
import time

from chat1 import Answerer
from frames import CLOCK
from harness import SEND, ChatTest, Program
from process import PATIENCE, Terminal, soon, wait_until
from wire import Server, disconnect


MODULE = r"""
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
/*
 * A name has as many addresses as LOCALDOMAIN says, and ERRORS is theirs; or
 * none, for the reason that is negative there.
 */
int getaddrinfo(const char *host, const char *port,
    const struct addrinfo *hints, struct addrinfo **list)
{
	static struct addrinfo info[8];
	static struct sockaddr_in to[8];
	int count = atoi(getenv("LOCALDOMAIN"));
	if (hints->ai_flags & AI_NUMERICHOST)
		return EAI_NONAME;
	if (count < 0)
		return count;
	for (int i = 0; i < count; i++) {
		to[i].sin_family = AF_INET;
		to[i].sin_port = htons((unsigned short)atoi(port));
		to[i].sin_addr.s_addr = htonl(0xc0000201u + (unsigned)i);
		info[i].ai_family = AF_INET;
		info[i].ai_addr = (void *)&to[i];
		info[i].ai_addrlen = sizeof(to[i]);
		info[i].ai_next = i + 1 < count ? &info[i + 1] : NULL;
	}
	*list = host == NULL ? NULL : info;
	return 0;
}
void freeaddrinfo(struct addrinfo *list)
{
	(void)list;
}
int connect(int fd, const struct sockaddr *to, socklen_t len)
{
	const char *errors = getenv("ERRORS");
	unsigned i = ntohl(((const struct sockaddr_in *)to)->sin_addr.s_addr) & 7;
	(void)fd, (void)len;
	while (--i > 0)
		errors = strchr(errors, ',') + 1;
	errno = atoi(errors);
	return -1;
}
"""


def refusing():
    """A port where nobody listens, as long as the socket is open."""
    nobody = socket.socket()
    nobody.bind(("127.0.0.1", 0))
    return nobody


class Addresses(ChatTest):
    """Several addresses of a name: the most telling failure is reported."""

    def setUp(self):
        super().setUp()
        self.need("cc")
        self.module = str(self.home / "addresses.so")
        source = self.file("addresses.c", MODULE)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.module, source],
                       check=True)
        if b"__asan_init" in open(SEND, "rb").read():
            self.skipTest("sanitizers must come first")

    def check(self, errors, *says):
        """Connections to 192.0.2.1 and so on fail with these errors."""
        path = self.directory(self.shared, 5000, "alice.example")
        sent = self.run_program(
            SEND, "-d", path, "-u", "bob", "alice", "hi",
            env={"LD_PRELOAD": self.module, "LOCALDOMAIN": str(len(errors)),
                 "ERRORS": ",".join(map(str, errors))})
        self.assert_failed(sent, 75, "alice at alice.example (", *says)
        return sent.stderr

    def test_connection_refused_tells_most(self):
        for other in (errno.ENETUNREACH, errno.EHOSTUNREACH,
                      errno.EADDRNOTAVAIL, errno.ETIMEDOUT, errno.EACCES):
            for errors in ((errno.ECONNREFUSED, other),
                           (other, errno.ECONNREFUSED)):
                with self.subTest(errors):
                    at = 1 + errors.index(errno.ECONNREFUSED)
                    said = self.check(
                        errors, f"(192.0.2.{at}) port 5000: connection refused;"
                        " is chat-listen running there?")
                    self.assertIn(f"192.0.2.{3 - at}: ", said)

    def test_a_time_out_tells_more_than_no_way_there(self):
        self.check((errno.ETIMEDOUT, errno.ENETUNREACH),
                   "(192.0.2.1)", "connection timed out",
                   "192.0.2.2: Network is unreachable")

    def test_what_is_the_same_is_told_once(self):
        said = self.check((errno.ECONNREFUSED,) * 3, "connection refused")
        self.assertEqual(1, said.count("refused"))

    def look_up(self, error, *options):
        """The system's answer for a name, on any machine."""
        path = self.directory(self.shared, 5000, "alice.example")
        return self.run_program(
            SEND, "-d", path, "-u", "bob", *options, "alice", "hi",
            env={"LD_PRELOAD": self.module, "LOCALDOMAIN": str(int(error))})

    def test_a_name_that_is_unknown(self):
        """A retry would not help: -r does not retry."""
        for options in (), ("-r", "3600"):
            for error in socket.EAI_NONAME, socket.EAI_FAIL:
                with self.subTest(error=error, options=options):
                    self.assert_failed(
                        self.look_up(error, *options), 68,
                        "alice at alice.example port 5000: host name unknown "
                        "(", "); check the spelling")

    def test_a_name_without_such_an_address(self):
        for error in socket.EAI_ADDRFAMILY, socket.EAI_FAMILY:
            self.assert_failed(self.look_up(error, "-6"), 68,
                               "alice at alice.example port 5000: ",
                               "no address of the kind that -4 or -6 asks for")

    def test_name_servers_that_are_off(self):
        self.assert_failed(self.look_up(socket.EAI_AGAIN), 75,
                           "no name server answers; try again")

    def test_the_result_of_a_name_that_is_unknown(self):
        sent = self.look_up(socket.EAI_NONAME, "-j")
        result = json.loads(sent.stdout)
        self.assertEqual((68, ""), (sent.status, sent.stderr))
        self.assertEqual((False, 68, False), (
            result["ok"], result["status"], result["retryable"]))

    def test_it_stays_short(self):
        said = self.check((errno.ECONNREFUSED,) + (errno.ENETUNREACH,) * 5,
                          "connection refused", ", ...")
        self.assertEqual(3, said.count("unreachable"))


# Seconds until chat-send has given up for certain, if deadlines are not hurried.
# They pass no slower on a slow machine.
MOST = PATIENCE + 30 + 90


class Slow(ChatTest):
    """A long message over a slow network."""

    limit = 3 * MOST

    def over(self, rate, size, alice=None):
        """Sends it through a connection with so many bytes a second."""
        self.hurry_up()
        alice = alice or self.listen("-j")
        slow = SlowLine(alice.port, rate)
        self.addCleanup(slow.close)
        return alice, self.send(slow, stdin="x" * size, seconds=MOST)

    def test_time_grows_with_size(self):
        """It takes longer than a short message may take."""
        start = time.monotonic()
        alice, sent = self.over(9000, 64000)
        self.assert_sent(sent)
        self.assertGreater(time.monotonic() - start, 30 / 5)
        self.assertIn("x" * 64000, alice.stop().stdout)

    def test_what_never_left_was_certainly_not_received(self):
        alice, sent = self.over(300, 64000)
        self.assert_failed(sent, 75, "the line is too slow", "was not sent completely")
        self.assertEqual("", alice.stop().stdout)

    def test_the_time_of_t_ends_it_as_well(self):
        alice = self.listen("-j")
        slow = SlowLine(alice.port, 1000)
        self.addCleanup(slow.close)
        sent = self.send(slow, stdin="x" * 64000, options=("-t", soon()))
        self.assert_failed(sent, 75, "the line is too slow")
        self.assertEqual("", alice.stop().stdout)


    def test_a_line_that_breaks_is_not_slow(self):
        alice = self.listen("-j")
        broken = SlowLine(alice.port, 100000, most=10000)
        self.addCleanup(broken.close)
        sent = self.send(broken, stdin="x" * 64000)
        self.assert_failed(
            sent, 75, "closed the connection before the message was sent")
        self.assertEqual("", alice.stop().stdout)


class SlowLine(Server):
    """A sender's data passes at this rate, with little in buffers; except the
    handshake, whose time does not grow. After `most` bytes, the line breaks."""
    HANDSHAKE = 1024

    def __init__(self, port, rate, most=sys.maxsize):
        self.target, self.rate, self.most = port, rate, most
        super().__init__(self.relay)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def relay(self, sender):
        listener = socket.create_connection(("127.0.0.1", self.target))
        self.connections.append(listener)
        threading.Thread(target=self.back, args=(listener, sender),
                         daemon=True).start()
        passed = 0
        while octets := sender.recv(max(self.rate // 10, 1)):
            if passed > self.most:
                disconnect(sender)
                break
            listener.sendall(octets)
            passed += len(octets)
            if passed > self.HANDSHAKE:
                time.sleep(len(octets) / self.rate)
        listener.shutdown(socket.SHUT_WR)

    def back(self, listener, sender):
        try:
            while octets := listener.recv(4096):
                sender.sendall(octets)
            sender.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Waiting(ChatTest):
    """Waiting is announced."""

    def test_each_failed_attempt_has_a_line(self):
        with refusing() as nobody:
            path = self.directory(self.shared, nobody.getsockname()[1])
            sending = Program(self, (
                SEND, "-d", path, "-u", "bob", "-v", "-r", "3600", "alice",
                "hi"))
            wait_until(lambda: sending.err.bytes.count(b"\n") >= 3, "lines")
            sending.stop()
        for line in sending.err.bytes.decode().splitlines()[:3]:
            self.assertRegex(
                line, r"alice at .* connection refused; is chat-listen running "
                r"there\? next attempt in \d+\.\d s$")

    def on_terminal(self, *options):
        """Returns what a terminal shows of three attempts."""
        with refusing() as nobody:
            path, terminal = self.directory(
                self.shared, nobody.getsockname()[1]), Terminal(raw=True)
            sent = self.run_program(
                SEND, "-d", path, "-u", "bob", "-r", "1", *options, "alice",
                "hi", stderr=terminal.slave)
            terminal.hang_up()
        self.assertEqual(75, sent.status)
        return terminal.screen.wait_end().decode()

    def test_so_it_is_on_a_terminal(self):
        self.assertIn("next attempt in ", self.on_terminal())

    def test_but_not_if_it_shall_be_quiet(self):
        self.assertEqual(1, self.on_terminal("-q").count("\n"))

    def test_in_a_script_only_the_last_failure_is_told(self):
        with refusing() as nobody:
            path = self.directory(self.shared, nobody.getsockname()[1])
            sent = self.run_program(SEND, "-d", path, "-u", "bob", "-r", "1",
                                    "alice", "hi")
        self.assert_failed(sent, 75, "connection refused")

    def test_a_connection_that_takes_long_is_announced(self):
        """A full queue accepts no connection and refuses none."""
        with socket.socket() as full, contextlib.ExitStack() as others:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for _ in range(3):
                one = others.enter_context(socket.socket())
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            path = self.directory(self.shared, full.getsockname()[1])
            sending = Program(self, (
                SEND, "-d", path, "-u", "bob", "-v", "-t", "60", "alice",
                "hi"))
            start = time.monotonic()
            sending.err.wait_for(b"connecting to alice at 127.0.0.1 port ")
            self.assertGreater(time.monotonic() - start, 1.5)
            sending.stop()


class Clocks(ChatTest):

    def test_a_wrong_clock_is_waited_for(self):
        """Machines boot with wrong clocks; proven or not, -r goes on."""
        def talk(peer):
            with peer:
                attempts.append(1)
                alice = Answerer(peer, **self.parties())
                if len(attempts) == 1:
                    alice.shake_hands()
                    peer.sendall(alice.make("nack", bytes((CLOCK,))))
                else:
                    alice.shake_hands()
                    peer.sendall(alice.acknowledge())

        attempts = []
        sent = self.send(self.serve(talk), "hi", options=("-r", "3600"))
        self.assertEqual((0, 2), (sent.status, len(attempts)))
        self.assert_says(sent.stderr, "clock and ours differ",
                         "-r goes on trying")
        self.assertNotIn("nothing proves", sent.stderr)


class Composed(ChatTest):
    """-c sets when the message was composed."""

    WHEN = "2026-01-02T03:04:05Z"

    def test_the_recipient_sees_that_time(self):
        alice = self.listen("-j")
        self.assert_sent(self.send(alice, "hi", options=("-c", self.WHEN)))
        self.assertIn(f'"sent":"{self.WHEN}"', alice.stop().stdout)

    def test_what_is_told_for_a_retry_keeps_it(self):
        def talk(peer):
            with peer:
                Answerer(peer, **self.parties()).shake_hands()

        sent = self.send(self.serve(talk), "hi", options=("-c", self.WHEN))
        self.assertEqual(79, sent.status)
        again = re.search(r"send it again with (-i \w+ -c \S+),", sent.stderr)
        self.assertIn(self.WHEN, again[1])
        alice = self.listen("-j")
        for _ in range(2):
            self.assert_sent(self.send(
                alice, "hi", options=tuple(again[1].split())))
        self.assertEqual(1, alice.stop().stdout.count(self.WHEN))

    def test_times_that_are_none(self):
        future = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                               time.gmtime(time.time() + 3600))
        for bad, says in (("now", "not a time"),
                          ("2026-02-30T00:00:00Z", "not a time"),
                          (self.WHEN + "Z", "not a time"),
                          (self.WHEN[:-1], "not a time"),
                          (future, "in the future")):
            with self.subTest(bad):
                self.assert_failed(self.send(
                    self.serve(), "hi", options=("-c", bad)), 64, "-c", says)

    def test_lines_have_times_of_their_own(self):
        self.assert_failed(self.send(
            self.serve(), options=("-l", "-c", self.WHEN)), 64, "-c and -l")
