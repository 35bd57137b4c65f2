"""HAProxy, three listeners and Redis, with the files of scripts/cluster."""
import select
import shutil
import socket
import subprocess
import sys
import unittest
from collections import Counter

from harness import ROOT, ChatTest
from process import in_group, roles_in, status_of, wait_until
from wire import Proxy

sys.path.insert(0, str(ROOT / "tests/scale"))
import cluster  # noqa: E402
from cluster import NAMES, Cluster  # noqa: E402
from proof import Result, prove  # noqa: E402


class ClusterTest(ChatTest):
    once = True
    limit = 120

    def setUp(self):
        super().setUp()
        if lacking := cluster.missing():
            self.skipTest(f"no {', '.join(lacking)} here: "
                          "scripts/packages scale")

    def cluster(self, **how):
        made = Cluster(self.home, **how)
        self.addCleanup(made.__exit__)
        self.secrets += made.users.values()
        return made


class Through(ClusterTest):

    def test_each_version_of_the_header_names_the_source(self):
        for version in ("send-proxy-v2", "send-proxy"):
            self.name_source(version)

    def name_source(self, version):
        with Cluster(self.home, version) as made:
            made.start(NAMES[:1])
            relay = Proxy(Front(made), origin="127.0.0.9")
            self.addCleanup(relay.close)
            # Two listeners are down, which may not be noticed yet.
            sent = self.send(relay, version, user="host-1", knows=made.users,
                             options=("-r", "3600"))
            self.assert_sent(sent)
            stored = made.stored()[-1]
            self.assertEqual(
                ("127.0.0.9", version, "host-1", "alerts", "1"),
                tuple(stored[key] for key in
                      ("address", "text", "from", "to", "listed")))

    def test_a_check_is_a_probe_and_takes_a_listener_out_and_in(self):
        made = self.cluster(options="-v")
        made.start()
        for name in NAMES:
            wait_until(lambda n=name: "127.0.0.1: probe: " in
                       made.nodes[n].said(), f"a check of {name}")
        self.assertNotIn("0", status_of(made.balancer.pid)["Uid"])
        made.nodes["two"].kill()
        wait_until(lambda: "probes/two is DOWN" in made.balancer.said(),
                   "the balancer to see it")
        for n in range(6):
            self.assertEqual(0, made.send(f"message {n}").returncode)
        made.start_node("two")
        wait_until(lambda: "probes/two is UP" in made.balancer.said(),
                   "the balancer to see it again")

    def test_the_one_that_is_up_is_found_before_any_check(self):
        """Although it has connections, and those that refuse have none."""
        made = self.cluster()
        made.start()
        held = {socket.create_connection((made.address(1), 5000))
                for _ in range(4 * len(NAMES))}
        for connection in held:
            self.addCleanup(connection.close)

        def sessions(*names):
            return sum(len(roles_in(made.nodes[name].pid)["session"])
                       for name in names)

        wait_until(lambda: sessions(*NAMES) >= len(held) and
                   sessions("three") > 0, "connections that are held")
        for name in NAMES[:2]:  # whose last child keeps the port until it ends
            made.nodes[name].kill()
            wait_until(lambda n=name: not in_group(made.nodes[n].pid),
                       f"the end of {name}")

        def left():
            for ended in select.select(list(held), [], [], 0)[0]:
                ended.close()
                held.remove(ended)
            return len(held) <= sessions("three")

        wait_until(left, "the end of the others")
        for n in range(6):
            sent = made.send(f"message {n}")
            self.assertEqual((0, ""), (sent.returncode, sent.stdout))

    def test_another_text_under_an_id_that_another_listener_knows(self):
        made = self.cluster()
        made.start(NAMES[:1])
        drawn = ("-i", "0123456789abcdef" * 2)

        def send(text):
            return made.send(text, options=("-r", "3600", *drawn)).returncode

        self.assertEqual(0, send("first"))
        made.nodes["one"].kill()
        made.start_node("two")
        self.assertEqual(74, send("second"))
        self.assertEqual(0, send("first"))
        self.assertEqual(["first"], [m["text"] for m in made.stored()])
        self.assertIn("was used for another text", made.nodes["two"].said())

    def test_nobody_sends_under_a_name_that_is_not_in_the_directory(self):
        """All hosts have the entry of the listeners' name."""
        made = self.cluster()
        made.start(NAMES[:1])
        sent = self.send(Front(made), "hi", user="carol", ip=made.address(1),
                         knows={"alerts": made.users["alerts"]})
        self.assert_failed(sent, 77)
        self.assertEqual([], made.stored())

    def test_a_listener_with_another_secret_is_taken_out(self):
        made = self.cluster()
        made.start()
        made.users["alerts"] = self.secret()
        made.write_directory()
        made.reload_node("two")
        made.users["alerts"] = self.secret()
        made.write_directory()
        for name in NAMES[::2]:
            made.reload_node(name)
        wait_until(lambda: "probes/two is DOWN" in made.balancer.said(),
                   "the balancer to see it")
        for n in range(6):
            self.assertEqual(0, made.send(f"message {n}").returncode)


