"""chat-listen -x -k: handlers that stay. The receipt means that one of them has
said so."""
import json
import os
import re
import signal
import textwrap
import time

from harness import LISTEN, ROOT
from process import wait_until
from test_command import OWN, CommandTest, memory_of

PYTHON = "exec python3 -u"
# What each handler starts with, and what it does with a message.
BEGIN = """
import json, os, sys, time
def note(name, text):
    with open(name, "a") as file:
        file.write(f"{text}\\n")
def answer(word, *why):
    print(word, message["id"], *why, flush=True)
note("started", os.getpid())
print("ready", flush=True)
for line in sys.stdin:
    message = json.loads(line)
    text = message["text"]
"""


class HandlerTest(CommandTest):

    def keep(self, body, *options, count=1, **how):
        """Starts a listener whose handlers do this with each message."""
        script = self.place / "handler.py"
        script.write_text(BEGIN + textwrap.indent(textwrap.dedent(body),
                                                  "    "))
        alice = self.handle(f"{PYTHON} handler.py", "-k", str(count), *options,
                            **how)
        # On a slow machine, messages would not wait that long.
        wait_until(lambda: len(self.started()) >= count, "the handlers")
        return alice

    def started(self):
        return [int(pid) for pid in self.lines("started")]


class Answers(HandlerTest):

    def test_ok_is_a_receipt(self):
        alice = self.keep("note('texts', text); answer('ok')")
        for text in ("hi", "there"):
            self.assert_sent(self.send(alice, text))
        self.assertEqual(["hi", "there"], self.lines("texts"))
        self.assertEqual("", alice.stop().stdout)
        self.assertEqual(1, len(self.started()))

    def test_later_is_busy_and_no_is_not_delivered(self):
        alice = self.keep("answer(text, 'full\\x1b[31m', '\\u202e')")
        self.assert_failed(self.send(alice, "later"), 75, "busy")
        alice.err.wait_for(b"127.0.0.1: message not handled: "
                           b"the command says later\n")
        self.assert_failed(self.send(alice, "no"), 74)
        alice.err.wait_for(b"message not handled: the command failed\n")
        said = alice.stop().stderr
        self.assertRegex(
            said, r"handler 1: later, message [0-9a-f]{32} of bob: full\\x1b\[")
        self.assertRegex(said, r"handler 1: no, message [0-9a-f]{32} of bob: ")
        self.assertNotIn("\x1b", said)
        self.assertNotIn("\u202e", said)
        self.assertEqual(1, len(self.started()))

    def test_q_is_quiet(self):
        alice = self.keep("answer(text, 'why')", "-q")
        self.assert_failed(self.send(alice, "no"), 74)
        self.assert_failed(self.send(alice, "wrong"), 79)
        self.assertNotIn("handler", alice.stop().stderr)

    def test_p23_lines_about_handlers_are_bounded(self):
        alice = self.keep("answer('no')")
        start = time.monotonic()
        for _ in range(16):
            self.assert_failed(self.send(alice, "hi"), 74)
        windows = 1 + int((time.monotonic() - start) // 10)
        alice.err.wait_for(b"more in 10 s: a handler did not handle")
        self.assertLessEqual(
            alice.stop().stderr.count("handler 1: no, "), 5 * windows)

    def test_what_it_gets_is_the_object_of_j(self):
        alice = self.keep("note('json', line.rstrip('\\n')); answer('ok')",
                          "-vj")
        for text in ("x", "one\n\ntwo\n", "\x1b[31m\x07\u202e\t\\\"",
                     "\u00e9\U0001f600" * 5000, "\x01" * 65536):
            self.assert_sent(self.send(alice, stdin=text + "\n"))
        shown = [re.sub('"received":"[^"]*"', "", line)
                 for line in alice.stop().stdout.splitlines()]
        got = [re.sub('"received":"[^"]*"', "", line)
               for line in self.lines("json")]
        self.assertEqual(shown, got)

    def test_a_batch_is_one_turn(self):
        alice = self.keep("note('json', line.strip()); answer('ok')")
        self.assert_sent(self.send(alice, stdin="one\n two\nthree\n",
                                   options=("-l",)))
        got = [json.loads(line) for line in self.lines("json")]
        texts = [line for one in got for line in one["text"].split("\n")]
        self.assertEqual(["one", " two", "three"], texts)
        for one in got:
            self.assertEqual(one["text"].count("\n") + 1, one.get("lines", 1))

    def test_p20_without_an_answer_no_receipt(self):
        """It may have handled the message before: nothing else is claimed."""
        alice = self.keep("sys.exit(0)")
        self.assert_failed(self.send(alice, "hi"), 79, "no valid receipt")
        alice.err.wait_for(b"nothing says whether it arrived")
        alice.err.wait_for(b"handler 1: ended with status 0; another starts")

    def test_its_status_is_told_though_it_closes_its_output_first(self):
        alice = self.keep("os.close(1); time.sleep(0.1); sys.exit(3)")
        self.assert_failed(self.send(alice, "hi"), 79)
        alice.err.wait_for(b"handler 1: ended with status 3; another starts")

    def test_who_closes_its_output_and_goes_on_is_killed(self):
        alice = self.keep("os.close(1); time.sleep(1000)")
        self.assert_failed(self.send(alice, "hi"), 79)
        alice.err.wait_for(b"handler 1: closed its standard input or output, "
                           b"but did not end; it was killed; another starts")

    def test_after_a_death_it_is_sent_again_and_handled_once(self):
        alice = self.keep("""
            note('tries', text)
            if len(open('tries').readlines()) < 3:
                os.kill(os.getpid(), 9)
            note('got', text)
            answer('ok')""")
        self.assert_sent(self.send(alice, "hi", options=("-r", "3600")))
        self.assertEqual(["hi"], self.lines("got"))
        self.assertEqual(3, len(self.started()))

    def test_a_message_is_handled_once(self):
        alice = self.keep("note('got', text); answer('ok')")
        for _ in range(3):
            self.assert_sent(self.send(alice, "hi", options=("-i", "ab" * 16)))
        self.assertEqual(["hi"], self.lines("got"))

    def test_the_example_of_the_page(self):
        page = (ROOT / "listener/chat-listen.1").read_text()
        script = re.search(r"^import json, sys\n.*?^\.Ed", page,
                           re.MULTILINE | re.DOTALL)[0][:-4]
        (self.place / "page.py").write_text(script)
        alice = self.handle(f"{PYTHON} page.py", "-k", "2")
        self.assert_sent(self.send(alice, "hi"))
        self.assert_sent(self.send(alice, "there"))


class Usage(HandlerTest):

    def refuse(self, *options, says):
        self.assert_failed(self.run_program(LISTEN, "-p", "0", *options), 64,
                           says, program="chat-listen")

    def test_k_needs_a_command(self):
        self.refuse("-k", "2", says="-k needs -x")

    def test_k_and_x_do_not_go_together(self):
        self.refuse("-k", "2", "-X", "2", "-x", "cat",
                    says="-X is for commands that end")

    def test_how_many(self):
        for count in ("0", "257", "x"):
            self.refuse("-k", count, "-x", "cat", says="-k")


class Limits(HandlerTest):

    limit = 120

    def test_silence_is_no_answer_and_ends_it(self):
        alice = self.keep("""
            note('child', os.spawnlp(os.P_NOWAIT, 'sleep', 'sleep', '1000'))
            time.sleep(1000) if text == 'hang' else answer('ok')""")
        self.assert_sent(self.send(alice, "hi"))
        self.assert_failed(self.send(alice, "hang"), 79)
        alice.err.wait_for(b"handler 1: was silent for 20 s over message ")
        self.wait_gone("started")
        self.assert_sent(self.send(alice, "hi"))

    def test_a_handler_that_never_starts(self):
        self.hurry_up()
        alice = self.handle("exit 3", "-k", "2")
        alice.err.wait_for(b"handler 1: ended with status 3; another starts")
        self.assert_failed(self.send(alice, "hi"), 75, "busy")

    def test_messages_wait_for_a_free_handler(self):
        os.mkfifo(self.place / "gate")
        alice = self.keep("""
            note('in', text)
            open('gate').read() if text == 'first' else None
            answer('ok')""")
        first = self.start_send(alice, "first")
        self.left("in")
        second = self.start_send(alice, "second")
        alice.wait_sessions(2)
        (self.place / "gate").write_text("go\n")
        self.assert_sent(first.wait())
        self.assert_sent(second.wait())
        self.assertEqual(["first", "second"], self.lines("in"))

    def test_who_waits_too_long_may_try_again(self):
        self.hurry_up()
        alice = self.keep("note('in', text); open('gate').read(); "
                          "answer('ok')")
        os.mkfifo(self.place / "gate")
        first = self.start_send(alice, "first")
        self.left("in")
        self.assert_failed(self.send(alice, "second"), 75, "busy")
        self.assertEqual(["first"], self.lines("in"))
        first.process.kill()
        first.wait()

    def test_a_killed_session_leaves_its_handler_alone(self):
        os.mkfifo(self.place / "gate")
        alice = self.keep("""
            note('in', text)
            open('gate').read() if text == 'first' else None
            answer('ok')""")
        sending = self.start_send(alice, "first")
        self.left("in")
        os.kill(*alice.children()["session"], signal.SIGKILL)
        self.assert_failed(sending.wait(), 79)
        (self.place / "gate").write_text("go\n")
        self.assert_sent(self.send(alice, "second"))
        self.assertEqual(1, len(self.started()))

    def test_p27_after_a_killed_session_it_is_not_handled_twice_at_once(self):
        os.mkfifo(self.place / "gate")
        alice = self.keep("""
            note('in', text)
            open('gate').read()
            answer('ok')""", count=2)
        same = ("-i", "ab" * 16)
        sending = self.start_send(alice, "hi", options=same)
        self.left("in")
        os.kill(*alice.children()["session"], signal.SIGKILL)
        self.assert_failed(sending.wait(), 79)
        self.assert_failed(self.send(alice, "hi", options=same), 75, "busy")
        self.assertEqual(["hi"], self.lines("in"))

    def test_with_a_log_it_is_recorded_after_the_answer(self):
        log = self.home / "log"
        os.mkfifo(self.place / "gate")
        alice = self.keep("""
            note('in', text)
            open('gate').read() if text == 'ok' else None
            answer(text)""", "-o", str(log))

        def recorded():
            return log.read_text().count('"type":"message"')

        self.assert_failed(self.send(alice, "no"), 74)
        sending = self.start_send(alice, "ok")
        wait_until(lambda: self.lines("in") == ["no", "ok"], "the message")
        self.assertEqual(0, recorded())
        (self.place / "gate").write_text("go\n")
        self.assert_sent(sending.wait())
        self.assertEqual(1, recorded())


class Ends(HandlerTest):
    """After any end, no process is left."""

    def setUp(self):
        super().setUp()
        self.hurry_up()

    def start(self, body="answer('ok')", **how):
        alice = self.keep(body, count=2, **how)
        wait_until(lambda: len(self.started()) == 2, "two handlers")
        return alice

    def check_gone(self):
        for pid in self.started():
            wait_until(lambda pid=pid: not os.path.exists(f"/proc/{pid}"),
                       f"the end of {pid}")

    def test_sigterm_lets_a_handler_finish(self):
        os.mkfifo(self.place / "gate")
        alice = self.start("note('in', text); open('gate').read(); "
                           "answer('ok')")
        sending = self.start_send(alice, "hi")
        self.left("in")
        alice.process.terminate()
        (self.place / "gate").write_text("go\n")
        self.assert_sent(sending.wait())
        self.assertEqual(0, alice.wait().status)
        self.check_gone()

    def test_sigterm_ends_a_handler_that_does_not(self):
        alice = self.start("""
            import signal
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            note('in', text)
            time.sleep(1000)""")
        sending = self.start_send(alice, "hi")
        self.left("in")
        alice.process.terminate()
        self.assertEqual(0, alice.wait().status)
        self.check_gone()
        self.assert_failed(sending.wait(), 79)

    def test_a_killed_listener_leaves_no_handler(self):
        alice = self.start()
        alice.process.kill()
        self.assertEqual(-signal.SIGKILL, alice.wait().status)
        self.check_gone()

    def test_p19_a_killed_handler_is_replaced(self):
        alice = self.start()
        self.assert_sent(self.send(alice, "hi"))
        for pid in self.started():
            os.kill(pid, signal.SIGKILL)
        alice.err.wait_for(b"handler 1: was killed by signal 9 (Killed); ")
        wait_until(lambda: len(self.started()) == 4, "two others")
        self.assert_sent(self.send(alice, "hi", options=("-r", "3600")))


class Rights(HandlerTest):

    def test_p14_handlers_of_root_are_nobody(self):
        self.need_root()
        alice = self.keep("""
            note('status', open('/proc/self/status').read())
            answer('ok')""")
        self.assert_sent(self.send(alice, "hi"))
        user = self.unprivileged(OWN)
        status = dict(line.split(":", 1) for line in
                      self.left("status").decode().splitlines() if line)
        self.assertEqual([str(user.pw_uid)] * 4, status["Uid"].split())
        self.assertEqual([str(user.pw_gid)] * 4, status["Gid"].split())
        self.assertEqual([], status["Groups"].split())
        for kind in ("CapEff", "CapPrm", "CapInh"):
            self.assertEqual("0" * 16, status[kind].strip())

    def test_p32_a_message_does_not_stay_in_the_runner(self):
        self.need_root()
        self.need_seccomp()
        alice = self.keep("answer('ok')")
        runner, = alice.children()["runner"]
        text = os.urandom(20000).hex().encode()
        self.assert_sent(self.send(alice, stdin=text))
        memory = memory_of(runner)
        for at in (0, len(text) // 2, len(text) - 16):
            self.assertFalse(text[at:at + 16] in memory, f"from byte {at} on")
