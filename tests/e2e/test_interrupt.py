"""A signal ends chat-send: first it reports what is known."""
import json
import os
import signal
import threading

from chat1 import Answerer
from harness import SEND, ChatTest, Program
from process import in_group, wait_until
from test_ids import ID

SIGNALS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
SENT = "interrupted after the message was sent, before its receipt came"
UNSENT = "interrupted; the message was not delivered"


class Interrupt(ChatTest):

    def withholding(self):
        """Takes the text and sends no receipt."""
        def talk(peer):
            alice = Answerer(peer, **self.parties())
            alice.shake_hands()
            self.has_text.set()
            peer.recv(1)

        self.has_text = threading.Event()
        return self.serve(talk)

    def deaf(self):
        """Accepts, and sends nothing."""
        def talk(peer):
            peer.makefile("rb").readline()
            self.has_hello.set()
            peer.recv(1)

        self.has_hello = threading.Event()
        return self.serve(talk)

    def interrupt(self, to, number, event, *options, whole_group=False,
                  words=("hi",), **how):
        sending = self.start_send(
            to, *words, options=("-i", ID, *options), **how)
        self.wait_event(event())
        if whole_group:  # as a terminal does
            os.killpg(sending.pid, number)
        else:
            sending.process.send_signal(number)
        return sending.wait()

    def wait_event(self, event):
        wait_until(event.is_set, "it to come so far")

    def test_p21_between_text_and_receipt_the_id_is_told(self):
        for number in SIGNALS:
            for options in (), ("-r", "600"):
                with self.subTest(number=number, options=options):
                    to = self.withholding()
                    sent = self.interrupt(
                        to, number, lambda: self.has_text, *options)
                    self.assert_failed(sent, -number, "alice", SENT,
                                       f"send it again with -i {ID} -c 20")

    def test_p21_so_it_is_on_a_terminal(self):
        """All processes get the signal."""
        for options in (), ("-r", "600"):
            with self.subTest(options=options):
                sent = self.interrupt(
                    self.withholding(), signal.SIGINT, lambda: self.has_text,
                    *options, whole_group=True)
                self.assert_failed(sent, -signal.SIGINT, "alice", SENT, ID)

    def test_p21_the_result_in_json(self):
        for options in (), ("-r", "600"):
            for make, event, status, reason in (
                    (self.withholding, "has_text", 79, SENT),
                    (self.deaf, "has_hello", 75, UNSENT)):
                with self.subTest(options=options, status=status):
                    sent = self.interrupt(
                        make(), signal.SIGTERM, lambda: getattr(self, event),
                        "-j", *options)
                    self.assertEqual(-signal.SIGTERM, sent.status)
                    result = json.loads(sent.stdout)
                    self.assertEqual(
                        (ID, "alice", status, reason, True),
                        tuple(result[key] for key in (
                            "drawn", "to", "status", "reason", "retryable")))
                    self.assertGreaterEqual(result["ms"], 0)
                    self.assert_says(sent.stderr, reason)

    def test_p21_before_the_text_it_is_certain(self):
        for options in (), ("-r", "600"):
            with self.subTest(options=options):
                sent = self.interrupt(self.deaf(), signal.SIGTERM,
                                      lambda: self.has_hello, *options)
                self.assert_failed(sent, -signal.SIGTERM, UNSENT)
                self.assertNotIn(ID, sent.stderr)

    def test_p21_an_attempt_before_stays_uncertain(self):
        """The first was sent; the signal comes in the pause before the third.
        """
        def talk(peer):
            with peer:
                attempts.append(1)
                if len(attempts) == 1:
                    alice = Answerer(peer, **self.parties())
                    alice.shake_hands()
                else:
                    self.has_text.set()

        attempts, self.has_text = [], threading.Event()
        sent = self.interrupt(self.serve(talk), signal.SIGTERM,
                              lambda: self.has_text, "-r", "600")
        self.assert_failed(sent, -signal.SIGTERM, SENT, ID)

    def test_each_recipient_has_a_line(self):
        alice, carol = self.listen(), self.deaf()
        path = self.file("both.json", json.dumps([
            {"username": name, "password": self.shared.get(name, "p" * 20),
             "ip": "127.0.0.1", "port": port}
            for name, port in (("alice", alice.port), ("carol", carol.port),
                               ("bob", 1))]))
        sending = Program(self, (
            SEND, "-d", path, "-u", "bob", "-j", "alice,carol", "hi"))
        sending.out.wait_for(b'"to":"alice"')
        self.wait_event(self.has_hello)
        sent = sending.stop()
        self.assertEqual(-signal.SIGTERM, sent.status)
        self.assertEqual([("alice", 0), ("carol", 75)], [
            (one["to"], one["status"]) for one in
            map(json.loads, sent.stdout.splitlines())])

    def test_a_stream_tells_which_line_and_what_was_left_out(self):
        to = self.withholding()
        with open(self.file(
                "lines", "\n".join(("one", "x" * 65536, "three"))), "rb") as lines:
            sending = Program(self, self.command(to, options=("-l",)),
                              stdin=lines)
            self.wait_event(self.has_text)
            sent = sending.stop()
        self.assertEqual(-signal.SIGTERM, sent.status)
        self.assertRegex(sent.stderr, rf"line 1: alice: {SENT}; .* -i ")
        self.assert_says(sent.stderr, "not sent: 2 lines to alice")

    def test_a_signal_that_is_ignored_stays_so(self):
        """As with nohup(1), and shells that start something in the background.
        """
        to = self.withholding()
        sending = Program(self, (
            "sh", "-c", 'trap "" HUP; exec "$@"', "sh",
            *self.command(to, "hi", options=("-t", "2"))))
        self.wait_event(self.has_text)
        sending.process.send_signal(signal.SIGHUP)
        self.assert_failed(sending.wait(), 79, "no valid receipt")

    def test_a_look_up_says_nothing(self):
        """A look-up gets the signals of a terminal too."""
        sending = self.start_send(self.deaf(), "hi", ip="name.invalid",
                                  options=("-t", "20"))
        wait_until(lambda: len(in_group(sending.pid)) > 1 or
                   not sending.running(), "a look-up")
        if not sending.running():
            self.skipTest("names are looked up at once here")
        os.killpg(sending.pid, signal.SIGINT)
        self.assertLessEqual(sending.wait().stderr.count("interrupted"), 1)
