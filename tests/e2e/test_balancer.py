"""chat-listen -P: the balancer names the source."""
import json
import socket
import struct

from chat1 import Sender
from harness import LISTEN, ChatTest
from process import links_of, status_of, wait_until

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL = SIGNATURE + b"\x20\0\0\0"


def version_1(address, family="TCP4", to="127.0.0.1"):
    return f"PROXY {family} {address} {to} 40000 5000\r\n".encode()


def version_2(address, more=b"", command=0x21):
    """With extensions, if there are any."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    number = socket.inet_pton(family, address)
    block = number + number + struct.pack(">HH", 40000, 5000) + more
    kind = 0x21 if family == socket.AF_INET6 else 0x11
    return SIGNATURE + struct.pack(">BBH", command, kind, len(block)) + block


class BalancerTest(ChatTest):

    def listen_behind(self, *options, network="127.0.0.0/8"):
        return self.listen("-P", network, *options)

    def through(self, alice, header):
        """A balancer that sends these bytes before each connection."""
        return self.proxy(
            alice, lambda n, line: header + line if n == 1 else line)

    def knock(self, peer, octets):
        """Sends only these bytes. Returns what comes back."""
        try:
            peer.say(octets)
            peer.socket.shutdown(socket.SHUT_WR)
            return peer.hear()
        except OSError:  # it left with unread bytes
            return b""


class Source(BalancerTest):

    def address_of(self, header):
        """Returns the address that is shown for a message behind this header.
        """
        alice = self.listen_behind("-j")
        self.assert_sent(self.send(self.through(alice, header), "hi"))
        return json.loads(alice.stop().stdout)["address"]

    def test_version_1(self):
        self.assertEqual("203.0.113.7",
                         self.address_of(version_1("203.0.113.7")))
        self.assertEqual("2001:db8::7", self.address_of(
            version_1("2001:db8::7", "TCP6", "::1")))

    def test_version_2(self):
        self.assertEqual("203.0.113.7",
                         self.address_of(version_2("203.0.113.7")))
        self.assertEqual("2001:db8::7",
                         self.address_of(version_2("2001:db8::7")))

    def test_version_2_with_extensions(self):
        alpn = b"\x01\0\x02h2" + b"\x04\0\x05" + bytes(5)
        self.assertEqual("203.0.113.7",
                         self.address_of(version_2("203.0.113.7", alpn)))

    def test_who_names_nobody_speaks_for_himself(self):
        for header in (LOCAL, b"PROXY UNKNOWN\r\n", SIGNATURE + b"\x21\0\0\0"):
            self.assertEqual("127.0.0.1", self.address_of(header))

    def test_a_command_is_given_it(self):
        self.home.chmod(0o755)
        alice = self.listen_behind("-x", "echo $CHAT_ADDRESS")
        self.assert_sent(self.send(
            self.through(alice, version_2("2001:db8::7")), "hi"))
        self.assertEqual("2001:db8::7\n", alice.stop().stdout)

    def test_the_log_names_it(self):
        alice = self.listen_behind()
        self.assert_failed(
            self.send(self.through(alice, version_1("203.0.113.7")), "hi",
                      knows={"alice": self.secret()}), 77)
        alice.err.wait_for(b"\nchat-listen: 203.0.113.7: refused: "
                           b"authentication failed")

    def test_a_probe(self):
        alice = self.listen_behind("-v")
        balancer = self.through(alice, version_2("203.0.113.7"))
        self.assert_sent(self.send(balancer, options=("-n",)))
        alice.err.wait_for(b"203.0.113.7: probe")

    def test_a_check_of_the_balancer_itself_is_no_fault(self):
        alice = self.listen_behind()
        with Sender(alice.port) as peer:
            self.assertEqual(b"", self.knock(peer, LOCAL))
        alice.wait_sessions(0)
        said = alice.stop().stderr
        self.assertNotIn("127.0.0.1", said)
        self.assertEqual(2, said.count("\n"), said)


class Trust(BalancerTest):
    """Connections from balancers must have a header, others must not."""

    def test_a_balancer_must_send_a_header(self):
        alice = self.listen_behind()
        self.assert_failed(self.send(alice, "hi"), 76)
        alice.err.wait_for(b"127.0.0.1: refused: does not speak chat1")

    def test_anybody_else_must_not(self):
        alice = self.listen_behind(network="192.0.2.0/24")
        for header in (version_1("192.0.2.1"), version_2("192.0.2.1"), LOCAL):
            self.assert_failed(
                self.send(self.through(alice, header), "hi"), 76)
        self.assert_sent(self.send(alice, "without"))
        self.assertEqual(["bob: without"], alice.shown())

    def test_without_balancers_nobody_may(self):
        alice = self.listen()
        self.assert_failed(
            self.send(self.through(alice, version_2("192.0.2.1")), "hi"), 76)

    def test_two_headers_are_one_too_many(self):
        alice = self.listen_behind()
        header = version_2("203.0.113.7")
        self.assert_failed(
            self.send(self.through(alice, header + header), "hi"), 76)
        alice.err.wait_for(b"203.0.113.7: refused: does not speak chat1")

    def test_hostile_headers_are_malformed(self):
        alice = self.listen_behind()
        for header in (
                b"PROXY " + b"A" * 200, b"PROXY TCP4 a b 1 2\r\n",
                b"PROXY TCP4 203.0.113.7 127.0.0.1 1 2\n" + b"x" * 20,
                b"PROXY UDP4 203.0.113.7 127.0.0.1 1 2\r\n",
                b"PROXY TCP4 203.0.113.7 127.0.0.1 1 65536\r\n",
                SIGNATURE + b"\x21\x11\xff\xff" + bytes(65535),
                SIGNATURE + b"\x21\x11\0\x0b" + bytes(11),
                SIGNATURE + b"\x21\x31\0\xd8" + bytes(216),
                SIGNATURE + b"\x22\x11\0\x0c" + bytes(12),
                SIGNATURE + b"\x11\x11\0\x0c" + bytes(12),
                bytes(100), b"GET / HTTP/1.0\r\n\r\n"):
            with Sender(alice.port) as peer:
                heard = self.knock(peer, header + peer.hello())
            self.assertNotIn(b'"challenge"', heard, header)
        balancer = self.through(alice, version_2("203.0.113.7"))
        self.assert_sent(self.send(balancer, "still here"))
        self.assertNotIn(b"crashed", alice.err.bytes)

    def test_p14_descriptors_of_a_session(self):
        """One more than without a balancer."""
        self.need_root()
        self.need_seccomp()
        for network, more in (("127.0.0.0/8", {7: "socket"}),
                              ("192.0.2.0/24", {})):
            alice = self.listen_behind(network=network)
            with Sender(alice.port):
                session, = alice.wait_sessions(1)
                wait_until(lambda: status_of(session)["Seccomp"] != ["0"],
                           "the session to be confined")
                kinds = {fd: name.partition(":")[0]
                         for fd, name in links_of(session).items()}
            self.assertEqual({1: "pipe", 3: "socket", 4: "socket"} | more,
                             kinds)
            alice.stop()


class Admission(BalancerTest):
    """Limits and penalties are those of the source that the balancer names."""

    def test_the_limit_per_source(self):
        alice = self.listen_behind("-M", "2")
        held = [self.hold(alice, version_2("203.0.113.7")) for _ in range(2)]
        self.assert_failed(self.send(
            self.through(alice, version_2("203.0.113.7")), "hi"), 75, "busy")
        alice.err.wait_for(b"203.0.113.7: refused: too many sessions from "
                           b"this source (-M)")
        other = self.through(alice, version_2("203.0.113.8"))
        self.assert_sent(self.send(other, "hi"))
        for peer in held:
            peer.close()
        alice.wait_sessions(0)
        self.assert_sent(self.send(
            self.through(alice, version_2("203.0.113.7")), "hi"))

    def hold(self, alice, header):
        """Opens a session that counts for that source."""
        peer = Sender(alice.port)
        self.addCleanup(peer.close)
        peer.say(header + peer.hello())
        self.assertIn(b'"challenge"', peer.hear())
        return peer

    def test_penalties(self):
        alice = self.listen_behind()
        bad = self.through(alice, version_2("203.0.113.7"))
        while self.send(bad, knows={"alice": self.secret()},
                        options=("-n",)).status == 77:
            pass
        self.assert_failed(self.send(bad, "hi"), 75, "after failures",
                           "has to wait")
        alice.err.wait_for(b"203.0.113.7: refused: its source misbehaved")
        good = self.through(alice, version_2("203.0.113.8"))
        self.assert_sent(self.send(good, "hi"))

    def test_networks_of_options_are_checked(self):
        """The message says what is wrong with a network."""
        for bad, says in (
                ("/8", "it is empty"), ("192.0.2.0/33", "from 0 to 32"),
                ("10.0.0.0/024", "without leading zeros, as in 192.0.2.0/24"),
                ("2001:db8::/+8", "from 0 to 128"), ("10.0.0.0/", "0 to 32"),
                ("10.0.0.0/ 8", "0 to 32"), ("010.0.0.0/8", "four numbers"),
                ("10/8", "four numbers"), ("localhost", "not an address"),
                ("[2001:db8::]/32", "no brackets"),
                ("2001:db8::g/32", "not an IPv6 address"),
                ("fe80::1%lo/64", "not an IPv6 address"),
                ("::ffff:10.0.0.0/8", "without ::ffff:")):
            for option in "-E", "-P":
                with self.subTest(option=option, bad=bad):
                    ended = self.run_program(LISTEN, "-p", "0", option, bad)
                    self.assert_failed(
                        ended, 64, f"{option} '{bad}': not a network: ", says,
                        program="chat-listen")