class Front:
    """Where senders connect; it behaves like a listener in a test."""

    name, port = "alerts", 5000

    def __init__(self, made):
        self.address = made.address(1)


class Redis(ClusterTest):
    """scripts/deliver-redis"""

    script = str(ROOT / "scripts/deliver-redis")

    def deliver(self, made, text="hi", stream="alerts", host=None, **changed):
        env = {"PATH": cluster.PATH, "CHAT_ID": "0" * 32, "CHAT_FROM": "bob",
               "CHAT_TO": "alice", "CHAT_LISTED": "1",
               "CHAT_SENT": "2026-01-02T03:04:05Z",
               "CHAT_ADDRESS": "192.0.2.7"} | changed
        return subprocess.run(
            [self.script, stream, "-h", host or made.address(5)], env=env,
            input=text.encode(), capture_output=True, check=False)

    def start(self):
        made = self.cluster()
        made.start_redis()
        return made

    def test_it_stores_all_there_is_to_the_byte(self):
        made = self.start()
        text = "one\n\ntwo\n\"'\\ $(id) \x1b\u202e\U0001f600\n"
        done = self.deliver(made, text)
        self.assertEqual((0, b"", b""),
                         (done.returncode, done.stdout, done.stderr))
        self.assertEqual(
            [{"id": "0" * 32, "from": "bob", "to": "alice", "listed": "1",
              "sent": "2026-01-02T03:04:05Z", "address": "192.0.2.7",
              "text": text}], made.stored())

    def test_each_line_of_a_batch_is_an_entry(self):
        """Once, also when the batch comes again, as lines or as a text."""
        made = self.start()
        for text, lines in (("one\n two \n", "2"), ("one\n two \n", "2"),
                            ("one\n two ", "1")):
            done = self.deliver(made, text, CHAT_LINES=lines)
            self.assertEqual((0, b""), (done.returncode, done.stderr))
        self.assertEqual([("one", "1", "2"), (" two ", "2", "2")], [
            (one["text"], one["line"], one["of"]) for one in made.stored()])

    def test_it_takes_the_longest_text(self):
        made = self.start()
        self.assertEqual(0, self.deliver(made, "x" * 65536).returncode)
        self.assertEqual("x" * 65536, made.stored()[0]["text"])

    def test_it_stores_once_for_each_sender_recipient_and_id(self):
        made = self.start()
        for changed in ({}, {}, {"CHAT_FROM": "carol"}, {"CHAT_TO": "dave"},
                        {"CHAT_ID": "1" * 32}, {}, {"CHAT_LISTED": "0"},
                        {"CHAT_LISTED": "0"}, {"CHAT_ADDRESS": "192.0.2.8"}):
            self.assertEqual(0, self.deliver(made, **changed).returncode)
        self.assertEqual(5, len(made.stored()))

    def assert_taken(self, done):
        self.assertEqual(69, done.returncode)
        self.assertRegex(done.stderr, rb"\Adeliver-redis: not stored: id "
                         rb"'[01]{32}' of 'bob' was used for another text")

    def test_an_id_stands_for_one_text(self):
        """Otherwise another text would be receipted as known, and lost."""
        made = self.start()
        text = "the backup failed"
        self.assertEqual(0, self.deliver(made, text).returncode)
        for other in ("the backup is done", text + "\n", text[:-1], "\0",
                      "", text.upper(), "x" * 65536):
            self.assert_taken(self.deliver(made, other))
            self.assertEqual(0, self.deliver(made, text).returncode)
        self.assertEqual([text], [m["text"] for m in made.stored()])

    def test_who_is_not_listed_takes_no_id_of_who_is(self):
        """Anyone may use a name that is not listed."""
        made = self.start()
        for listed in "01":
            self.assertEqual(0, self.deliver(
                made, f"text {listed}", CHAT_LISTED=listed).returncode)
        for listed in "01":
            self.assert_taken(self.deliver(made, "x", CHAT_LISTED=listed))
        self.assertEqual([("0", "text 0"), ("1", "text 1")],
                         [(m["listed"], m["text"]) for m in made.stored()])

    def test_another_text_is_taken_for_that_after_kill_9(self):
        made = self.start()
        self.assertEqual(0, self.deliver(made).returncode)
        made.redis.kill()
        made.start_redis()
        self.assert_taken(self.deliver(made, "another"))

    def assert_later(self, done):
        self.assertEqual(75, done.returncode)
        self.assertRegex(done.stderr, rb"\Adeliver-redis: not stored: .+")

    def test_later_without_redis(self):
        made = self.start()
        made.redis.kill()
        self.assert_later(self.deliver(made))

    def test_later_where_redis_does_not_answer(self):
        made = self.start()
        self.stop_process(made.redis.pid)
        self.assert_later(self.deliver(made))

    def test_later_where_redis_refuses_and_not_taken_for_known_then(self):
        made = self.start()
        made.ask_redis("SET", "alerts", "no stream")
        self.assert_later(self.deliver(made))
        made.ask_redis("DEL", "alerts")
        self.assertEqual(0, self.deliver(made).returncode)
        self.assertEqual(1, len(made.stored()))

    def test_later_without_room_and_not_taken_for_known_then(self):
        made = self.start()
        made.ask_redis("CONFIG", "SET", "maxmemory", "1")
        self.assert_later(self.deliver(made))
        made.ask_redis("CONFIG", "SET", "maxmemory", "0")
        self.assertEqual(0, self.deliver(made).returncode)
        self.assertEqual(1, len(made.stored()))

    def test_later_without_redis_cli(self):
        tools = self.home / "tools"
        tools.mkdir()
        for name in ("sh", "timeout"):
            (tools / name).symlink_to(shutil.which(name))
        self.assert_later(self.deliver(self.start(), PATH=str(tools)))

    def test_what_is_stored_survives_kill_9(self):
        made = self.start()
        for n in range(20):
            self.assertEqual(
                0, self.deliver(made, CHAT_ID=f"{n:032x}").returncode)
        made.redis.kill()
        made.start_redis()
        self.assertEqual(20, len(made.stored()))
        self.assertEqual(0, self.deliver(made).returncode)  # known
        self.assertEqual(20, len(made.stored()))

    def test_a_password_is_taken_from_the_environment(self):
        made = self.start()
        password = self.secret()
        made.ask_redis("CONFIG", "SET", "requirepass", password)
        self.assert_later(self.deliver(made))
        done = self.deliver(made, REDISCLI_AUTH=password)
        self.assertEqual(0, done.returncode, done.stderr)

    def test_an_id_is_remembered_for_a_day_or_as_long_as_said(self):
        made = self.start()
        for keep, seconds in (({}, 86400), ({"KEEP": "3600"}, 3600)):
            self.assertEqual(0, self.deliver(
                made, CHAT_FROM=f"for-{seconds}", **keep).returncode)
            left = int(made.ask_redis(
                "TTL",
                f"{{alerts}}:seen:alice:for-{seconds}:1:" + "0" * 32))
            self.assertTrue(seconds - 60 < left <= seconds, left)

    def test_nothing_is_stored_for_a_time_that_is_none(self):
        """What follows the storing would fail then, every time."""
        made = self.start()
        for keep in ("0", "-5", "1d", "", "9" * 20):
            done = self.deliver(made, KEEP=keep)
            self.assertEqual(64, done.returncode, keep)
            self.assertIn(b"deliver-redis: KEEP=", done.stderr)
        self.assertEqual([], made.stored())

    def test_a_warning_of_redis_cli_does_not_hide_that_it_is_stored(self):
        made = self.start()
        done = self.deliver(made, REDISCLI_AUTH=self.secret())  # unused
        self.assertEqual((0, b""), (done.returncode, done.stderr))
        self.assertEqual(1, len(made.stored()))

    def test_usage(self):
        done = subprocess.run([self.script], capture_output=True, check=False)
        self.assertEqual(64, done.returncode)
        self.assertIn(b"usage: deliver-redis stream", done.stderr)

    def test_it_has_under_sixty_lines(self):
        with open(self.script) as script:
            self.assertLess(len(script.readlines()), 60)


