"""An id stands for one text of one sender."""
import json

from chat1 import Answerer, Sender, id_of
from frames import TAKEN, WRONG_VERSION, kind_of, payload_of
from harness import ChatTest

ID = "c0ffee" + "0" * 26


class Ids(ChatTest):

    def test_p27_another_text_under_a_known_id_is_not_receipted(self):
        alice = self.listen("-v")
        for _ in range(2):
            self.assert_sent(self.send(alice, "one", options=("-i", ID)))
            self.assert_failed(self.send(alice, "two", options=("-i", ID)),
                               69, "used for another message", "another id")
        self.assert_sent(self.send(alice, "two"))
        alice.err.wait_for(b"refused: its id was used for another message")
        self.assertEqual(["bob: one", "bob: two"], alice.shown())

    def test_p27_the_senders_of_one_id_do_not_matter_to_each_other(self):
        knows = self.shared | {"carol": self.secret()}
        alice = self.listen(knows=knows)
        for user in "bob", "carol", "eve":
            sends = knows if user != "eve" else {"alice": knows["alice"]}
            self.assert_sent(self.send(alice, f"of {user}", user=user,
                                       knows=sends, options=("-i", ID)))
        self.assertEqual(["bob: of bob", "carol: of carol", "eve?: of eve"],
                         alice.shown())

    def test_p27_copies_for_two_recipients_cannot_be_linked(self):
        seen = []
        for name in "alice", "carol":
            knows = self.shared | {name: self.secret()}
            listener = self.listen("-j", user=name, knows=knows)
            self.assert_sent(self.send(listener, "hi", knows=knows,
                                       options=("-i", ID), name=name))
            seen.append(json.loads(listener.stop().stdout)["id"])
        self.assertEqual([id_of(bytes.fromhex(ID), name).hex()
                          for name in ("alice", "carol")], seen)
        self.assertEqual(3, len({ID, *seen}))

    def take(self, alice, message_id):
        """Anyone who knows alice's password can use an unlisted name."""
        with Sender(alice.port, passwords=[self.shared["alice"]] * 2) as eve:
            eve.id = message_id
            eve.shake_hands()
            return kind_of(eve.ask(eve.text(b"not his")))

    def send_while_taken(self, times, *options):
        """Somebody else uses its id just before its text comes."""
        def edit(n, line):
            if n == 1:
                seen.append(payload_of(line)[1:17])
            if n == 5 and len(seen) <= times:
                self.assertEqual("ack", self.take(alice, seen[-1]))
            return line

        seen, knows = [], {"alice": self.shared["alice"]}
        alice = self.listen(knows=knows)
        middle = self.proxy(alice, edit)
        sent = self.send(middle, "his", knows=knows, options=options)
        reasons = [payload_of(line) for n, line in middle.frames
                   if n == 6 and kind_of(line) == "nack"]
        self.assertEqual([bytes((TAKEN,))] * times, reasons)
        return sent, seen, alice.shown()

    def test_p27_a_sender_whose_id_is_taken_draws_another(self):
        sent, seen, shown = self.send_while_taken(2, "-r", "60")
        self.assert_sent(sent)
        self.assertEqual(3, len(set(seen)))
        self.assertEqual(["bob?: not his"] * 2 + ["bob?: his"], shown)

    def test_p27_without_r_it_says_that_it_may_try_again(self):
        sent, _, shown = self.send_while_taken(1)
        self.assert_failed(sent, 75, "taken", "try again")
        self.assertEqual(["bob?: not his"], shown)

    def test_p27_an_id_that_the_user_chose_is_not_changed(self):
        sent, _, shown = self.send_while_taken(1, "-r", "60", "-i", ID)
        self.assert_failed(sent, 69, "used for another message")
        self.assertEqual(["bob?: not his"], shown)

    def after_no_receipt(self, *options):
        """One attempt whose text may have been shown, without a receipt. Then
        the listener is restarted, shows another text with the id, and then
        becomes one of another version."""
        def talk(peer):
            with peer:
                self.attempts += 1
                alice = Answerer(peer, **self.parties())
                alice.shake_hands()
                if self.attempts == 2:
                    peer.sendall(alice.make("nack", bytes((TAKEN,))))
                elif self.attempts > 2:
                    peer.sendall(alice.make("nack", bytes((WRONG_VERSION,))))

        self.attempts = 0
        return self.send(self.serve(talk), "his",
                         options=("-r", "600", *options))

    def test_p21_a_chosen_id_that_is_taken_settles_no_attempt_before(self):
        sent = self.after_no_receipt("-i", ID)
        self.assert_failed(sent, 79, "sent without a valid receipt, and then: ",
                           "used for another message")
        # The id is refused there: nobody is told to use it again.
        self.assertNotIn(ID, sent.stderr)

    def test_p21_another_id_settles_no_attempt_before(self):
        sent = self.after_no_receipt()
        self.assertEqual(3, self.attempts)
        self.assert_failed(sent, 79, "sent without a valid receipt, and then: ",
                           "another version", "with -i ")
