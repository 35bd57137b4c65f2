"""Servers that do not speak chat1: the sender says so and never hangs."""
import os

from chat1 import Answerer
from frames import frame
from harness import ChatTest
from process import wait_until

WRONG = "does not speak chat1; is the port right?"


class Garbage(ChatTest):

    def send_to(self, talk, *options):
        """talk gets the connection, which is then closed."""
        def once(peer):
            with peer:
                talk(peer)
                while peer.recv(65536):  # to close with unread bytes resets it
                    pass

        return self.send(self.serve(once), "hi", options=options)

    def answer(self, answer, status, *says, options=()):
        """The server only sends this, in answer to the hello."""
        def talk(peer):
            peer.recv(65536)
            peer.sendall(answer)

        self.assert_failed(
            self.send_to(talk, *options), status,
            "alice at 127.0.0.1 port ", *says)

    def test_http(self):
        self.answer(b"HTTP/1.1 400 Bad Request\r\n\r\n", 76, WRONG)

    def test_an_ssh_banner_that_comes_first(self):
        sent = self.send_to(
            lambda peer: peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"))
        self.assert_failed(sent, 76, WRONG)

    def test_tls(self):
        self.answer(b"\x15\x03\x01\x00\x02\x02\x0a\n", 76, WRONG)

    def test_binary(self):
        self.answer(os.urandom(900).replace(b"\n", b"") + b"\n", 76, WRONG)

    def test_an_empty_line(self):
        self.answer(b"\n", 76, WRONG)

    def test_json(self):
        self.answer(b'{"header":{}}\n', 76, WRONG)

    def test_deep_json(self):
        self.answer(b"[" * 1000 + b"\n", 76, WRONG)

    def test_p11_a_line_without_end(self):
        self.answer(b"x" * 10**6, 76, WRONG)

    def test_its_own_hello(self):
        def talk(peer):
            peer.sendall(peer.recv(65536))

        self.assert_failed(self.send_to(talk), 76, WRONG)

    def test_frames_that_are_not_the_challenge(self):
        for kind in ("hello", "response", "confirm", "text", "ack"):
            with self.subTest(kind):
                self.answer(frame(kind, bytes(98)), 76, WRONG)

    def test_a_challenge_whose_point_is_none(self):
        for point in (bytes(65), b"\4" + bytes(64), b"\4" + b"\xff" * 64,
                      b"\2" + bytes(64)):
            with self.subTest(point[:2]):
                self.answer(frame("challenge", b"\1" + point + bytes(32)),
                            76, WRONG)

    def test_a_challenge_of_another_length(self):
        for size in (0, 97, 99):
            with self.subTest(size):
                self.answer(frame("challenge", b"\1" * size), 76)

    def test_more_than_a_challenge(self):
        def talk(peer):
            other = Answerer(peer, **self.parties())
            peer.sendall(other.challenge() + b" \n")

        self.assert_failed(self.send_to(talk), 76, WRONG)

    def test_silence(self):
        def talk(peer):
            while peer.recv(65536):
                pass

        self.assert_failed(self.send_to(talk, "-t", "1"), 75,
                           "no answer in time", "not sent")

    def test_half_a_line(self):
        self.answer(b'{"header":{"msg_ty', 75, "no answer in time",
                    options=("-t", "1"))

    def test_one_that_closes_at_once(self):
        sent = self.send(self.serve(lambda peer: peer.close()), "hi")
        self.assert_failed(sent, 75, "before the message was sent",
                           "try again")

    def test_one_that_closes_after_the_hello(self):
        def talk(peer):
            peer.recv(65536)
            peer.close()

        self.assert_failed(self.send(self.serve(talk), "hi"), 75,
                           "before the message was sent")

    def test_a_listener_that_knows_nothing(self):
        """It cannot prove itself with anything it sends, and sees no text."""
        def talk(peer):
            names = ("bob", "alice")
            other = Answerer(peer, names, (self.secret(), self.secret()))
            peer.sendall(other.challenge())
            peer.sendall(other.confirm())
            heard.append(peer.recv(65536))

        heard = []
        self.assert_failed(self.send_to(talk), 77, "authentication failed")
        wait_until(lambda: heard, "the end of the connection")
        self.assertEqual([b""], heard)