class Proof(ClusterTest):

    def test_no_message_is_lost_or_stored_twice(self):
        made = self.cluster()
        result = prove(made.start(), 200)
        self.assertEqual(4, len(result.happened))
        self.assertTrue(result.good(), result.table())
        self.assertEqual(200, sum(s == 0 for s in result.exits.values()),
                         result.table())


class Judge(unittest.TestCase):
    """What the proof would report if it were not so."""

    def judge(self, statuses, stored, mute=()):
        exits = {f"message {n}": status for n, status in enumerate(statuses)}
        return Result(len(exits), exits=exits, mute=list(mute),
                      stored=Counter(f"message {n}" for n in stored))

    def test_all_once_is_good(self):
        self.assertTrue(self.judge([0, 0, 0], [2, 0, 1]).good())

    def test_one_of_an_unknown_fate_may_be_stored_or_not(self):
        self.assertTrue(self.judge([0, 79, 79], [0, 1]).good())

    def test_it_sees_what_is_lost(self):
        result = self.judge([0, 0, 75], [0])
        self.assertFalse(result.good())
        self.assertEqual(["message 1"], result.lost())

    def test_it_sees_duplicates(self):
        result = self.judge([0, 79], [0, 1, 1, 1])
        self.assertFalse(result.good())
        self.assertEqual(2, result.duplicates())

    def test_it_sees_what_nobody_sent(self):
        self.assertFalse(self.judge([0], [0, 5]).good())

    def test_it_sees_who_said_no_reason(self):
        self.assertFalse(
            self.judge([0, 75], [0], mute=["message 1"]).good())


class Unit(ClusterTest):

    def path(self):
        text = self.cluster().unit()
        return self.file("chat-listen@one.service", text)

    def test_systemd_finds_no_fault(self):
        self.need("systemd-analyze")
        self.assert_sent(self.run_program(
            "systemd-analyze", "--no-pager", "verify", "--man=no",
            self.path()))
