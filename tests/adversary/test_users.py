"""p10: hostile JSON in the user directory, read by both programs."""
import json
import os
import random
import re
import socket

import slots
import users
from harness import LISTEN, SEND, SPARSE, ChatTest, Listener
from initiator import DELIVERED, Initiator
from responder import Responder

KEYS = (*users.KEYS, "comment")
SAMPLES = 150 // SPARSE
BAD = 78


class Directory(ChatTest):
    """Both programs read what chat-users(5) allows, in the same way."""

    limit = 300

    def document(self):
        """Returns a document with alice, and bob with all changes."""
        bob = {"username": "bob", "password": self.shared["bob"],
               "port": 5001, "ip": "::1", "comment": "none"}
        alice = {"username": "alice", "password": self.shared["alice"],
                 "port": 5000, "ip": "::1"}
        return json.dumps([bob, alice]).encode()

    def names(self, path):
        """Returns the names that the two find; None if they refuse the file.
        """
        listed = self.run_program(SEND, "-q", "-L", "-d", path)
        checked = self.run_program(LISTEN, "-q", "-n", "-u", "alice",
                                   "-d", path)
        self.assertEqual(listed.status, checked.status, (listed, checked))
        if listed.status == BAD:
            for ended in listed, checked:
                self.assertRegex(ended.stderr, rf"\A\S+: {path}:\d+: .+\n\Z")
            return None
        self.assertEqual(0, listed.status, listed)
        found = listed.stdout.split()
        count = re.search(r": (\d+) users?; this is alice", checked.stderr)
        self.assertEqual(len(found), int(count[1]), checked)
        return sorted(found)

    def expected(self, document):
        try:
            return sorted(name for name, *_ in users.read(document))
        except users.Bad:
            return None

    def check(self, slot, case):
        document = slots.apply(self.document(), KEYS, slot, case)
        path = self.file("users.json", document)
        self.assertEqual(self.expected(document), self.names(path),
                         (slot, case, document[:300]))

    def test_p11_depth(self):
        for deep in 998, 999, 1000:
            for nested in ("[" * deep + "]" * deep,
                           '{"":' * deep + "0" + "}" * deep):
                document = self.document().replace(
                    b'"none"', nested.encode())
                path = self.file("users.json", document)
                self.assertEqual(
                    None if deep == 1000 else ["alice", "bob"],
                    self.names(path), deep)
                self.assertEqual(self.expected(document), self.names(path))

    def sample(self, count, good=lambda document: True):
        """Returns some of the cases whose document is valid."""
        seed = int(os.environ.get("CHAT_SEED", random.getrandbits(32)))
        print(f"to repeat: CHAT_SEED={seed}")  # printed if the test fails
        every = [case for case in self.cases()
                 if good(slots.apply(self.document(), KEYS, *case))]
        return random.Random(seed).sample(every, count)

    def cases(self):
        return slots.cases(self.document(), KEYS)

    def test_p10_hostile_json(self):
        for case in self.sample(SAMPLES):
            self.check(*case)

    def test_p10_what_is_read_means_the_same(self):
        """Each file means the same to the programs and to the peer in Python.
        """
        for case in self.sample(15, lambda document: len(
                self.expected(document) or ()) == 2):
            document = slots.apply(self.document(), KEYS, *case)
            passwords = {name: password for name, password, *_ in
                         users.read(document)}
            bob, = set(passwords) - {"alice"}
            path = self.file("users.json", document)
            with self.subTest(case):
                self.send_with(path, bob, passwords)
                self.listen_with(path, bob, passwords)

    def send_with(self, path, bob, passwords):
        alice = Responder("alice", passwords)
        port = self.serve(alice.attend).port
        self.assert_sent(self.run_program(
            SEND, "-q", "-d", path, "-a", "127.0.0.1", "-p", str(port), "-u",
            bob, "alice", "hi"))
        self.assertEqual([(bob, b"hi")], alice.shown)

    def listen_with(self, path, bob, passwords):
        alice = Listener(self, LISTEN, "-p", "0", "-u", "alice", "-d", path)
        with socket.create_connection(("127.0.0.1", alice.port)) as connection:
            self.assertEqual(DELIVERED, Initiator(
                connection, (bob, "alice"),
                (passwords[bob], passwords["alice"])).deliver(b"hi"))
        self.assertEqual([f"{bob}: hi"], alice.shown())
