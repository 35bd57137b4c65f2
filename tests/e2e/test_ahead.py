"""chat-send -l -e: while a line is under way, those behind it connect already.
Each is still shown once, and in its order."""
import math
import signal
import threading
import time

import patience
from chat1 import Answerer
from frames import kind_of, payload_of
from harness import ChatTest, Program
from process import in_group, links_of, memory_of, wait_until
from wire import Cut, disconnect

AHEAD = 3  # attempts besides the current one
PROVE_S = 0.3  # so much longer than a text takes that they are worth it
COUNT = 12  # lines
LINES = [f"line {n:02} of them" for n in range(COUNT)]
TEXT = "".join(f"{line}\n" for line in LINES)


def slow(seconds):
    """A text takes longer on a slow machine."""
    return seconds * patience.factor()


class Ahead(ChatTest):

    def setUp(self):
        super().setUp()
        self.events = []  # of the listener in Python, in their order
        self.ready = 0  # sessions in which both sides have proven themselves
        self.waiting = []  # connections of those that have got no text
        self.lock = threading.Lock()

    def note(self, *event):
        with self.lock:
            self.events.append(event)

    def peer(self, answer):
        """A listener in Python, which answers a text with answer(number)."""
        def talk(peer):
            with peer:
                alice = Answerer(peer, **self.parties())
                peer.sendall(alice.challenge())
                time.sleep(slow(PROVE_S))
                peer.sendall(alice.confirm())
                with self.lock:
                    self.ready += 1
                    self.waiting.append(peer)
                line = alice.hear()
                with self.lock:
                    self.waiting.remove(peer)
                if not line:
                    return
                text = alice.open(payload_of(line)).decode()
                self.note(kind_of(line), text)
                answer(LINES.index(text))
                self.note("ack", text)
                peer.sendall(alice.acknowledge())

        return self.serve(talk)

    def each(self, to, *options, stdin=TEXT):
        return self.send(to, stdin=stdin, options=("-l", "-e", *options))

    def hold(self, held):
        """Starts a sender whose fourth line gets no receipt yet."""
        def answer(number):
            if number == 3:
                held.wait()

        source = self.file("lines", TEXT)
        with open(source, "rb") as lines:
            sending = Program(self, self.command(
                self.peer(answer), options=("-l", "-e")), stdin=lines)
        wait_until(lambda: ("text", LINES[3]) in self.events and
                   self.ready >= 4 + AHEAD, "the fourth line")
        return sending

    def texts(self):
        return [text for kind, text in self.events if kind == "text"]

    def assert_in_order(self, alice):
        self.assertEqual([f"bob: {line}" for line in LINES], alice.shown())

    def test_p21_no_text_leaves_before_the_receipt_of_the_one_before(self):
        """But the sessions for it are proven by then."""
        def answer(number):
            if number == 3:
                wait_until(lambda: self.ready >= 4 + AHEAD, "sessions ahead")

        self.assert_sent(self.each(self.peer(answer)))
        self.assertEqual([(kind, line) for line in LINES
                          for kind in ("text", "ack")], self.events)
        self.assertEqual(COUNT, self.ready)

    def test_p21_whatever_is_lost_each_line_is_shown_once(self):
        """With -r, on a connection that is ahead, or not."""
        for lost in range(1, 7):
            for which in 0, 2, 3, 7:
                with self.subTest(frame=lost, connection=which):
                    alice = self.listen()
                    hellos = []
                    victims = []

                    def cut(number, line):
                        if number == 1:
                            hellos.append(line)
                        if number == lost and len(hellos) > which and \
                                not victims:
                            victims.append(line)
                            raise Cut(line[:len(line) // 2])
                        return line

                    sent = self.each(self.proxy(alice, cut), "-r", "60")
                    self.assertEqual(0, sent.status, sent)
                    self.assertTrue(victims)
                    self.assert_in_order(alice)

    def test_a_session_ahead_that_is_lost_is_made_anew(self):
        """Without -r, too: its text had not left."""
        alice = self.listen()
        receipts, victims = [], []

        def cut(number, line):
            if number == 2:
                time.sleep(slow(PROVE_S))
            if number == 6:
                receipts.append(line)
            # By now the current line has a session that was ahead.
            if number == 1 and len(receipts) > 2 and not victims:
                victims.append(line)
                raise Cut
            return line

        self.assert_sent(self.each(self.proxy(alice, cut)))
        self.assertTrue(victims)
        self.assert_in_order(alice)

    def test_p21_one_that_was_closed_leaves_no_doubt(self):
        """As its text has not left."""
        def answer(number):
            if number == 3:
                wait_until(lambda: self.ready >= 4 + AHEAD, "sessions ahead")
                for connection in tuple(self.waiting):
                    disconnect(connection)

        self.assert_sent(self.each(self.peer(answer)))
        self.assertEqual(LINES, self.texts())

    def test_one_that_is_too_old_is_not_used(self):
        """The listener's time for composing would be over soon."""
        def answer(number):
            if number == 3:
                wait_until(lambda: self.ready >= 4 + AHEAD, "sessions ahead")
                time.sleep(20 / self.hurry)

        self.hurry_up()
        self.assert_sent(self.each(self.peer(answer)))
        self.assertEqual(LINES, self.texts())
        self.assertEqual(COUNT + AHEAD, self.ready)

    def test_p13_each_has_its_own_text(self):
        self.need_root()
        self.need_seccomp()
        held = threading.Event()
        self.addCleanup(held.set)
        sending = self.hold(held)
        attempts = set(in_group(sending.pid)) - {sending.pid}
        self.assertEqual(1 + AHEAD, len(attempts))
        own, known = set(), set()
        for attempt in attempts:
            links, memory = links_of(attempt), memory_of(attempt)
            self.assertEqual({3, 4}, {fd for fd in links if fd > 2}, links)
            own.add(links[4])
            texts = {text for text in LINES if text.encode() in memory}
            self.assertLessEqual(len(texts), 1)
            known |= texts
        self.assertEqual(1 + AHEAD, len(own))
        self.assertEqual(set(LINES[4:4 + AHEAD]), known)
        held.set()
        self.assertEqual(0, sending.wait().status)

    def test_the_time_of_t_begins_with_the_turn(self):
        self.hurry_up()

        def answer(number):
            if 3 <= number < 7:
                wait_until(lambda: self.ready >= 4 + AHEAD, "sessions ahead")
                time.sleep(limit / 3)

        limit = 3 * math.ceil(patience.factor())
        self.assert_sent(self.each(self.peer(answer), "-t", str(limit)))
        self.assertEqual(LINES, self.texts())

    def test_behind_slow_lines_nothing_is_ahead(self):
        """It would take places of others, and shorten nothing."""
        def answer(number):
            time.sleep(slow(2 * PROVE_S))
            self.assertLessEqual(len(self.waiting), 1)

        self.assert_sent(self.each(self.peer(answer), stdin="".join(
            f"{line}\n" for line in LINES[:4])))
        self.assertEqual(LINES[:4], self.texts())

    def test_a_failure_that_is_nobodys_fault_is_told(self):
        """Once it was tried again, even if more lines come meanwhile."""
        gone = []

        def talk(peer):
            if gone:
                peer.close()
            else:
                server.talk_well(peer)

        def answer(number):
            if number == 3:
                wait_until(lambda: self.ready >= 4 + AHEAD, "sessions ahead")
                gone.append(True)
                for connection in tuple(self.waiting):
                    disconnect(connection)

        server = self.peer(answer)
        server.talk_well, server.talk = server.talk, talk
        sent = self.each(server)
        self.assertEqual(75, sent.status, sent)
        self.assert_says(sent.stderr, "line 5: ", "not sent: 7 lines")

    def test_a_password_that_changed_is_told(self):
        """Though its sessions ahead have failed before their turn."""
        def answer(number):
            if number == 2:
                self.shared["alice"] = self.secret()

        sent = self.each(self.peer(answer))
        self.assertEqual(77, sent.status, sent)

    def test_a_listener_with_one_place_bars_nobody(self):
        alice = self.listen("-m", "1")
        sent = self.each(alice, "-r", "60")
        self.assertEqual(0, sent.status, sent)
        self.assert_in_order(alice)

    def test_a_wrong_password_is_tried_once(self):
        alice = self.listen("-v")
        self.shared["alice"] = self.secret()
        sent = self.each(alice)
        self.assertEqual(77, sent.status)
        self.assert_says(sent.stderr, "line 1: ", "not sent: 11 lines")
        self.assertEqual(1, alice.stop().stderr.count("failed"))

    def test_p19_a_signal_sends_nothing(self):
        held = threading.Event()
        self.addCleanup(held.set)
        sending = self.hold(held)
        sending.process.terminate()
        ended = sending.wait()
        self.assertEqual(-signal.SIGTERM, ended.status)
        self.assert_says(ended.stderr, "line 4: ", "after the message was sent",
                         "not sent: 8 lines")
        self.assertEqual(LINES[:4], self.texts())

    def test_a_kept_line_is_on_the_disk_before_its_attempt(self):
        """So with -s nothing is ahead."""
        self.assert_sent(self.each(
            self.peer(lambda number: self.assertLessEqual(
                self.ready, number + 1)), "-s", "1h"))
        self.assertEqual(COUNT, len(self.events) // 2)
