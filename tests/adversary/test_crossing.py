"""Frames sent elsewhere: to other sessions, back to their sender, again."""
import signal
import socket

from chat1 import Sender
from frames import NOT_AUTHENTIC, kind_of, payload_of
from harness import ChatTest
from process import wait_until
from wire import disconnect

FRAMES = range(1, 7)
REFUSED, VIOLATION, UNKNOWN = 77, 76, 79


def as_shown(name, listener):
    """The listener's own name proves nothing, so it gets a question mark."""
    return name + "?" * (name == listener)


class Session:
    """A sender connected to us, and our connection to the real listener."""

    def __init__(self, door, listener):
        self.sender, _ = door.accept()
        self.listener = socket.create_connection(
            ("127.0.0.1", listener.port))
        self.lines = {end: end.makefile("rb")
                      for end in (self.sender, self.listener)}

    def ends(self, n):
        """Returns source and destination of frame n."""
        both = self.sender, self.listener
        return both if n % 2 else both[::-1]

    def take(self, n):
        try:
            return self.lines[self.ends(n)[0]].readline()
        except ConnectionError:
            return b""

    def give(self, n, line):
        """An empty line means that the source has closed."""
        try:
            if line:
                self.ends(n)[1].sendall(line)
            else:
                disconnect(self.ends(n)[1])
        except OSError:  # it has left
            pass

    def close(self):
        for end, lines in self.lines.items():
            disconnect(end)
            lines.close()
            end.close()


class Crossing(ChatTest):
    """p04: two live sessions, in which some frames are swapped."""

    def setUp(self):
        super().setUp()
        self.shared |= {"carol": self.secret()}
        self.door = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.door.close)
        self.port = self.door.getsockname()[1]

    def start(self, pair, text, listener):
        """Starts a sender. Returns the sender and the session."""
        user, name = pair
        self.name = name  # as send() expects it from a listener
        sending = self.start_send(self, text, user=user)
        session = Session(self.door, listener)
        self.addCleanup(session.close)
        return sending, session

    def cross(self, pairs, listeners, swapped):
        """Returns the statuses of two senders after swapping these frames."""
        started = [self.start(pair, f"from {pair[0]} {i}", listener)
                   for i, (pair, listener) in enumerate(
                       zip(pairs, listeners))]
        sessions = [session for _, session in started]
        for n in FRAMES:
            lines = [session.take(n) for session in sessions]
            if n in swapped:
                lines.reverse()
            for session, line in zip(sessions, lines):
                session.give(n, line)
        for session in sessions:
            session.close()
        return [sending.wait().status for sending, _ in started]

    def check(self, pairs, listeners=("alice", "alice"), hops=()):
        """Each frame alone, and each with all that follow; but not the hello.
        """
        by_name = {name: self.listen(user=name) for name in set(listeners)}
        at = [by_name[name] for name in listeners]
        shown = {name: [] for name in by_name}
        for swapped in [(n,) for n in FRAMES] + [
                range(n, 7) for n in FRAMES[1:]] + [(1, 3, 5), (2, 4, 6)]:
            with self.subTest(swapped=list(swapped)):
                late = min(swapped) > 4
                self.assertEqual(
                    [UNKNOWN if late else REFUSED] * 2,
                    self.cross(pairs, at, swapped))
            if swapped[0] == 6:  # the receipts: the texts were right
                for i, (pair, name) in enumerate(zip(pairs, listeners)):
                    shown[name].append(
                        f"{as_shown(pair[0], name)}: from {pair[0]} {i}")
        for name, listener in by_name.items():
            self.assertCountEqual(shown[name], listener.shown())

    def test_p04_of_one_sender(self):
        self.check([("bob", "alice")] * 2)

    def test_p04_of_two_senders(self):
        self.check([("bob", "alice"), ("carol", "alice")])

    def test_p04_of_two_who_write_to_each_other(self):
        self.check([("bob", "alice"), ("alice", "bob")], ("alice", "bob"))

    def test_p04_of_one_who_writes_to_herself(self):
        self.check([("alice", "alice")] * 2)

    def test_p04_all_frames_swapped_is_another_way_only(self):
        alice = self.listen()
        pairs = [("bob", "alice"), ("carol", "alice")]
        self.assertEqual([0, 0], self.cross(pairs, [alice, alice], FRAMES))
        self.assertCountEqual(["bob: from bob 0", "carol: from carol 1"],
                              alice.shown())


    def test_p06_a_message_led_to_another_listener(self):
        """It knows both passwords, but the message is not for it."""
        pairs = [("bob", "alice"), ("alice", "bob")]
        listeners = [self.listen(user=name) for _, name in pairs]
        self.assertEqual([REFUSED] * 2, self.cross(pairs, listeners, FRAMES))
        for listener in listeners:
            self.assertEqual([], listener.shown())


