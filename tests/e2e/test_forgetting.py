"""p32: what belongs to a session is gone from all memory when it is over."""
import mmap
import os
import signal
import subprocess
from pathlib import Path

from chat1 import Answerer, Sender
from harness import LISTEN, SEND, ChatTest, Program
from p256 import ORDER, P
from process import in_group, memory_of, status_of, wait_until

SIZE_DRAWS = 65536
PART = 12  # this many bytes of a secret in a row count as a trace


def forms(name, secret):
    """Returns the forms in which libcrypto may store 32 bytes: also
    little-endian, and coordinates and numbers of P-256 in Montgomery form."""
    number = int.from_bytes(secret, "big")
    yield name, secret
    yield f"{name}, turned", secret[::-1]
    for modulus in (P, ORDER):
        yield (f"{name}, in Montgomery's form",
               (number * 2**256 % modulus).to_bytes(32, "little"))


def secrets_of(party):
    """Returns all secrets of a session up to its current frame."""
    found = {"w": party.w.to_bytes(32, "big"),
             "our scalar": party.scalar.to_bytes(32, "big")}
    for name in ("dhsk", "enc_key", "iv32", "hmac_key", "chap_secret",
                 "reply_key", "reply_iv32"):
        if hasattr(party, name):
            found[name] = getattr(party, name)
    if hasattr(party, "k"):
        found |= {"x of K": party.k[1:33], "y of K": party.k[33:]}
    return found


def traces(memory, secrets):
    """Returns the names of secrets of which a part is in memory."""
    return sorted({spelled for name, secret in secrets.items()
                   for spelled, octets in forms(name, secret)
                   if octets[:PART] in memory or octets[-PART:] in memory})


class Forgetting(ChatTest):

    limit = 300

    def setUp(self):
        super().setUp()
        self.need_root()
        self.need_seccomp()
        if b"__asan_init" in Path(LISTEN).read_bytes():
            self.skipTest("sanitizers keep memory that was freed")
        self.need("cc")
        path = self.home / "draws.so"
        source = Path(__file__).with_name("draws.c")
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", path, source],
                       check=True)
        (self.home / "draws").write_bytes(bytes(SIZE_DRAWS))
        with open(self.home / "draws", "r+b") as file:
            self.book = mmap.mmap(file.fileno(), SIZE_DRAWS)
        self.drawn = {"LD_PRELOAD": str(path),
                      "DRAWS_FILE": str(self.home / "draws")}

    def used(self):
        return int.from_bytes(self.book[:8], "little")

    def draws(self, since):
        """Returns what was drawn since then, in pieces of 32 bytes."""
        octets = self.book[8 + since:8 + self.used()]
        return {f"draw {i // 32}": octets[i:i + 32]
                for i in range(0, len(octets), 32)}

    def memory(self, pid):
        """Without the notes about what was drawn."""
        return memory_of(pid, skip=str(self.home / "draws"))

    def assert_forgotten(self, pid, secrets, who):
        memory = self.memory(pid)
        self.assertGreater(len(memory), 1 << 16)
        self.assertEqual([], traces(memory, secrets), f"in the {who}")


class Keyholder(Forgetting):

    def setUp(self):
        super().setUp()
        self.alice = self.listen(env=self.drawn)
        self.keyholder, = self.alice.children()["keyholder"]
        self.before = self.used()

    def over(self, sender):
        """After a session of any kind has ended."""
        sender.close()
        self.alice.wait_sessions(0)
        # Closing its channel is the last thing that it does for a session.
        wait_until(lambda: self.channels() == 1, "the end of its channel")
        secrets = secrets_of(sender) | self.draws(self.before)
        self.assertGreater(len(secrets), 4)
        # The random password is used in hexadecimal.
        secrets |= {f"{name} in hexadecimal": octets.hex().encode()
                    for name, octets in self.draws(self.before).items()}
        for pid, who in ((self.keyholder, "keyholder"),
                         (self.alice.pid, "listener")):
            self.assert_forgotten(pid, secrets, who)

    def channels(self):
        base = Path(f"/proc/{self.keyholder}/fd")
        return sum(os.readlink(base / fd).startswith("socket:")
                   for fd in os.listdir(base) if int(fd) > 2)

    def sender(self, **changes):
        return Sender(self.alice.port, **(self.parties() | changes))

    def test_p32_while_it_goes_on_it_is_seen(self):
        """So it would also be found later."""
        with self.sender() as sender:
            sender.response(sender.ask(sender.hello()))
            self.assertIn("enc_key", traces(
                self.memory(self.keyholder), secrets_of(sender)))

    def test_p32_delivered(self):
        sender = self.sender()
        sender.shake_hands()
        self.assertIn(b'"ack"', sender.ask(sender.text(b"hello, alice")))
        self.over(sender)

    def test_p32_left_after_each_frame(self):
        sender = self.sender()
        sender.response(sender.ask(sender.hello()))
        self.over(sender)
        sender = self.sender()
        sender.shake_hands()
        self.over(sender)

    def test_p32_a_wrong_password(self):
        sender = self.sender(passwords=("what is it", "who knows"))
        sender.ask(sender.response(sender.ask(sender.hello())))
        self.over(sender)

    def test_p32_a_name_that_nobody_has(self):
        sender = self.sender(names=("bob", "carol"))
        sender.ask(sender.response(sender.ask(sender.hello())))
        self.over(sender)

    def test_p32_the_session_was_killed(self):
        sender = self.sender()
        sender.response(sender.ask(sender.hello()))
        session, = self.alice.wait_sessions(1)
        os.kill(session, signal.SIGKILL)
        self.over(sender)


