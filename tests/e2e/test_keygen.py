"""The programs accept the secrets and directories that chat-keygen makes."""
import base64
import json
import os
import re
import resource
import shutil
import signal
import stat
import unittest

from harness import LISTEN, ROOT, SEND, ChatTest, Listener, Program
from process import wait_until

KEYGEN = str(ROOT / "scripts" / "chat-keygen")
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


HOSTS = {host: good for good, hosts in (
    (True, ("127.0.0.1", "0.0.0.1", "255.255.255.255", "::2", "::1", "1::",
            "1:2:3:4:5:6:7:8", "2001:DB8::5", "::192.0.2.7", "fe80::1%eth0.7",
            "localhost", "a-b.c_d.e.", "1a", "0xg", "x1.2y")),
    (False, ("0.0.0.0", "::", "0:0::", "::ffff:0.0.0.0",
             "127.1", "127.0.0.010", "127.0.0.300", "1.2.3.4.5", "5", "1..2.3",
             "1.2.3.4.", "0x7f.0.0.1", "0x7f", "host.7", "1:2", ":::", "1:::2",
             "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::",
             "::g", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "fe80::1",
             "fe80::1%", "2001:db8::1%eth0", "::1.2.3", "::1.2.3.4:5", "-h",
             "h-", "a..b", "a.-b", "h" * 64)))
    for host in hosts}


class KeygenTest(ChatTest):

    once = True

    def setUp(self):
        super().setUp()
        self.there = self.home / "there"  # where it runs
        self.there.mkdir()

    def keygen(self, *args, **how):
        return self.run_program("/bin/sh", "-c", 'cd there && exec "$@"',
                                "sh", KEYGEN, *args, **how)

    def made(self, *args, **how):
        """Runs it, without output. Returns what the files contain, by name."""
        self.assert_sent(self.keygen(*args, **how))
        return {path.name: self.entries(path.read_text())
                for path in self.there.iterdir()}

    def entries(self, text):
        """Returns the entries of a directory by user; their secrets stay
        secret."""
        entries = json.loads(text)
        for entry in entries:
            self.assertRegex(entry["password"], SECRET)
            self.secrets.append(entry["password"])
        return {entry["username"]: entry for entry in entries}

    def places(self, *args):
        entries = self.made(*args)["users.json"].values()
        return {e["username"]: (e["ip"], e["port"]) for e in entries}

    def assert_refused(self, ended, status, *says):
        self.assertEqual(status, ended.status, ended)
        self.assertEqual("", ended.stdout)
        self.assertTrue(ended.stderr.startswith("chat-keygen: "), ended)
        self.assert_says(ended.stderr, *says)


class Secrets(KeygenTest):

    def test_alone_it_prints_256_bits(self):
        printed = {self.keygen().stdout for _ in range(20)}
        self.assertEqual(20, len(printed))
        for line in printed:
            self.assertRegex(line, rf"\A{SECRET.pattern}\n\Z")
            self.assertEqual(
                32, len(base64.b64decode(line.strip() + "=", b"-_", True)))

    def test_without_random_bytes_it_makes_nothing(self):
        fake = self.home / "bin"
        fake.mkdir()
        (fake / "head").symlink_to("/bin/true")
        path = {"PATH": f"{fake}:{self.environment['PATH']}"}
        for args in ((), ("alice",), ("alice", "bob"), ("-p", "a", "b")):
            with self.subTest(args=args):
                ended = self.keygen(*args, env=path)
                self.assert_refused(ended, 71, "/dev/urandom")
                self.assertEqual([], os.listdir(self.there))

    def test_no_secret_is_in_a_command_line(self):
        """Every program that it starts notes its command line."""
        spies = self.home / "spies"
        spies.mkdir()
        for name in ("base64", "cat", "head", "mv", "rm", "seq", "tr"):
            real = shutil.which(name)
            (spies / name).write_text(
                f'#!/bin/sh\necho "{name} $@" >>"$HOME/calls"\n'
                f'exec {real} "$@"\n')
            (spies / name).chmod(0o755)
        self.made("-p", "alice", "bob", "carol",
                  env={"PATH": f"{spies}:{self.environment['PATH']}"})
        calls = (self.home / "calls").read_bytes()
        self.assertEqual(3, calls.count(b"head "))
        self.assert_no_secrets(calls, "command lines")


