"""The handlers that store messages: scripts/handle-*, with the real servers."""
import contextlib
import glob
import json
import os
import pwd
import resource
import signal
import socket
import sqlite3
import subprocess
import time
import unittest

import place
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

    def ready(self):
        assert self.process.stdout.readline() == "ready\n"
        return self

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
        word, again, *why = self.process.stdout.readline().split()
        assert again == message["id"]
        self.why = " ".join(why)
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
            self.assertEqual("ok", sink.ask("hi", to="dave"))
            self.assertEqual("ok", sink.ask("hi", address="192.0.2.8"))
        self.assertEqual(4, len(self.stored()))

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

    def refuse(self, *argv, says, **how):
        """Expects that it does not start, and says why in one line."""
        sink = Sink(self, *argv, stderr=subprocess.PIPE, **how)
        said = sink.process.communicate()
        self.assertEqual((1, ""), (sink.process.returncode, said[0]), said)
        self.assertRegex(said[1], rf"\A{argv[0]}: .*{says}.*\n\Z")

    def need_module(self, name, package):
        if subprocess.run([SYSTEM_PYTHON, "-c", f"import {name}"],
                          stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest(f"no {package}; scripts/packages scale")


class Sqlite(Stores, SinkTest):

    once = True

    def start(self, **how):
        return Sink(self, "handle-sqlite", self.place / "base",
                    **how).ready()

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

    def test_no_for_what_the_table_cannot_hold(self):
        sink = self.start()
        with contextlib.closing(sqlite3.connect(self.place / "base")) as base:
            base.execute("""create trigger small before insert on messages
                when length(new.text) > 5 begin
                select raise(abort, 'too long for us'); end""")
        self.assertEqual("no", sink.ask("longer", 1))
        self.assertEqual("too long for us", sink.why)
        self.assertEqual("ok", sink.ask("hi", 2))
        self.assertEqual(["hi"], [row[-1] for row in self.stored()])

    def test_a_table_that_is_dropped_is_made_again(self):
        sink = self.start()
        with contextlib.closing(sqlite3.connect(self.place / "base")) as base:
            base.execute("drop table messages")
        self.assertEqual("later", sink.ask("hi"))
        self.assertEqual("ok", sink.ask("hi"))

    def test_a_file_that_is_moved_away_or_removed(self):
        base, moved = self.place / "base", self.place / "moved"
        for mode in "delete", "wal":
            sink = self.start()
            with contextlib.closing(sqlite3.connect(base)) as connection:
                connection.execute(f"pragma journal_mode = {mode}")
            self.assertEqual("ok", sink.ask("one", 1))
            base.rename(moved)
            self.assertEqual("ok", sink.ask("two", 2))
            self.assertEqual(["two"], [row[-1] for row in self.stored()])
            base.unlink()
            self.assertEqual("ok", sink.ask("three", 3))
            self.assertEqual(["three"], [row[-1] for row in self.stored()])
            base.unlink()

    def test_a_folder_that_is_missing_for_a_while(self):
        folder = self.place / "folder"
        self.refuse("handle-sqlite", folder / "base",
                    says=f"{folder}/base: unable to open .*; check the file")
        folder.mkdir()
        sink = Sink(self, "handle-sqlite", folder / "base").ready()
        folder.rename(self.place / "moved")
        self.assertEqual("later", sink.ask("hi"))
        folder.mkdir()
        self.assertEqual("ok", sink.ask("hi"))
        self.assertTrue((folder / "base").exists())

    def test_behind_a_listener(self):
        place.put(ROOT / "scripts/handle-sqlite", self.place)
        alice = self.handle("exec ./handle-sqlite base", "-k", "2")
        again = "-r", "60"  # the handlers may start slowly
        for text in ("hi", "there"):
            self.assert_sent(self.send(alice, text, options=again))
        self.assert_sent(self.send(
            alice, stdin="one\ntwo\n", options=("-l", *again)))
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

    def begin(self, more=""):
        return Sink(self, "handle-postgresql",
                    f"host={self.data} user=chat dbname=postgres {more}")

    def start(self, more=""):
        return self.begin(more).ready()

    def hold(self, lock):
        """Starts a transaction that locks. Returns a function that ends it."""
        held = subprocess.Popen(
            [f"{self.bin}/psql", "-XAtq", "-h", self.data, "-U", "chat",
             "postgres"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        self.addCleanup(held.communicate)
        held.stdin.write(f"begin; {lock};\n\\echo locked\n")
        held.stdin.flush()
        self.assertEqual("locked\n", held.stdout.readline())
        return lambda: held.communicate("rollback;\n")

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
        self.assertEqual("ok", sink.ask("one", 1))
        release = self.hold("lock chat_messages")
        self.assertEqual("later", sink.ask("two", 2))
        self.assertIn("statement timeout", sink.why)
        release()
        self.assertEqual("ok", sink.ask("two", 2))
        self.assertEqual(2, len(self.stored()))

    def test_p27_a_server_that_goes_during_the_commit(self):
        sink = self.start()
        self.assertEqual("ok", sink.ask("one", 1))
        self.psql("create function go() returns trigger language plpgsql as "
                  "'begin perform pg_terminate_backend(pg_backend_pid()); "
                  "return null; end'; create constraint trigger go after "
                  "insert on chat_messages deferrable initially deferred "
                  "for each row execute function go()")
        self.assertEqual("unknown", sink.ask("two", 2))
        self.psql("drop trigger go on chat_messages")
        self.assertEqual("ok", sink.ask("two", 2))
        self.assertEqual(["one", "two"], [row[-1] for row in self.stored()])

    def test_the_settings_of_the_conninfo_stay(self):
        self.psql("create schema own")
        sink = self.start("options='-c search_path=own "
                          "-c statement_timeout=300'")
        release = self.hold("lock own.chat_messages")
        start = time.monotonic()
        self.assertEqual("later", sink.ask("one"))
        self.assertLess(time.monotonic() - start, 12)
        self.assertIn("statement timeout", sink.why)
        release()
        self.assertEqual("1\n", self.psql(
            "select count(*) from pg_tables where schemaname = 'own'").stdout)

    def test_p20_it_is_on_the_disk_before_the_answer(self):
        """Whatever is said for all else, but for a promise that is stronger."""
        for given, used in (("off", "on"), ("local", "local"),
                            ("remote_apply", "remote_apply")):
            self.psql(f"alter role chat set synchronous_commit = {given}")
            sink = self.start()
            self.psql("""create or replace function tell() returns trigger as
                $$ begin new.address = current_setting('synchronous_commit');
                return new; end $$ language plpgsql;
                create or replace trigger tell before insert on chat_messages
                for each row execute function tell()""")
            self.assertEqual("ok", sink.ask("hi"))
            self.assertEqual(used + "\n", self.psql(
                "select address from chat_messages").stdout)
            self.psql("truncate chat_messages")

    def test_no_for_what_the_table_cannot_hold(self):
        sink = self.start()
        for number, (what, why) in enumerate((
                ("type varchar(5)", "value too long for type character "
                 "varying(5)"),
                ("type text, add constraint small check (length(text) < 6)",
                 "new row for relation"))):
            self.psql(f"alter table chat_messages alter text {what}")
            self.assertEqual("no", sink.ask("longer", 2 * number))
            self.assertTrue(sink.why.startswith(why), sink.why)
            self.assertEqual("ok", sink.ask("hi", 2 * number + 1))
        self.assertEqual(["hi", "hi"], [row[-1] for row in self.stored()])

    def test_a_table_that_is_dropped_is_made_again(self):
        sink = self.start()
        self.psql("drop table chat_messages")
        self.assertEqual("later", sink.ask("hi"))
        self.assertEqual("ok", sink.ask("hi"))

    def test_two_may_make_the_table(self):
        release = self.hold("lock pg_class in share mode")
        sinks = [self.begin(), self.begin()]
        wait_until(lambda: self.psql(
            "select count(*) from pg_locks where not granted").stdout == "2\n",
            "two that wait")
        release()
        for number, sink in enumerate(sinks):
            self.assertEqual("ok", sink.ready().ask("hi", number))

    def test_without_a_server_it_says_why_in_a_line(self):
        where = f"host={self.data} user=chat"
        self.refuse("handle-postgresql", where + " dbname=none",
                    says='database "none" does not exist; check the conninfo')
        self.refuse("handle-postgresql", "nonsense", says="; check the conn")
        self.stop_server()
        self.refuse("handle-postgresql", where, says="No such file .*; check")


class Redis(Stores, SinkTest):

    once = True

    def setUp(self):
        super().setUp()
        self.need_module("redis", "python3-redis")
        self.need("redis-server", "redis-cli")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = str(free.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self.port}"
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

    def start(self, **variables):
        return Sink(self, "handle-redis", "alerts", self.url,
                    env=variables).ready()

    def entries(self):
        found = json.loads(self.cli(
            "--json", "XRANGE", "alerts", "-", "+") or "[]")
        return [fields if isinstance(fields, dict) else
                dict(zip(fields[::2], fields[1::2])) for _, fields in found]

    def stored(self):
        return [(fields["from"], int(fields["listed"]),
                 int(fields.get("line", 1)), int(fields.get("of", 1)),
                 fields["text"]) for fields in self.entries()]

    def test_a_server_that_dies_and_comes_back(self):
        sink = self.start()
        self.assertEqual("ok", sink.ask("one", 1))
        self.stop_server()
        for _ in range(2):
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

    def test_a_server_that_became_a_replica_is_left(self):
        """The address may be that of another server by now."""
        sink = self.start()
        self.cli("REPLICAOF", "127.0.0.1", "1")
        self.assertEqual("later", sink.ask("one"))
        clients = self.cli("CLIENT", "LIST", "TYPE", "normal")
        self.assertEqual(1, len(clients.splitlines()), clients)
        self.cli("REPLICAOF", "NO", "ONE")
        self.assertEqual("ok", sink.ask("one"))

    def test_p27_a_server_that_answers_late(self):
        """Nobody is told that it did not store what it stores later."""
        sink = self.start()
        self.assertEqual("ok", sink.ask("one", 1))
        self.server.send_signal(signal.SIGSTOP)
        self.assertEqual("unknown", sink.ask("two", 2))
        self.server.send_signal(signal.SIGCONT)
        wait_until(lambda: len(self.stored()) == 2, "what was asked for")
        wait_until(lambda: sink.ask("two", 2) == "ok", "its return")
        self.assertEqual(["one", "two"], [row[-1] for row in self.stored()])

    def test_a_password_is_taken_from_the_environment(self):
        password = self.secret()
        self.cli("CONFIG", "SET", "requirepass", password)
        self.refuse("handle-redis", "alerts", self.url,
                    says="Authentication required.*; check the URL")
        sink = self.start(REDISCLI_AUTH=password)
        self.assertEqual("ok", sink.ask("hi"))

    def test_all_there_is_is_stored(self):
        sink = self.start()
        self.assertEqual("ok", sink.ask("hi"))
        self.assertEqual("ok", sink.ask("one\ntwo", 2, listed=False, lines=2))
        rest = {"sent": "2026-11-23T03:22:01Z", "address": "192.0.2.7",
                "from": "bob", "to": "alice"}
        self.assertEqual(
            [rest | {"id": f"{1:032x}", "listed": "1", "text": "hi"},
             *(rest | {"id": f"{2:032x}", "listed": "0", "text": text,
                       "line": str(n), "of": "2"}
               for n, text in enumerate(("one", "two"), 1))], self.entries())

    def test_a_key_that_is_no_stream(self):
        sink = self.start()
        self.cli("SET", "alerts", "no stream")
        self.assertEqual("later", sink.ask("one"))
        self.cli("DEL", "alerts")
        self.assertEqual("ok", sink.ask("one"))

    def test_an_id_is_remembered_for_a_day_or_as_long_as_said(self):
        for given, seconds in (({}, 86400), ({"KEEP": "3600"}, 3600),
                               ({"KEEP": "999999999"}, 999999999)):
            sender = f"for-{seconds}"
            self.assertEqual(
                "ok", self.start(**given).ask("hi", **{"from": sender}))
            left = int(self.cli(
                "TTL", f"{{alerts}}:seen:alice:{sender}:1:{1:032x}"))
            self.assertTrue(seconds - 60 < left <= seconds, left)

    def test_nothing_is_stored_for_a_time_that_is_none(self):
        """What follows the storing would fail then, every time."""
        for keep in ("0", "-1", "1d", "", "1" + 17 * "0", "1000000000",
                     "\u0661", "1\n"):
            self.refuse("handle-redis", "alerts", self.url,
                        env={"KEEP": keep}, says="KEEP='.*; use 1 to")

    def test_an_address_that_is_none(self):
        for url in "127.0.0.1", "redis://x:y", "http://127.0.0.1":
            self.refuse("handle-redis", "alerts", url, says="; use such as ")
        self.stop_server()
        self.refuse("handle-redis", "alerts", self.url,
                    says=f"127.0.0.1:{self.port}.* refused.*; check the URL")

    def test_p27_an_id_that_cannot_be_noted_is_not_stored(self):
        sink = self.start()
        self.cli("ACL", "SETUSER", "default", "-set")
        for _ in range(2):
            self.assertEqual("later", sink.ask("one"))
        self.assertEqual([], self.stored())
        self.cli("ACL", "SETUSER", "default", "+set", "-xadd")
        self.assertEqual("later", sink.ask("one"))
        self.cli("ACL", "SETUSER", "default", "+xadd")
        self.assertEqual("ok", sink.ask("one"))
        self.assertEqual(1, len(self.stored()))


if __name__ == "__main__":
    unittest.main()