class Sending(Forgetting):
    """A confined chat-send that waits for the other side."""

    TEXT = "a text that is gone when it was sent, and found when it was not"

    def talk(self, connection):
        """An honest listener that pauses after each frame until told."""
        answerer = Answerer(connection, *self.parties().values())
        line = answerer.challenge()
        self.stops.append(answerer)
        self.go_on(1)
        connection.sendall(line)
        line = answerer.confirm()  # after the response
        self.go_on(2)
        connection.sendall(line)
        answerer.hear()
        self.go_on(3)

    def go_on(self, step):
        self.reached = step
        wait_until(lambda: self.allowed >= step, f"step {step}")

    def look(self, pid, step):
        """Returns its memory once it has sent its frame and waits for the
        next."""
        wait_until(lambda: self.reached == step, f"step {step}")
        wait_until(lambda: status_of(pid)["Seccomp"] != ["0"], "its sandbox")
        wait_until(lambda: status_of(pid)["State"][0] == "S", "its rest")
        memory = self.memory(pid)
        self.allowed = step
        return memory

    def begin(self, *options, to=1, stdin=None):
        self.reached, self.allowed, self.stops = 0, 0, []
        self.before = self.used()
        server = self.serve(self.talk)
        path = self.directory(self.shared, server.port)
        words = () if stdin else (self.TEXT,)
        source = open(self.file("stdin", stdin), "rb") if stdin else None
        sending = Program(self, (SEND, "-d", path, "-u", "bob", *options,
                                 "alice", *words), env=self.drawn,
                          stdin=source)
        if source:
            source.close()
        wait_until(lambda: self.reached == 1, "step 1")
        attempts = set(in_group(sending.pid)) - {sending.pid}
        pid, = attempts or {sending.pid}
        return sending, pid

    def walk(self, *options, stdin=None, later=b""):
        sending, pid = self.begin(*options, stdin=stdin)
        text = self.TEXT.encode()
        drawn = {name: octets for name, octets in
                 self.draws(self.before).items() if len(octets) == 32}
        memory = self.look(pid, 1)
        # What it still needs is found.
        self.assertIn("w", traces(memory, secrets_of(self.stops[0])))
        self.assertTrue(traces(memory, drawn))
        self.assertTrue(text in memory, "the text is not there yet")
        if later:
            self.assertFalse(later in memory, "a line to come is there")
        ours, theirs = (password.encode() for password in
                        self.parties()["passwords"])
        self.assertFalse(ours in memory, "our password is still there")
        self.assertEqual(1, memory.count(theirs), "copies of the recipient's")
        memory = self.look(pid, 2)
        self.assertFalse(theirs in memory, "their password is still there")
        secrets = secrets_of(self.stops[0])
        keys = {name: secrets.pop(name) for name in (
            "enc_key", "iv32", "hmac_key", "chap_secret")}
        self.assertEqual([], traces(memory, secrets))
        self.assertIn("enc_key", traces(memory, keys))
        memory = self.look(pid, 3)
        del keys["hmac_key"], keys["chap_secret"]  # for the receipt
        self.assertEqual([], traces(memory, secrets | {"enc_key":
                                                       keys["enc_key"]}))
        for part in (text[:20], text[-20:]):
            self.assertFalse(part in memory, "the text is still there")
        sending.stop() if sending.running() else sending.wait()

    def test_p32_one_attempt(self):
        self.walk()

    def test_p32_an_attempt_of_several(self):
        self.walk("-r", "60")

    def test_p32_text_of_standard_input(self):
        self.walk(stdin=self.TEXT)

    def test_p32_a_line_of_many(self):
        """It does not have the lines of later messages."""
        later = "a line that comes later, and is none of its business"
        self.walk("-l", later=later.encode(), stdin="\n".join(
            (self.TEXT, "x" * 65536, later)))
