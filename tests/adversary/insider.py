"""Peers who know both passwords and send hostile JSON with a right MAC. That
only one form is accepted is a rule of its own."""
import os
import socket
import subprocess

import slots
from chat1 import Answerer, Sender, mac256
from frames import (FRAME_LIMIT, MALFORMED, TEXT_LIMIT, Malformed, frame,
                    parse, payload_of, with_mac)
from harness import SEND
from process import wait_readable
from tamper import KEYS

VIOLATION, UNKNOWN = 76, 79
PLACE_OF_MAC = b'"hmac_val":""'


def proven(party, line, case):
    """Returns the line with this case, and with its MAC if it has one; None if
    there is no room for that, or if nothing was changed."""
    changed = slots.apply(line[:-1], KEYS, *case) + b"\n"
    if changed == line or changed.count(PLACE_OF_MAC) != 1:
        return None
    return with_mac(changed, party.mac(changed, party.role))


class Bob:
    """A sender to a listener named alice."""

    def __init__(self, test, listener):
        self.test, self.listener = test, listener

    def wrong(self, n, case):
        """Returns what is wrong with the answer to frame n with this case."""
        with Sender(self.listener.port, **self.test.parties()) as bob:
            line = proven(bob, self.response(bob) if n == 3 else
                          self.text(bob), case)
            if line is None:
                return None
            try:
                answer = bob.ask(line)
            except ConnectionError:
                answer = b""
            said = self.judge(bob, n, line, answer)
        return said and f"frame {n}, {case}: {said} {answer!r}"

    def response(self, bob):
        challenge = bob.ask(bob.hello())
        payload = payload_of(challenge)
        bob.absorb(challenge)
        bob.agree(payload[1:66])
        proof = mac256(bob.chap_secret, b"chat1 sender proof\0",
                       bob.transcript, payload[66:], bob.nonce)
        return frame("response", proof + bob.nonce)

    def text(self, bob):
        bob.shake_hands()
        return frame("text", bob.seal(b"must not be shown"))

    def judge(self, bob, n, line, answer):
        limit = TEXT_LIMIT if n == 5 else FRAME_LIMIT
        if not answer:  # unread bytes may have reset the connection
            return "" if len(line) > limit else "no answer"
        try:
            found = parse(answer)
        except Malformed:
            return "no frame"
        if found.kind != "nack" or found.payload != bytes((MALFORMED,)):
            return "not refused as malformed"
        if n == 3:
            return "a MAC too early" if found.mac else ""
        if len(line) > limit or b"\n" in line[:-1]:
            return ""  # it may answer either line
        bob.absorb(line)
        return "" if found.mac and bob.proves(answer) else "not proven"


class Alice:
    """A listener for chat-send."""

    def __init__(self, test):
        self.test = test
        self.socket = socket.create_server(("127.0.0.1", 0))
        test.addCleanup(self.socket.close)
        self.directory = test.directory(
            test.shared, self.socket.getsockname()[1], name="insider.json")

    def wrong(self, n, case):
        """Returns what is wrong with how a sender treats this case in frame n.
        """
        sending = subprocess.Popen(
            [SEND, "-q", "-d", self.directory, "-u", "bob", "-i",
             os.urandom(16).hex(), "alice", "hi"], env=self.test.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        wait_readable(self.socket, "a sender")
        connection, _ = self.socket.accept()
        with connection:
            alice = Answerer(connection, **self.test.parties())
            try:
                tried = self.answer(alice, n, case)
            except ConnectionError:  # it may have left early
                tried = True
            finally:
                alice.lines.close()
        status = sending.wait()
        expected = VIOLATION if n == 4 else UNKNOWN
        return f"frame {n}, {case}: status {status}" \
            if tried and status != expected else None

    def answer(self, alice, n, case):
        """Returns whether the sender got to frame n."""
        connection = alice.socket
        connection.sendall(alice.challenge())
        if n == 4:
            response = alice.hear()
            proof = mac256(alice.chap_secret, b"chat1 listener proof\0",
                           alice.transcript, payload_of(response)[32:])
            line = proven(alice, frame("confirm", proof), case)
        else:
            connection.sendall(alice.confirm())
            alice.hear()
            line = proven(alice, frame("ack", alice.seal_receipt()), case)
        if line is None:
            return False
        connection.sendall(line)
        alice.lines.readline()  # nothing: it leaves
        return True
