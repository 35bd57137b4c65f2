"""A message outlives a host that is off, and one that is rebooted."""
import json
import subprocess

from harness import LISTEN, SEND, SPOOL, Listener, Program
from process import kill_session, wait_until
from test_spool import SpoolTest

NETWORK = "192.0.2."
PORT = "5000"  # a network of our own has no other listener


class Host:
    """A network namespace, which lives as long as the process that holds it.
    """

    def __init__(self, test):
        self.holder = Program(
            test, ("unshare", "-n", "sh", "-c",
                   "ip link set lo up && echo up && exec cat"),
            stdin=subprocess.PIPE)
        self.test = test
        self.holder.out.wait_for(b"up\n")

    def inside(self, *argv):
        """Returns the command line that runs a program on this host."""
        return "nsenter", "-n", "-t", str(self.holder.pid), *argv

    def run(self, *argv):
        done = self.test.run_program(*self.inside(*argv))
        self.test.assertEqual(0, done.status, done)
        return done

    def connect(self, other):
        """Lays a cable to another host."""
        self.run("ip", "link", "add", "eth0", "type", "veth",
                 "peer", "name", "eth0", "netns", str(other.holder.pid))

    def switch_on(self, number):
        """Gives it an address."""
        self.run("ip", "address", "add", f"{NETWORK}{number}/24",
                 "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")

    def end(self):
        """Ends it, with its cable."""
        self.holder.process.stdin.close()
        self.holder.wait()


class TwoHosts(SpoolTest):

    def setUp(self):
        super().setUp()
        self.need_root()
        self.need("unshare", "nsenter", "ip")
        self.environment |= {
            "CHAT_USER": "bob", "CHAT_DIRECTORY": self.file(
                "users.json", json.dumps([
                    {"username": name, "password": password,
                     "ip": f"{NETWORK}{number}", "port": int(PORT)}
                    for number, (name, password) in
                    enumerate(self.shared.items(), 1)]))}

    def hosts(self):
        """Returns alice's host, which is off, and bob's."""
        alice, bob = Host(self), Host(self)
        bob.connect(alice)
        bob.switch_on(2)
        return alice, bob

    def kept(self):
        return [json.loads(line) for line in self.run_program(
            SPOOL, "-j").stdout.splitlines()]

    def test_p31_off_and_rebooted_between_sending_and_delivery(self):
        alice, bob = self.hosts()
        composed = "2026-11-29T02:00:00Z"
        sending = Program(self, bob.inside(
            SEND, "-s", "3d", "-r", "600", "-c", composed, "alice",
            "backup failed"))
        wait_until(self.kept, "a file of the message")
        kill_session(sending.pid)
        sending.wait()
        for host in bob, alice:  # bob's for its reboot
            host.end()
        first, = self.kept()

        alice, bob = self.hosts()
        self.make_due()
        off = self.run_program(*bob.inside(SPOOL, "-f"))
        self.assertEqual((80, [first["id"]]), (
            off.status, [one["id"] for one in self.kept()]), off)

        alice.switch_on(1)
        listener = Listener(self, *alice.inside(
            LISTEN, "-j", "-p", PORT, "-u", "alice", "-d",
            self.environment["CHAT_DIRECTORY"]))
        for _ in range(2):
            self.make_due()
            bob.run(SPOOL, "-f")
        shown, = map(json.loads, listener.stop().stdout.splitlines())
        self.assertEqual(
            ("backup failed", composed, NETWORK + "2"),
            (shown["text"], shown["sent"], shown["address"]))
        self.assertEqual([], self.kept())
