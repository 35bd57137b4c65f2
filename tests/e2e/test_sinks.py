"""The handlers that store messages: scripts/handle-*, with the real servers."""
import contextlib
import glob
import json
import os
import pwd
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import unittest

from harness import ROOT
from process import wait_until
from test_command import CommandTest

SYSTEM_PYTHON = "/usr/bin/python3"  # which has Debian's modules
HOSTILE = ("x", "'); drop table messages; --", "\\'\\\\", "%s %(x)s {} $1",
           "\x01\x1b[31m\u202e\t\r", "one\n\ntwo\n", "\u00e9\U0001f600" * 5000,
           "\\x41\\u0041", "z" * 65536, '"')


class Sink:
    """A handler, as the runner has it."""

    def __init__(self, test, *argv, **how):
        self.process = subprocess.Popen(
            [SYSTEM_PYTHON, ROOT / "scripts" / argv[0], *argv[1:]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **how)
        test.addCleanup(self.end)
        test.assertEqual("ready\n", self.process.stdout.readline())

    def end(self):
        self.process.kill()
        self.process.communicate()

    def ask(self, text, number=1, **other):
        """Returns the word of its answer."""
        message = {"v": 1, "type": "message", "id": f"{number:032x}",
                   "from": "bob", "to": "alice", "listed": True,
                   "address": "192.0.2.7", "sent": "2026-11-23T03:22:01Z",
                   "received": "2026-11-23T03:22:02Z", "text": text} | other
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        word, again, *_ = self.process.stdout.readline().split()
        assert again == message["id"]
        return word


class Stores:
    """What all of them do. A test case has start() and stored(), a list of
    (sender, listed, line, of, text)."""

    def test_hostile_texts_are_stored_to_the_byte(self):
        sink = self.start()
        for number, text in enumerate(HOSTILE):
            self.assertEqual("ok", sink.ask(text, number))
        self.assertEqual(list(HOSTILE), [row[-1] for row in self.stored()])

    def test_once_for_each_sender_and_id(self):
        first, second = self.start(), self.start()
        for sink in (first, second, first):
            self.assertEqual("ok", sink.ask("hi"))
            self.assertEqual("ok", sink.ask("hi", listed=False))
            self.assertEqual("ok", sink.ask("hi", **{"from": "carol"}))
        self.assertEqual(3, len(self.stored()))

    def test_an_id_stands_for_one_text(self):
        first, second = self.start(), self.start()
        self.assertEqual("ok", first.ask("hi"))
        self.assertEqual("no", second.ask("other"))
        self.assertEqual("no", first.ask("hi\nother", lines=2))
        self.assertEqual(["hi"], [row[-1] for row in self.stored()])

    def test_a_batch_is_stored_whole_and_once(self):
        sink = self.start()
        for _ in range(2):
            self.assertEqual("ok", sink.ask("one\n two\n'", lines=3))
        self.assertEqual("no", sink.ask("one\n two", lines=2))
        self.assertEqual([("bob", 1, 1, 3, "one"), ("bob", 1, 2, 3, " two"),
                          ("bob", 1, 3, 3, "'")], self.stored())

    def test_the_largest_batch(self):
        text = "\n".join(f"{n:015}" for n in range(4096))
        self.assertEqual("ok", self.start().ask(text, lines=4096))
        self.assertEqual(text.split("\n"), [row[-1] for row in self.stored()])

    def test_what_dies_after_it_stored_has_stored_once(self):
        sink = self.start()
        self.assertEqual("ok", sink.ask("hi"))
        sink.end()
        self.assertEqual("ok", self.start().ask("hi"))
        self.assertEqual(1, len(self.stored()))


class SinkTest(CommandTest):

    program = None

    def setUp(self):
        super().setUp()
        if not os.path.exists(SYSTEM_PYTHON):
            self.skipTest("no /usr/bin/python3")

    def need_module(self, name, package):
        if subprocess.run([SYSTEM_PYTHON, "-c", f"import {name}"],
                          stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest(f"no {package}; scripts/packages scale")


class Sqlite(Stores, SinkTest):

    once = True

    def start(self, **how):
        return Sink(self, "handle-sqlite", self.place / "base", **how)

    def stored(self):
        with contextlib.closing(sqlite3.connect(self.place / "base")) as base:
            return base.execute("select sender, listed, line, of, text from "
                                "messages order by rowid").fetchall()

    def test_later_while_another_has_it_locked(self):
        sink = self.start()
        with contextlib.closing(sqlite3.connect(
                self.place / "base", isolation_level=None)) as base:
            base.execute("begin exclusive")
            self.assertEqual("later", sink.ask("hi"))
            base.execute("rollback")
        self.assertEqual("ok", sink.ask("hi"))
        self.assertEqual(1, len(self.stored()))

    def test_later_without_room(self):
        sink = self.start(preexec_fn=lambda: (
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
            resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 1 << 40))))
        self.assertEqual("later", sink.ask("z" * 65536))
        resource.prlimit(sink.process.pid, resource.RLIMIT_FSIZE,
                         (1 << 40, 1 << 40))
        self.assertEqual("ok", sink.ask("z" * 65536))
        self.assertEqual(1, len(self.stored()))

    def test_behind_a_listener(self):
        script = self.place / "handle-sqlite"
        shutil.copy(ROOT / "scripts/handle-sqlite", script)
        alice = self.handle("exec ./handle-sqlite base", "-k", "2")
        for text in ("hi", "there"):
            self.assert_sent(self.send(alice, text))
        self.assert_sent(self.send(alice, stdin="one\ntwo\n", options=("-l",)))
        self.assertEqual({"hi", "there", "one", "two"},
                         {row[-1] for row in self.stored()})


