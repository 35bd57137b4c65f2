"""p02: fixed values instead of random ones, for S and L in Python."""
import json
import re
import socket
import threading
from unittest import TestCase, mock

from chat1 import Party, sha256
from frames import NOT_DELIVERED, WAIT, parse, render
from harness import ROOT
from initiator import DELIVERED, TEMPORARY, Initiator
from p256 import M, N, NoPoint, multiply, pack
from responder import Responder, Session

NOW = 1767323045  # 2026-01-02T03:04:05Z


class Vectors(TestCase):

    def setUp(self):
        self.expected = json.loads(
            (ROOT / "tests/vectors/chat1.json").read_text())
        mock.patch("time.time", return_value=NOW).start()
        self.addCleanup(mock.patch.stopall)
        self.converse()

    def converse(self):
        """Runs the session. Returns S, L's half and the frames."""
        v = self.expected
        names = v["from"], v["to"]
        passwords = v["password_from"], v["password_to"]
        ends = socket.socketpair()
        owner = Responder(v["to"], dict(zip(names, passwords)))
        owner.recorded = int(v["seq"], 16), bytes.fromhex(v["head"])
        alice = Session(owner, ends[1], int(v["y"], 16),
                        bytes.fromhex(v["CL"]))
        bob = Initiator(ends[0], names, passwords, bytes.fromhex(v["drawn"]),
                        scalar=int(v["x"], 16), nonce=bytes.fromhex(v["CS"]))
        running = threading.Thread(target=alice.run)
        running.start()
        self.assertEqual(DELIVERED, bob.deliver(v["text"].encode()))
        running.join()
        for end in ends:
            end.close()
        self.assertEqual([("bob", v["text"].encode())], owner.shown)
        self.assertEqual(owner.recorded, bob.recorded)
        self.frames, self.sides = bob.lines, (bob, alice.party)

    def transcripts(self):
        t = [sha256(b"chat1 transcript")]
        for line in self.frames:
            t.append(sha256(t[-1], line))
        return t

    def test_p02_frames(self):
        self.assertEqual(self.expected["frames"],
                         [line.decode() for line in self.frames])

    def test_p02_values(self):
        for side in self.sides:
            for name, value in (
                    ("w", side.w.to_bytes(32, "big")), ("K", side.k),
                    ("DHSK", side.dhsk), ("enc_key", side.enc_key),
                    ("IV32", side.iv32), ("HMAC_key", side.hmac_key),
                    ("CHAP_SECRET", side.chap_secret),
                    ("reply_key", side.reply_key),
                    ("reply_IV32", side.reply_iv32)):
                self.assertEqual(self.expected[name], value.hex(), name)
        shares = [side.share.hex() for side in self.sides]
        self.assertEqual([self.expected["pA"], self.expected["pB"]], shares)

    def test_p02_the_page_prints_the_same(self):
        """Backslash, line break and blanks are deleted, as the page says."""
        page = (ROOT / "common/chat1/chat-protocol.7").read_text()
        flat = re.sub(r"\\e\n +", "", page).replace(r"\-", "-")
        for line in (*[line.decode() for line in self.frames],
                     self.expected["nack 7"], self.expected["nack 9"],
                     self.expected["frame lines"]):
            self.assertIn(f"    {line}", flat)
        bob, alice = self.sides
        for value in (*self.transcripts(), bob.share, alice.share, bob.k,
                      bob.w.to_bytes(32, "big"), bob.dhsk, bob.enc_key,
                      bob.iv32, bob.hmac_key, bob.chap_secret,
                      bob.reply_key, bob.reply_iv32):
            self.assertIn(f"    {value.hex()}\n", flat)

    def test_p02_nacks(self):
        """One instead of the ack, and one instead of the challenge."""
        _, alice = self.sides
        instant = "2026-01-02T03:04:05Z"
        mac = alice.mac(render("nack", bytes((NOT_DELIVERED,)), instant, b""),
                        "L", self.transcripts()[5])
        self.assertEqual(
            [self.expected["nack 7"], self.expected["nack 9"]],
            [render("nack", bytes((reason,)), instant, proof).decode()
             for reason, proof in ((NOT_DELIVERED, mac), (WAIT, b""))])

    def test_p02_a_batch(self):
        """Other lines in the place of the text, in the same session."""
        v = self.expected
        bob, _ = self.sides
        payload = bob.seal(v["lines"].encode())
        mac = bob.mac(render("lines", payload, v["timestamp"], b""), "S",
                      self.transcripts()[4])
        self.assertEqual(
            v["frame lines"],
            render("lines", payload, v["timestamp"], mac).decode())

    def test_p02_what_has_a_sender_wait_is_worth_retrying(self):
        v = self.expected
        ends = socket.socketpair()
        for end in ends:
            self.addCleanup(end.close)
        ends[0].sendall(v["nack 9"].encode())
        bob = Initiator(ends[1], (v["from"], v["to"]),
                        (v["password_from"], v["password_to"]),
                        bytes.fromhex(v["drawn"]))
        self.assertEqual(TEMPORARY, bob.deliver(b"hi"))


class Corners(TestCase):
    """Cases that the vectors do not cover."""

    def test_years_from_0000_to_9999(self):
        for instant, seconds in (
                ("0000-02-29T00:00:00Z", -62162121600),
                ("1970-01-01T00:00:00Z", 0),
                ("2000-02-29T00:00:01Z", 951782401),
                ("9999-12-31T23:59:59Z", 253402300799)):
            line = render("ack", b"", instant, b"")
            self.assertEqual(seconds, parse(line).when)

    def test_p03_shares_that_lead_to_infinity(self):
        for role, mask in ("S", N), ("L", M):
            party = Party(role, ("bob", "alice"), ("one", "two"))
            peer = pack(multiply(party.w, mask))
            self.assertRaises(NoPoint, party.agree, peer)
