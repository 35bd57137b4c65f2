"""chat-terminal: people at terminals who talk to each other."""
import os
import re
import select
import unittest

from harness import SEND, Program
from process import wait_until
from terminals import CHAT, TIME, Chat, TerminalTest


class Talk(TerminalTest):

    def test_both_ways_at_once(self):
        alice, bob = self.chat_with("alice", "bob")
        for chat, other in ((alice, "bob"), (bob, "alice")):
            chat.enter(f"/to {other}")
            chat.wait_prompt(other)
        for n in range(10):
            alice.type_line(f"number {n}")
            bob.type_line(f"number {n}")
        for chat, other in ((alice, "bob"), (bob, "alice")):
            chat.wait_for(r"(?s)(delivered to .*){10}")
        for chat, other in ((alice, "bob"), (bob, "alice")):
            chat.wait_message(*(f"{other}: number {n}" for n in range(10)))
            chat.wait_prompt()
            self.assertEqual(10, chat.screen().count("delivered to"))

    def test_a_message_does_not_garble_what_is_being_typed(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        bob.type("/to ali")
        bob.wait_line("> /to ali")
        alice.enter("in between")
        bob.wait_message("alice: in between")
        self.assert_typed(bob)
        bob.type_line("ce")
        bob.wait_prompt("alice")
        bob.enter("whole")
        alice.wait_message("bob: whole")

    def assert_typed(self, chat):
        """Expects it below the message, unchanged."""
        chat.wait_for(rf"\n{TIME} .*\n> /to ali\Z")
        self.assertEqual(1, chat.screen().count("> /to ali"))

    def test_what_is_typed_arrives_as_it_is(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        texts = ("  leading and trailing  ", r"a \n b \\ c \033[1m $HOME `id`",
                 "* ? [a-z] ~", "-n", "-", "--", "%s %d", "'one' \"two\"")
        for n, text in enumerate(texts, 1):
            alice.enter(text)
            alice.wait_for(rf"(?s)(chat: delivered to bob.*){{{n}}}")
        alice.enter("//tmp is a folder")
        bob.wait_message(*(f"alice: {text}".rstrip() for text in texts),
                         "alice: /tmp is a folder")

    def test_any_script_is_typed_whatever_the_locale(self):
        """The terminal's own settings tell that it reads UTF-8."""
        alice, bob = self.chat_with("alice", "bob", LC_ALL="", LANG="")
        alice.enter("/to bob")
        texts = ("über", "Ελληνικά", "по-русски", "你好", "مرحبا", "👍🏽",
                 "e\u0301")
        for text in texts:
            alice.enter(text)
        bob.wait_message(*(f"alice: {text}" for text in texts))


class Plain(Talk):
    """A terminal on which no line can be edited."""

    env = {"CHAT_TERM": "dumb"}

    def test_it_has_no_title(self):
        alice = Chat(self, "alice")
        before = alice.title()
        self.assert_sent(self.run_program(
            *self.command(alice, "hello", name="alice")))
        alice.wait_for("hello$")
        self.assertEqual(before, alice.title())

    def assert_typed(self, chat):
        """Expects it in the line above the message, in a line of its own."""
        chat.wait_for(rf"^> /to ali\n{TIME} .*\n>\Z")

    def test_a_line_longer_than_a_terminal_takes_is_not_sent(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        alice.enter("y" * 5000)
        alice.wait_for("^chat: not sent: the line is too long for a terminal")
        alice.enter("z")
        bob.wait_message("alice: z")

    def test_p22_no_text_forges_a_line(self):
        """The terminal would wrap it, so that another line seems to come."""
        alice = Chat(self, "alice", NO_COLOR="1")
        for n, width in enumerate((30, 71, 100), 1):
            alice.resize(width)
            text = " ".join(("ok", " " * (width - 18), "14:31:40 carol: no",
                             " " * (width - 20), f"chat: is forged {n}"))
            self.assert_sent(self.run_program(
                *self.command(alice, text, name="alice")))
            alice.wait_for(f"forged {n}")
            lines = alice.tmux("capture-pane", "-p").splitlines()
            self.assertEqual(n, len([x for x in lines if "14:31:40" in x]))
            self.assertFalse([line for line in lines if re.match(
                "14:31:40|chat: is", line)], lines)

    def test_p22_what_it_quotes_forges_no_line(self):
        alice = Chat(self, "alice")
        alice.resize(30)
        for n in range(30):
            alice.type_line(f"/to {'x' * n}chat:forged")
            # What is typed before the prompt stands in front of an answer.
            alice.wait_until(
                lambda: len(re.findall("names\n>", alice.screen())) == n + 1,
                "an answer, and a prompt")
        self.assert_not_forged(alice, "chat:forged'")

    def test_p22_no_text_forges_a_line_where_tee_copies_it(self):
        """The lines of a message are shorter, by what they are indented."""
        copied = self.script("copied", f'{CHAT} "$@" | tee log\n')
        alice = Chat(self, "alice", program=copied)
        alice.resize(40)
        self.assert_sent(self.run_program(*self.command(
            alice, "\n".join("x" * n + "chat: forged" for n in range(40)) +
            "\nthe end", name="alice")))
        alice.wait_for("the end$")
        self.assert_not_forged(alice, "chat: f")

    def test_nothing_is_echoed_between_a_prompt_and_a_message(self):
        """Both leave in one write: a pipe of packets has one for each."""
        keyboard = os.openpty()[1]
        packets, output = os.pipe2(os.O_DIRECT)
        for descriptor in keyboard, packets, output:
            self.addCleanup(os.close, descriptor)
        chat = Program(
            self, (CHAT,), stdin=keyboard, stdout=output,
            env={"CHAT_DIRECTORY": self.users, "CHAT_PORT": "0",
                 "CHAT_USER": "alice"})
        shown = []

        def find(pattern):
            while select.select([packets], [], [], 0)[0]:
                shown.append(os.read(packets, 65536).decode())
            return re.search(pattern, "".join(shown))

        def wait_for(pattern):
            return wait_until(lambda: find(pattern), pattern)

        port = wait_for(r"listening on\s+\S+:(\d+) as alice")[1]
        wait_for("> $")
        self.assert_sent(self.run_program(
            SEND, "-d", self.users, "-u", "bob", "-p", port, "alice", "hi"))
        wait_for("bob: hi")
        self.assertTrue([packet for packet in shown if re.fullmatch(
            rf"\n{TIME} bob: hi\n", packet)], shown)
        chat.stop()

    def assert_not_forged(self, chat, start):
        lines = chat.tmux("capture-pane", "-p", "-S", "-").splitlines()
        self.assertFalse([x for x in lines if x.startswith(start)], lines)


class Editing(TerminalTest):

    def test_a_message_leaves_line_and_cursor(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        bob.enter("/to alice")
        for text, width in (("für 你好", 100), ("word " * 15, 40)):
            bob.resize(width)
            bob.type(text)
            bob.key("Left", "Left", "Left")
            alice.enter("in between")
            alice.wait_for(r"chat: delivered to bob\nbob>\Z")
            alice.enter("/help")  # so that the screen changes
            bob.wait_for(r"in between\nalice> ")
            bob.type_line("X")
            alice.wait_for(re.escape(
                f"bob: {text[:-3]}X{text[-3:]}".rstrip()) + "$")
            bob.wait_prompt("alice")

    def test_a_paste_of_several_lines_is_one_message(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        alice.paste("one\n\ttwo\n/quit")
        alice.wait_for(r"bob> one\n +two\n/quit\Z")
        alice.key("Enter")
        for answer in "", "what?", "/help", "y":
            alice.wait_for(
                r"send these 3 lines to bob as one message\? \(y/n\)\Z")
            alice.type_line(answer)
        bob.wait_for(rf"^{TIME} alice: one\n +two\n    /quit$")
        alice.wait_line("chat: delivered to bob")
        alice.paste("one\ntwo")
        alice.key("Enter")
        alice.enter("n")
        alice.wait_line("chat: not sent")
        for text in "a single one", "another one\n":
            alice.paste(text)
            alice.key("Enter")
        alice.wait_for(r"(?s)(chat: delivered to bob.*){3}")
        self.assertEqual(["alice: a single one", "alice: another one"],
                         bob.messages()[1:])

    def test_p41_what_is_pasted_goes_to_whom_the_question_names(self):
        """Another is chosen before the answer, or nobody."""
        alice, = self.chat_with("alice")
        alice.enter("/to bob")
        for n, command in enumerate(("/to carol", "/at 127.0.0.1 9 carol"), 1):
            alice.paste("one\ntwo")
            alice.key("Enter")
            alice.wait_for(r"send these 2 lines to \S+ .*\(y/n\)\Z")
            alice.type_line(command)
            alice.wait_for(r"send these 2 lines to \S+ .*\(y/n\)\Z")
            if n == 2:
                alice.wait_for("chat-send: carol at .*: connection refused")
            alice.type_line("y")
            alice.wait_for(r"(?s)(^chat: not sent: the recipient has changed"
                           rf"\n.*){{{n}}}")
        alice.wait_prompt("")
        self.assertNotIn("delivered", alice.screen())

    def test_a_key_is_not_split_by_a_message(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        bob.enter("/to alice")
        for n, key in enumerate(("1b 5b 44", "1b 4f 44", "1b 5b 31 7e")):
            *start, end = key.split()
            bob.type("abc")
            bob.key("-H", *start)
            alice.enter(f"in between {n}")
            bob.wait_for(rf"in between {n}\nalice> abc\Z")
            bob.key("-H", end)
            bob.type_line("X")
        alice.wait_message("bob: abXc", "bob: abXc", "bob: Xabc")

    def test_messages_come_during_a_paste(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        bob.enter("/to alice")
        bob.key("-H", *b"\033[200~one\rt".hex(" ").split())
        alice.enter("in between")
        bob.wait_for(r"in between\nalice> one\nt\Z")
        bob.key("-H", *b"wo\r\033[20".hex(" ").split())
        alice.enter("and again")
        bob.wait_for(r"and again\nalice> one\ntwo\Z")
        bob.key("-H", *b"1~".hex(" ").split())
        bob.key("Enter")
        bob.wait_for(r"send these 2 lines to alice")
        bob.type_line("y")
        alice.wait_for(r"bob: one\n    two$")

    def test_p42_the_title_tells_what_is_unread(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        before = bob.title()
        for n in 1, 2:
            alice.enter(f"number {n}\\")
            alice.wait_for(rf"(?s)(delivered to bob.*){{{n}}}")
            bob.wait_until(lambda n=n: bob.title() == f"({n}) chat", "a title")
        bob.type("x")
        bob.wait_until(lambda: bob.title() == "chat", "a title")
        bob.key("C-c")
        self.assertEqual(130, bob.wait_end())
        bob.wait_until(lambda: bob.title() == before, "its title")

    def test_a_long_paste_and_messages_at_once(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        bob.enter("/to alice")
        lines = [f"line {n}" for n in range(2000)]
        for n in range(5):
            bob.type_line(f"number {n}")
        alice.paste("\n".join(lines))
        alice.key("Enter")
        alice.wait_for(r"send these 2000 lines to bob")
        alice.type_line("y")
        alice.wait_line("chat: delivered to bob")
        bob.wait_for(r"alice: line 0\n    line 1\n(?s:.*)^    line 1999$")
        self.assertEqual([f"bob: number {n}" for n in range(5)],
                         [m for m in alice.messages() if "number" in m])

    def test_what_is_not_utf8_is_not_sent(self):
        alice, = self.chat_with("alice")
        alice.key("-H", "fc", "62")
        alice.key("Enter")
        alice.wait_for("^chat: not sent: what was typed is not UTF-8")
        alice.wait_prompt()

    def test_history_and_completion(self):
        alice, bob = self.chat_with("alice", "bob")
        alice.type("/t")
        alice.key("Tab")
        alice.type(" car")
        alice.key("Tab")
        alice.wait_for(r"^> /to carol\Z")
        alice.key("Enter")
        alice.wait_prompt("carol")
        alice.enter("/to bob")
        alice.wait_prompt("bob")
        alice.enter("again")
        alice.wait_line("chat: delivered to bob")
        alice.key("Up")
        alice.wait_for(r"^bob> again\Z")
        alice.type_line(" and again")
        bob.wait_message("alice: again", "alice: again and again")
        self.assertFalse((self.home / ".local").exists())


if __name__ == "__main__":
    unittest.main()