class Postgresql(Stores, SinkTest):
    """A server of our own, on a socket in a folder."""

    once = True

    def setUp(self):
        super().setUp()
        self.need_module("psycopg2", "python3-psycopg2")
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not found:
            self.skipTest("no postgresql; scripts/packages scale")
        self.bin = found[-1]
        self.data = self.place / "data"
        self.user = {}
        if os.geteuid() == 0:
            try:
                owner = pwd.getpwnam("postgres")
            except KeyError:
                self.skipTest("no user postgres")
            self.data.mkdir()
            os.chown(self.data, owner.pw_uid, owner.pw_gid)
            self.user = {"user": owner.pw_uid, "group": owner.pw_gid,
                         "extra_groups": []}
        self.run_server("initdb", "-A", "trust", "-U", "chat", "-E", "UTF8",
                        "--locale=C", "--no-sync")
        self.server = None
        self.addCleanup(self.stop_server)
        self.start_server()

    def run_server(self, program, *options):
        subprocess.run([f"{self.bin}/{program}", *options, "-D", self.data],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, **self.user)

    def start_server(self, *options):
        self.server = subprocess.Popen(
            [f"{self.bin}/postgres", "-D", self.data, "-k", self.data,
             "-c", "listen_addresses=", *options], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **self.user)
        wait_until(lambda: self.psql("select 1").stdout == "1\n", "the server")

    def stop_server(self):
        if self.server is not None:
            self.server.send_signal(signal.SIGQUIT)  # as in a crash
            self.server.wait()
            self.server = None

    def psql(self, command, *options):
        return subprocess.run(
            [f"{self.bin}/psql", "-XAtq", "-h", self.data, "-U", "chat",
             *options, "postgres", "-c", command], check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def start(self):
        return Sink(self, "handle-postgresql",
                    f"host={self.data} user=chat dbname=postgres")

    def stored(self):
        rows = self.psql("select json_build_array(sender, listed::int, line, "
                         "of, text) from chat_messages order by ctid").stdout
        return [tuple(json.loads(row)) for row in rows.splitlines()]

    def test_a_server_that_dies_and_comes_back(self):
        sink = self.start()
        self.assertEqual("ok", sink.ask("one", 1))
        self.stop_server()
        self.assertEqual("later", sink.ask("two", 2))
        self.assertEqual("later", sink.ask("two", 2))
        self.start_server()
        self.assertEqual("ok", sink.ask("two", 2))
        self.assertEqual(["one", "two"], [row[-1] for row in self.stored()])

    def test_a_server_that_is_read_only(self):
        sink = self.start()
        self.assertEqual("ok", sink.ask("one", 1))
        self.stop_server()
        self.start_server("-c", "default_transaction_read_only=on")
        for _ in range(3):  # the first notices only that the server died
            self.assertEqual("later", sink.ask("two", 2))
        self.stop_server()
        self.start_server()
        wait_until(lambda: sink.ask("two", 2) == "ok", "its return")
        self.assertEqual(["one", "two"], [row[-1] for row in self.stored()])

    def test_a_server_that_answers_late(self):
        sink = self.start()
        blocker = subprocess.Popen(
            [f"{self.bin}/psql", "-XAtq", "-h", self.data, "-U", "chat",
             "postgres"], stdin=subprocess.PIPE, text=True)
        self.assertEqual("ok", sink.ask("one", 1))
        blocker.stdin.write("begin; lock chat_messages;\n")
        blocker.stdin.flush()
        wait_until(lambda: self.psql(
            "select 1 from pg_locks where mode = 'AccessExclusiveLock'"
        ).stdout.startswith("1"), "the lock")
        self.assertEqual("later", sink.ask("two", 2))
        blocker.communicate("rollback;\n")
        self.assertEqual("ok", sink.ask("two", 2))
        self.assertEqual(2, len(self.stored()))


class Redis(Stores, SinkTest):

    once = True

    def setUp(self):
        super().setUp()
        self.need_module("redis", "python3-redis")
        self.need("redis-server", "redis-cli")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = str(free.getsockname()[1])
        self.server = None
        self.addCleanup(self.stop_server)
        self.start_server()

    def start_server(self):
        self.server = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", self.port,
             "--dir", self.place, "--save", "", "--appendonly", "yes",
             "--appendfsync", "always"], stdout=subprocess.DEVNULL)
        wait_until(lambda: self.cli("PING") == "PONG\n", "the server")

    def stop_server(self):
        if self.server is not None:
            self.server.kill()
            self.server.wait()
            self.server = None

    def cli(self, *words):
        return subprocess.run(
            ["redis-cli", "-p", self.port, *words], check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def start(self):
        return Sink(self, "handle-redis", "alerts", "127.0.0.1", self.port)

    def stored(self):
        rows = []
        for _, fields in json.loads(self.cli(
                "--json", "XRANGE", "alerts", "-", "+") or "[]"):
            if not isinstance(fields, dict):
                fields = dict(zip(fields[::2], fields[1::2]))
            rows.append((fields["from"], int(fields["listed"]),
                         int(fields.get("line", 1)), int(fields.get("of", 1)),
                         fields["text"]))
        return rows

    def test_a_server_that_dies_and_comes_back(self):
        sink = self.start()
        self.assertEqual("ok", sink.ask("one", 1))
        self.stop_server()
        self.assertEqual("later", sink.ask("two", 2))
        self.start_server()
        wait_until(lambda: sink.ask("two", 2) == "ok", "its return")
        self.assertEqual("ok", sink.ask("one", 1))
        self.assertEqual(["one", "two"], [row[-1] for row in self.stored()])

    def test_a_server_without_room(self):
        sink = self.start()
        self.cli("CONFIG", "SET", "maxmemory", "1")
        self.assertEqual("later", sink.ask("one"))
        self.cli("CONFIG", "SET", "maxmemory", "0")
        self.assertEqual("ok", sink.ask("one"))
        self.assertEqual(1, len(self.stored()))

    def test_a_server_that_answers_late(self):
        sink = self.start()
        self.assertEqual("ok", sink.ask("one", 1))
        self.server.send_signal(signal.SIGSTOP)
        self.assertEqual("later", sink.ask("two", 2))
        self.server.send_signal(signal.SIGCONT)
        wait_until(lambda: sink.ask("two", 2) == "ok", "its return")
        self.assertEqual(["one", "two"], [row[-1] for row in self.stored()])

    def test_a_key_that_is_no_stream(self):
        sink = self.start()
        self.cli("SET", "alerts", "no stream")
        self.assertEqual("later", sink.ask("one"))
        self.cli("DEL", "alerts")
        self.assertEqual("ok", sink.ask("one"))


if __name__ == "__main__":
    unittest.main()