class Reflection(ChatTest):
    """p04: frames come back to their sender."""

    def reflect(self, n, user="bob", change=lambda line: line):
        """Instead of frame n, its receiver gets its own last frame."""
        last = {}

        def edit(number, line):
            last[number] = line
            return change(last[number - 1]) if number == n else line

        alice = self.listen()
        sent = self.send(self.proxy(alice, edit), "hi", user=user)
        shown = alice.shown()
        if n == 6:
            self.assertEqual([f"{as_shown(user, 'alice')}: hi"], shown)
            self.assertEqual(UNKNOWN, sent.status)
        else:
            self.assertEqual([], shown)
            self.assertIn(sent.status, (VIOLATION, REFUSED, UNKNOWN))
            self.assertEqual(n == 5, sent.status == UNKNOWN)

    def check(self, user):
        for n in FRAMES[1:]:
            with self.subTest(frame=n):
                self.reflect(n, user)

    def test_p04_of_every_frame(self):
        self.check("bob")

    def test_p04_of_every_frame_of_one_who_writes_to_herself(self):
        self.check("alice")

    def test_p04_with_the_type_that_is_expected(self):
        """The MACs and the proof are unchanged."""
        for n, old, new in ((2, b"hello", b"challenge"),
                            (4, b"response", b"confirm"),
                            (5, b"confirm", b"text"), (6, b"text", b"ack")):
            for user in ("bob", "alice"):
                with self.subTest(frame=n, user=user):
                    self.reflect(n, user,
                                 lambda line: line.replace(old, new, 1))


class Replay(ChatTest):
    """p05: a recording of a whole session, from both sides."""

    ID = "c0ffee" + "0" * 26

    def setUp(self):
        super().setUp()
        self.alice = self.listen()
        middle = self.proxy(self.alice)
        self.assert_sent(self.send(middle, "once", options=("-i", self.ID)))
        self.recorded = dict(middle.frames)

    def assert_refused_by(self, listener):
        """Sends the recorded frames of S one by one, whatever is answered."""
        with Sender(listener.port, **self.parties()) as bob:
            self.assertEqual("challenge", kind_of(bob.ask(self.recorded[1])))
            nack = bob.ask(self.recorded[3])
            self.assertEqual(("nack", bytes((NOT_AUTHENTIC,))),
                             (kind_of(nack), payload_of(nack)))
            self.assertEqual(b"", bob.ask(self.recorded[5]))

    def test_p05_to_the_same_listener(self):
        for _ in range(3):
            self.assert_refused_by(self.alice)
        self.assertEqual(["bob: once"], self.alice.shown())

    def test_p05_after_a_reload(self):
        self.alice.process.send_signal(signal.SIGHUP)
        self.alice.err.wait_for(b"reloaded")
        self.assert_refused_by(self.alice)
        self.assertEqual(["bob: once"], self.alice.shown())

    def test_p05_to_a_listener_that_was_started_again(self):
        """It remembers no ids, but it need not."""
        self.alice.stop()
        again = self.listen()
        self.assert_refused_by(again)
        self.assertEqual([], again.shown())

    def test_p05_while_the_session_lives(self):
        def edit(n, line):
            live[n] = line
            if n == 4:  # both are proven, and the text is next
                with Sender(self.alice.port, **self.parties()) as eve:
                    answers.append(eve.ask(live[1]))
                    answers.append(eve.ask(live[3]))
            return line

        live, answers = {}, []
        self.assert_sent(self.send(self.proxy(self.alice, edit), "twice"))
        self.assertEqual(["challenge", "nack"], list(map(kind_of, answers)))
        self.assertEqual(["bob: once", "bob: twice"], self.alice.shown())

    def test_p05_to_the_sender(self):
        """The recorded frames of L, in answer to the same message."""
        def talk(peer):
            lines = peer.makefile("rb")
            for n in (2, 4, 6):
                heard.append(lines.readline())
                peer.sendall(self.recorded[n])
            heard.append(lines.readline())

        heard = []
        sent = self.send(self.serve(talk), "once", options=("-i", self.ID))
        self.assert_failed(sent, REFUSED)
        wait_until(lambda: len(heard) > 2, "the sender to leave")
        self.assertEqual(b"", heard[2])

    def test_p05_a_receipt_to_the_sender(self):
        """The rest of the session is live; the text is held back."""
        door = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(door.close)
        self.port, self.name = door.getsockname()[1], "alice"
        sending = self.start_send(self, "again", options=("-i", self.ID))
        session = Session(door, self.alice)
        self.addCleanup(session.close)
        for n in FRAMES[:4]:
            session.give(n, session.take(n))
        self.assertEqual("text", kind_of(session.take(5)))
        session.give(6, self.recorded[6])
        self.assert_failed(sending.wait(), UNKNOWN)
        session.close()
        self.assertEqual(["bob: once"], self.alice.shown())