class Files(KeygenTest):

    def test_one_user_is_an_entry_to_paste(self):
        ended = self.keygen("alice")
        self.assertEqual((0, ""), (ended.status, ended.stderr))
        entry, = json.loads(f"[{ended.stdout}]")
        self.assertRegex(entry.pop("password"), SECRET)
        self.assertEqual({"username": "alice", "ip": "localhost",
                          "port": 5000}, entry)
        self.assertEqual([], os.listdir(self.there))

    def test_several_users_share_one_file(self):
        files = self.made("alice", "bob", "carol")
        self.assertEqual(["users.json"], list(files))
        self.assertEqual(["alice", "bob", "carol"], list(files["users.json"]))
        self.assertEqual(3, len(set(self.secrets[-3:])))

    def test_personal_files_share_a_secret_for_every_two(self):
        users = ["alice", "bob", "carol", "dave"]
        files = self.made("-p", *users)
        self.assertEqual({f"{user}.json" for user in users}, set(files))
        for one in users:
            own = files[f"{one}.json"]
            self.assertEqual([u for u in users if u != one], list(own))
            for other in own:
                self.assertEqual(own[other]["password"],
                                 files[f"{other}.json"][one]["password"])
        self.assertEqual(4 * 3 // 2, len(set(self.secrets[2:])))

    def test_pairs_are_not_mixed_up_when_there_are_many(self):
        """1 and 12 are another pair than 11 and 2."""
        users = [f"user{n}" for n in range(1, 13)]
        files = self.made("-p", *users)
        pairs = {}
        for one in users:
            for other, entry in files[f"{one}.json"].items():
                pairs.setdefault(frozenset((one, other)), []).append(
                    entry["password"])
        self.assertEqual(66, len(pairs))
        for both in pairs.values():
            self.assertEqual(both[0], both[1])
        self.assertEqual(66, len({both[0] for both in pairs.values()}))

    def test_only_their_owner_reads_them(self):
        for args in (("alice", "bob"), ("-p", "alice", "bob")):
            self.assert_sent(self.run_program(
                "/bin/sh", "-c", 'umask 0; cd there; exec "$@"', "sh",
                KEYGEN, *args))
        for path in self.there.iterdir():
            self.assertEqual(0o600, stat.S_IMODE(path.stat().st_mode))

    def test_places(self):
        self.assertEqual(
            {"a": ("localhost", 5000), "b": ("192.0.2.7", 7), "c@x.org":
             ("2001:db8::7", 65535), "d": ("::1", 80),
             "e": ("host-1.example", 8000), "f": ("localhost", 5005)},
            self.places("a", "b=192.0.2.7:7", "c@x.org=[2001:db8::7]:65535",
                        "d=[::1]:80", "e=host-1.example:8000", "f"))

    def test_hosts_without_a_port(self):
        self.assertEqual(
            {"a": ("2001:db8::5", 5000), "b": ("::1", 5001),
             "c": ("192.0.2.7", 5002), "d": ("host", 5003),
             "e": ("::ffff:192.0.2.7", 5004), "f": ("fe80::1%eth0", 5005)},
            self.places("a=2001:db8::5", "b=[::1]", "c=192.0.2.7", "d=host",
                        "e=::ffff:192.0.2.7", "f=fe80::1%eth0"))

    def test_hosts_that_the_programs_refuse(self):
        """chat-listen -n judges each, and refuses no others."""
        for host, good in HOSTS.items():
            with self.subTest(host):
                entry = json.dumps([{"username": "a", "port": 1, "ip": host,
                                     "password": self.secret()}])
                path = self.file("users.json", entry)
                checked = self.run_program(LISTEN, "-n", "-d", path, "-u", "a")
                self.assertEqual(0 if good else 78, checked.status, checked)
                made = self.keygen(f"a=[{host}]:1" if ":" in host
                                   else f"a={host}:1")
                self.assertEqual(0 if good else 64, made.status, made)
                if good:
                    self.assertEqual(host, json.loads(made.stdout)["ip"])

    def test_another_file_or_folder(self):
        (self.there / "a folder").mkdir()
        self.assert_sent(self.keygen("-o", "a folder/a file", "alice"))
        self.assert_sent(self.keygen("-p", "-o", "a folder", "alice", "bob"))
        self.assertEqual({"a file", "alice.json", "bob.json"},
                         set(os.listdir(self.there / "a folder")))


class Good(KeygenTest):
    """The programs accept what it makes."""

    def assert_good(self, path, user, others):
        checked = self.run_program(LISTEN, "-n", "-d", path, "-u", user)
        self.assertEqual(0, checked.status, checked)
        self.assertEqual(1, checked.stderr.count("\n"), "a warning?")
        listed = self.run_program(SEND, "-L", "-d", path)
        self.assertEqual((0, "".join(f"{o}\n" for o in others), ""),
                         (listed.status, listed.stdout, listed.stderr))
        whole = self.run_program(SEND, "-Lv", "-d", path)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(
                [f"{u['username']} {u['ip']} {u['port']}"
                 for u in json.load(file)], whole.stdout.splitlines())

    def listen_with(self, path, user):
        """Starts a listener with an existing directory."""
        return Listener(self, LISTEN, "-p", "0", "-d", path, "-u", user)

    def write_to(self, alice, path, user):
        return self.run_program(
            SEND, "-d", path, "-u", user, "-a", "127.0.0.1", "-p",
            str(alice.port), "alice", "hello")

    def test_a_shared_file(self):
        self.made("alice", "bob", "carol")
        path = str(self.there / "users.json")
        for user in ("alice", "bob"):
            self.assert_good(path, user, ["alice", "bob", "carol"])
        alice = self.listen_with(path, "alice")
        self.assert_sent(self.write_to(alice, path, "bob"))
        self.assertEqual(["bob: hello"], alice.shown())

    def test_personal_files_keep_users_apart(self):
        self.made("-p", "alice", "bob", "carol")
        path = {user: str(self.there / f"{user}.json")
                for user in ("alice", "bob", "carol")}
        self.assert_good(path["bob"], "bob", ["alice", "carol"])
        alice = self.listen_with(path["alice"], "alice")
        self.assert_sent(self.write_to(alice, path["bob"], "bob"))
        self.assertEqual(
            77, self.write_to(alice, path["carol"], "bob").status)
        self.assertEqual(["bob: hello"], alice.shown())


class Refusals(KeygenTest):

    def test_never_over_what_is_there(self):
        precious = self.there / "users.json"
        precious.write_text("precious")
        (self.there / "bob.json").symlink_to("nowhere")
        for args in (("alice", "bob"), ("-o", "users.json", "alice"),
                     ("-o", "bob.json", "alice"), ("-o", ".", "alice"),
                     ("-o", "/dev/null", "alice"),
                     ("-p", "alice", "bob", "carol")):
            with self.subTest(args=args):
                self.assert_refused(self.keygen(*args), 73, "cannot create")
        self.assertEqual("precious", precious.read_text())
        self.assertEqual({"users.json", "bob.json"},
                         set(os.listdir(self.there)))
        self.assertTrue(os.path.exists("/dev/null"))

    def test_no_such_folder(self):
        self.assert_refused(
            self.keygen("-p", "-o", "no", "a", "b"), 73, "'no' is not a usable folder")
        self.assert_refused(self.keygen("-o", "no/file", "a"), 73, "no/file")

    def test_a_full_disk_leaves_nothing(self):
        for args in (("alice", "bob", "carol"), ("-p", "alice", "bob", "eve")):
            with self.subTest(args=args):
                ended = self.keygen(
                    *args, restore_signals=False,  # SIGXFSZ stays ignored
                    limits=[(resource.RLIMIT_FSIZE, 150)])
                self.assert_refused(ended, 74, "cannot write")
                self.assertEqual([], os.listdir(self.there))

    def test_a_full_output_is_told(self):
        for args in ((), ("alice",)):
            with open("/dev/full", "wb") as full:
                ended = Program(self, (KEYGEN, *args), stdout=full).wait()
            self.assert_refused(ended, 74, "cannot write")

    def test_interrupted_it_leaves_nothing(self):
        """The kernel runs out of random numbers after one secret."""
        fake = self.home / "bin"
        fake.mkdir()
        (fake / "head").write_text(
            '#!/bin/sh\n'
            '[ ! -e "$HOME/once" ] || { : >"$HOME/waits"; exec sleep 1000; }\n'
            f': >"$HOME/once"\nexec {shutil.which("head")} "$@"\n')
        (fake / "head").chmod(0o755)
        ended = Program(
            self, ("/bin/sh", "-c", 'cd there && exec "$@"', "sh", KEYGEN,
                   "-p", "alice", "bob", "carol"),
            env={"PATH": f"{fake}:{self.environment['PATH']}"})
        wait_until(lambda: (self.home / "once").exists(), "the first secret")
        wait_until(lambda: os.listdir(self.there), "the first file")
        # Before, a shell that has just been forked might lose the signal.
        wait_until(lambda: (self.home / "waits").exists(), "the next secret")
        os.killpg(ended.pid, signal.SIGTERM)
        self.assertNotEqual(0, ended.wait().status)
        self.assertEqual([], os.listdir(self.there))

    def test_what_makes_no_sense(self):
        for args in (("",), ("a b",), ("-x",), ("a/b",), ("../a",), (".a",),
                     ("a\n",), ('a","',), ("a" * 65,), ("a=",), ("a=:1",),
                     ("a=h:",), ("a=h:0",), ("a=h:65536",), ("a=h:08",),
                     ("a=h:1x",), ('a=h":1',), ("a=h o:1",), ("a", "b", "a"),
                     ("-p",), ("-p", "a"), ("-o", "file"), ("-o",),
                     ("alice", "-o", "file")):
            with self.subTest(args=args):
                self.assert_refused(self.keygen(*args), 64)
                self.assertEqual([], os.listdir(self.there))

    def test_what_is_wrong_is_named(self):
        for arg, says in (
                ("a b", "'a b' is not a user name"),
                ("=h", "'' is not a user name"),
                ("a=127.0.0.010:5000", "'127.0.0.010' is not an address"),
                ("a=0.0.0.0", "'0.0.0.0' is not an address"),
                ("a=::1:5000x", "'::1:5000x' is not an address"),
                ("a=[::1", "write user=host:port or user=[IPv6]:port"),
                ("a=[::1]:05", "'05' is not a port from 1 to 65535"),
                ("a=h:65536", "'65536' is not a port from 1 to 65535"),
                ("a=h:", "'' is not a port")):
            with self.subTest(arg):
                self.assert_refused(self.keygen(arg), 64, f"'{arg}': ", says)

    def test_help(self):
        ended = self.keygen("-h")
        self.assertEqual((0, ""), (ended.status, ended.stderr))
        self.assertTrue(ended.stdout.startswith("usage: chat-keygen "))


if __name__ == "__main__":
    unittest.main()
