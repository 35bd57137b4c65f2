"""chat-terminal: who gets what is typed."""
import unittest

from process import wait_until
from terminals import Chat, TerminalTest, family


class Recipients(TerminalTest):

    def test_by_name_number_and_beginning(self):
        self.shared["car"] = self.secret()
        self.write_users()
        alice = Chat(self, "alice")
        last = ""
        for who, name in (("carol", "carol"), ("3", "bert"), ("bo", "bob"),
                          ("car", "car"), ("b", None), ("6", None),
                          ("0", None), ("zoe", None), ("car*", None)):
            alice.enter(f"/to {who}")
            last = name or last
            if who == "b":
                alice.wait_line("chat: 'b' matches several names: bob bert; "
                                "type more of the name")
            elif not name:
                alice.wait_line(f"chat: '{who}' is not in the directory; "
                                "/who lists the names")
            alice.wait_prompt(last)

    def test_who_is_there(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/who")
        alice.wait_for(r"^  1  alice  \(you\)\n  2  bob  is there\n"
                       r"  3  bert  connection refused.*\n  4  carol  conn")
        alice.wait_prompt()
        self.assertEqual([], bob.messages())

    def test_it_asks_when_nobody_is_chosen(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("never mind")
        alice.wait_for(r"^to whom\?\Z")
        for n, answer in enumerate(("Enter", "C-d"), 1):
            alice.key(answer)
            alice.wait_for(
                rf"(?s)(^chat: not sent: no recipient.*){{{n}}}^>\Z")
            alice.enter("first")
            alice.wait_for(r"^to whom\?\Z")
        alice.key("C-d")
        alice.wait_prompt("")
        alice.enter("first")
        alice.wait_for(r"^to whom\?\Z")
        alice.enter("b")
        alice.wait_for(r"matches several names.*\nto whom\?\Z")
        alice.enter("/who")
        alice.wait_for(r"is there\n(?s:.*)^to whom\?\Z")
        alice.enter("bo")
        bob.wait_message("alice: first")
        alice.wait_prompt("bob")

    def test_commands_work_at_every_prompt(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("hello")
        alice.wait_for(r"^to whom\?\Z")
        alice.enter("/to bob")
        bob.wait_message("alice: hello")
        alice.enter("/at 127.0.0.1 9 dave")
        alice.wait_for(r"^secret shared with dave:\Z")
        alice.type_line("/quit")
        self.assertEqual(0, alice.wait_end())

    def test_the_only_other_one_is_chosen(self):
        del self.shared["bert"], self.shared["carol"]
        self.write_users()
        Chat(self, "alice").wait_prompt("bob")

    def test_the_log(self):
        self.shared.pop("bert")
        bob = Chat(self, "bob", "-o", str(self.home / "log"))
        bob.enter("/last")
        for n in range(3):
            self.assert_sent(self.run_program(
                *self.command(bob, f"number {n}", user="alice", name="bob")))
        bob.enter("/last 2")
        wait_until(lambda: bob.messages() == [
            f"alice: number {n}" for n in (0, 1, 2, 1, 2)], "the last two")
        bob.enter("/last x")
        bob.wait_for("^chat-log: -n x: invalid")
        (self.home / "log").unlink()
        bob.enter("/last")
        bob.wait_for("^chat-log: .*log: No such file")

    def test_a_log_is_read_while_the_chat_goes_on(self):
        log = str(self.home / "log")
        bob = Chat(self, "bob", "-o", log,
                   program=self.chat_beside_slow("chat-log", log))
        bob.enter("/last")
        self.wait_asked()
        self.assert_sent(self.run_program(
            *self.command(bob, "meanwhile", user="alice", name="bob")))
        bob.wait_message("alice: meanwhile")
        bob.enter("/last")
        bob.wait_line("chat: the log is still being read")
        (self.home / "go").touch()
        bob.wait_message("alice: meanwhile", "alice: meanwhile")


class ByHand(TerminalTest):

    def setUp(self):
        super().setUp()
        self.daves = self.secret()
        self.dave = self.listen(user="dave", knows={"dave": self.daves})

    def knock(self, chat, secret):
        chat.enter(f"/at 127.0.0.1 {self.dave.port} dave")
        chat.wait_for(r"^secret shared with dave:\Z")
        chat.type_line(secret)

    def test_p24_the_secret_is_asked_for_and_never_shown(self):
        alice, = self.chat_with("alice")
        self.knock(alice, self.daves)
        alice.wait_line("chat: dave is there")
        alice.enter("one")
        self.dave.out.wait_for(b"alice?: one\n")
        self.assert_no_secrets_in_processes(
            pid for pid, _ in family(alice.pid()))
        alice.enter("/quit")
        self.assertEqual(0, alice.wait_end())
        for path in self.home.rglob("*"):
            if path.is_file() and path.suffix != ".json":
                self.assert_no_secrets(path.read_bytes(), path)

    def test_a_wrong_secret_leaves_nobody_chosen(self):
        alice, = self.chat_with("alice")
        self.knock(alice, self.secret())
        alice.wait_for("chat-send: dave at .*: authentication failed")
        alice.wait_prompt("")

    def test_a_message_comes_while_the_secret_is_typed(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter(f"/at 127.0.0.1 {self.dave.port} dave")
        alice.wait_for(r"^secret shared with dave:\Z")
        alice.type(self.daves[:8])
        bob.enter("/to alice")
        bob.enter("am I disturbing?")
        alice.wait_message("bob: am I disturbing?")
        alice.type_line(self.daves[8:])
        alice.wait_line("chat: dave is there")

    def test_p24_a_secret_that_is_typed_ahead_is_not_shown(self):
        """The end of the test looks for it on the screen."""
        alice = Chat(self, "alice", program=self.chat_beside_slow(
            "chat-send", "-k /dev/null"))
        alice.enter(f"/at 127.0.0.1 {self.dave.port} dave")
        self.wait_asked()
        alice.type_line(self.daves)
        (self.home / "go").touch()
        alice.wait_line("chat: dave is there")

    def test_a_secret_is_pasted(self):
        alice, = self.chat_with("alice")
        alice.enter(f"/at 127.0.0.1 {self.dave.port} dave")
        alice.wait_for(r"^secret shared with dave:\Z")
        alice.paste(self.daves)
        alice.key("Enter")
        alice.wait_line("chat: dave is there")

    def test_no_secret_is_an_answer_too(self):
        alice, = self.chat_with("alice")
        alice.enter("/to bob")
        alice.enter(f"/at 127.0.0.1 {self.dave.port} dave")
        alice.wait_for(r"^secret shared with dave:\Z")
        alice.key("C-d")
        alice.wait_prompt("bob")
        self.knock(alice, self.daves)
        alice.wait_line("chat: dave is there")

    def test_p41_an_answer_that_comes_late(self):
        """Another choice is made while chat-send asks who is there."""
        alice = Chat(self, "alice", program=self.chat_beside_slow(
            "chat-send", "-qn -t 30"))
        alice.enter("/at 127.0.0.1 9 bob")
        self.wait_asked()
        alice.enter("/to bob")
        (self.home / "go").touch()
        alice.wait_for("chat-send: bob at .*: connection refused")
        alice.wait_prompt("bob")

    def test_a_listed_name_elsewhere_needs_no_other_secret(self):
        alice, = self.chat_with("alice")
        bob = self.listen(user="bob")
        alice.enter(f"/at 127.0.0.1 {bob.port}")
        alice.wait_line(
            "chat: no recipient is chosen; use /at address port name")
        alice.enter(f"/at 127.0.0.1 {bob.port} bob")
        alice.wait_line("chat: bob is there")
        alice.enter("you have moved")
        alice.wait_line("chat: delivered to bob")
        self.assertEqual(["alice: you have moved"], bob.shown())

    def test_what_is_wrong_is_told_before_the_secret_is_asked_for(self):
        """And the chosen recipient does not change."""
        alice, = self.chat_with("alice")
        alice.enter("/to bob")
        for words, answer in (
                ("", "chat: usage: /at "), ("a b c d", "chat: usage: /at "),
                ("127.0.0.1 x dave", "chat: x: "),
                ("127.0.0.1:5000 dave", "chat: dave: "),
                ("127.0.0.300 5 dave", "chat: '127.0.0.300': an IPv4 address"),
                ("[::1] 5 dave", r"chat: '\[::1\]': .* no brackets"),
                ("127.0.0.1 0 dave", "chat: 0: "),
                ("a_b..c 5 dave", "chat: 'a_b..c': not a host name"),
                ("127.0.0.1 5 -h", "chat: '-h' is not a valid user name"),
                ("127.0.0.1 5 d,e", "chat: .* for one recipient")):
            alice.enter(f"/at {words}")
            alice.wait_for(f"^{answer}")
            alice.wait_prompt("bob")
        self.assertNotIn("secret shared", alice.screen())


if __name__ == "__main__":
    unittest.main()
