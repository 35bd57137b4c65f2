"""p13: where secrets are in memory, and where they must never be."""
import os
import re
import signal

import place
from chat1 import Sender
from harness import LISTEN, SEND, ChatTest, Listener, Program
from process import Terminal, in_group, memory_of, wait_until


HEX = re.compile(rb"[0-9a-f]{16}")


class Memory(ChatTest):

    limit = 300

    def setUp(self):
        super().setUp()
        self.need_root()
        self.need_seccomp()

    def people(self, count):
        return self.shared | {
            f"user{n}": self.secret() for n in range(count - 2)}

    def assert_absent(self, pid, secrets, who):
        """Expects neither half of any secret. Passwords of tests are
        hexadecimal."""
        memory = memory_of(pid)
        self.assertGreater(len(memory), 1 << 16)
        parts = {half: name for name, secret in secrets.items()
                 for half in (secret[:16], secret[16:])}
        digits = re.findall(rb"[0-9a-f]{16,}", memory)
        seen = {run[i:i + 16] for run in digits for i in range(len(run) - 15)}
        for part, name in parts.items():
            if HEX.fullmatch(part):
                self.assertNotIn(part, seen, f"{name} in the {who}")
            else:
                self.assertNotIn(part, memory, f"{name} in the {who}")

    def forbidden(self, knows):
        return {f"the password of {name}": secret.encode()
                for name, secret in knows.items()}

    def look(self, alice, sender, passwords, own_too):
        """Searches parent and session for what they must not have."""
        session, = alice.wait_sessions(1)
        secrets = passwords | {"w": sender.w.to_bytes(32, "big")}
        self.assert_absent(alice.pid, secrets | self.keys(sender), "listener")
        if not own_too:
            secrets |= self.keys(sender)
        self.assert_absent(session, secrets, "session")

    @staticmethod
    def keys(sender):
        names = ("enc_key", "hmac_key", "chap_secret", "iv32", "reply_key",
                 "reply_iv32")
        return {n: getattr(sender, n) for n in names if hasattr(sender, n)}

    def walk(self, alice, passwords):
        """A session in each of its states."""
        with Sender(alice.port, **self.parties()) as sender:
            self.look(alice, sender, passwords, own_too=False)
            challenge = sender.ask(sender.hello())
            self.look(alice, sender, passwords, own_too=False)
            confirm = sender.ask(sender.response(challenge))
            sender.absorb(confirm)
            self.look(alice, sender, passwords, own_too=True)
            os.kill(alice.children()["keyholder"][0], signal.SIGSTOP)
            sender.say(sender.text(b"hello"))
            self.look(alice, sender, passwords, own_too=True)
            os.kill(alice.children()["keyholder"][0], signal.SIGCONT)
            self.assertTrue(sender.hear())
        alice.wait_sessions(0)

    def check(self, count):
        knows = self.people(count)
        alice = self.listen(knows=knows)
        passwords = self.forbidden(knows)
        self.walk(alice, passwords)
        before = dict(passwords)
        knows |= {"alice": self.secret(), "bob": self.secret()}
        self.shared |= {"alice": knows["alice"], "bob": knows["bob"]}
        self.directory(knows, name="listener.json")
        os.kill(alice.pid, signal.SIGHUP)
        alice.err.wait_for(b": reloaded, ")
        self.walk(alice, before | self.forbidden(knows))
        return alice, before

    def test_p13_with_three_users(self):
        alice, old = self.check(3)
        keyholder, = alice.children()["keyholder"]
        memory = memory_of(keyholder)
        # It is found where it must be, so it would be found elsewhere.
        self.assertIn(self.shared["alice"].encode(), memory)
        # The old directory is wiped after a reload.
        self.assertNotIn(old["the password of alice"], memory)

    def test_p13_with_a_thousand_users(self):
        self.check(1000)

    def test_p13_a_session_knows_nothing_of_another(self):
        alice = self.listen()
        with Sender(alice.port, **self.parties()) as one:
            one.shake_hands()
            first, = alice.wait_sessions(1)
            with Sender(alice.port, **self.parties()) as other:
                other.shake_hands()
                second, = set(alice.wait_sessions(2)) - {first}
                self.assert_absent(first, self.keys(other), "other session")
                self.assert_absent(second, self.keys(one), "other session")


class OrdinaryUser(ChatTest):
    """A listener that was not started by root."""

    NOBODY = 65534

    def setUp(self):
        super().setUp()
        self.need_root()  # change the user
        self.need_seccomp()

    def as_nobody(self, start, program, path, *arguments, **how):
        program = place.put(program, self.home)
        for name in (self.home, path, program):
            os.chown(name, self.NOBODY, self.NOBODY)
        return start(self, str(program), "-d", path, *arguments,
                     user=self.NOBODY, group=self.NOBODY, extra_groups=[],
                     **how)

    def listen_as_nobody(self, start=Listener, **how):
        return self.as_nobody(start, LISTEN, self.directory(self.shared),
                              "-p", "0", "-u", "alice", **how)

    def test_p14_another_users_terminal_is_refused(self):
        """It cannot be opened for writing only, as sessions need it."""
        screen = Terminal()
        self.addCleanup(screen.hang_up)
        os.chmod(os.ttyname(screen.slave), 0o620)
        ended = self.listen_as_nobody(
            lambda test, *command, **how: Program(test, command, **how),
            stdout=screen.slave).wait()
        self.assertEqual(74, ended.status, ended)
        self.assertIn("terminal for writing only; add '| cat'", ended.stderr)

    def can_read(self, pid):
        """Whether another process of the same user can read its memory."""
        child = os.fork()
        if child == 0:
            os.setgroups([])
            os.setresgid(*[self.NOBODY] * 3)
            os.setresuid(*[self.NOBODY] * 3)
            try:
                open(f"/proc/{pid}/mem", "rb").close()
                os._exit(0)
            except OSError:
                os._exit(1)
        return os.waitpid(child, 0)[1] == 0

    def test_p13_the_same_user_cannot_read_keyholder_and_sessions(self):
        alice = self.listen_as_nobody()
        with Sender(alice.port):
            session, = alice.wait_sessions(1)
            keyholder, = alice.children()["keyholder"]
            wait_until(lambda: not self.can_read(session), "confinement")
            self.assertFalse(self.can_read(keyholder))
            # The check works: the parent, which has no secret, can be read.
            self.assertTrue(self.can_read(alice.pid))

    def test_p13_the_same_user_cannot_read_a_sender(self):
        """Neither chat-send nor its attempts."""
        silent = self.serve(lambda peer: peer.recv(65536) and peer.recv(1))
        path = self.directory(self.shared, silent.port)
        for number, options in enumerate(((), ("-r", "60")), 1):
            sending = self.as_nobody(
                lambda test, *command, **how: Program(test, command, **how),
                SEND, path, "-u", "bob", *options, "alice", "hi")
            wait_until(lambda: len(silent.connections) == number, "a try")
            processes = in_group(sending.pid)
            self.assertIn(sending.pid, processes)
            self.assertEqual(number, len(processes))
            for pid in processes:
                self.assertFalse(self.can_read(pid), options)
            sending.stop()

    def test_p13_no_secret_outside_the_keyholder(self):
        alice = self.listen_as_nobody()
        with Sender(alice.port, **self.parties()) as sender:
            sender.shake_hands()
            session, = alice.wait_sessions(1)
            for pid in (alice.pid, session):
                memory = memory_of(pid)
                for password in self.shared.values():
                    self.assertNotIn(password.encode(), memory)
