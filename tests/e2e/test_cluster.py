"""HAProxy, three listeners and Redis, with the files of scripts/cluster."""
import select
import socket
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
        self.assertRegex(made.nodes["two"].said(), r"handler \d: no, message "
                         r"[0-9a-f]{32} of host-0: another text has this id\n")

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
