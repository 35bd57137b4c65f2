"""Who is who, and which passwords a connection needs."""
import json
import os
import signal
import socket

from harness import LISTEN, SEND, ChatTest, Listener, Program, login_name
from process import Terminal, listening_port, wait_until

REFUSED = "authentication failed"


class Directories(ChatTest):
    """The three kinds of directories, and what each refuses."""

    def check(self, shown, at_alice, at_bob):
        alice = self.listen(knows=at_alice)
        self.assert_sent(self.send(alice, "hi", knows=at_bob))
        self.assertEqual([shown], alice.shown())

    def test_one_shared_file(self):
        self.check("bob: hi", self.shared, self.shared)

    def test_personal_files(self):
        secret = self.secret()
        self.check("bob: hi", {"bob": secret, "carol": self.secret()},
                   {"alice": secret, "carol": self.secret()})

    def test_an_unlisted_sender_is_marked(self):
        alice = {"alice": self.shared["alice"]}
        self.check("bob?: hi", alice, alice)

    def test_an_unlisted_sender_is_refused_in_strict_mode(self):
        knows = {"alice": self.shared["alice"]}
        alice = self.listen("-s", knows=knows)
        self.assert_failed(self.send(alice, "hi", knows=knows), 77, REFUSED)
        self.assertEqual([], alice.shown())

    def test_a_listed_sender_is_welcome_in_strict_mode(self):
        alice = self.listen("-s")
        self.assert_sent(self.send(alice, "hi"))
        self.assertEqual(["bob: hi"], alice.shown())

    def check_unlisted(self, who, listens, sends):
        """Expects a question mark, and a refusal in strict mode."""
        alice = self.listen("-q", "-j", knows=listens)
        strict = self.listen("-q", "-s", knows=listens)
        self.assert_sent(self.send(
            alice, "hi", user=who, knows=sends, options=("-q",)))
        said = json.loads(alice.stop().stdout)
        self.assertEqual((who, False), (said["from"], said["listed"]))
        self.assert_failed(self.send(
            strict, "hi", user=who, knows=sends, options=("-q",)), 77, REFUSED)
        self.assertEqual([], strict.shown())

    def test_p07_the_listeners_own_name_proves_nothing(self):
        """Bob has that password, and may have been removed from alice's
        directory."""
        own = {"alice": self.shared["alice"]}
        self.check_unlisted("alice", self.shared, own)
        self.check_unlisted("alice", own, own)

    def test_p07_a_password_that_others_have_proves_nothing(self):
        """That of the listener, and that of another sender."""
        alice, bob = self.shared["alice"], self.shared["bob"]
        one = {"alice": alice, "bob": alice}
        self.check_unlisted("bob", one, one)
        self.check_unlisted("bob", self.shared | {"carol": bob}, self.shared)
        personal = {"bob": bob, "carol": bob}
        self.check_unlisted("bob", personal, {"alice": bob})

    def test_p06_a_recipient_who_is_not_the_listener_is_refused(self):
        knows = self.shared | {"carol": self.secret()}
        alice = self.listen(knows=knows)
        for name in ("carol", "bob", "Alice"):
            with self.subTest(name):
                self.assert_failed(
                    self.send(alice, "hi", name=name,
                              knows=knows | {"Alice": self.shared["alice"]}),
                    77, REFUSED)
        self.assertEqual([], alice.shown())


class HalfTheSecret(ChatTest):
    """p07: between two listed users, both passwords are needed."""

    def check(self, at_alice, at_bob):
        alice = self.listen(knows=at_alice)
        between = self.proxy(alice)
        sent = self.send(between, "hi", knows=at_bob)
        self.assert_failed(sent, 77, REFUSED)
        self.assertNotIn(5, [n for n, _ in between.frames])
        self.assertEqual([], alice.shown())

    def test_p07_a_sender_who_has_only_the_recipients(self):
        self.check(self.shared, {"alice": self.shared["alice"]})
        self.check(self.shared, self.shared | {"bob": self.secret()})

    def test_p07_a_sender_who_has_only_his_own(self):
        self.check(self.shared, self.shared | {"alice": self.secret()})
        self.check(self.shared, {"alice": self.shared["bob"]})

    def test_p07_a_listener_who_has_only_her_own(self):
        self.check({"alice": self.shared["alice"]}, self.shared)
        self.check(self.shared | {"bob": self.secret()}, self.shared)

    def test_p07_a_listener_who_has_only_the_senders(self):
        self.check(self.shared | {"alice": self.secret()}, self.shared)
        self.check({"bob": self.shared["bob"]}, self.shared)

    def test_p07_passwords_exchanged(self):
        alice, bob = self.shared.values()
        self.check(self.shared, {"alice": bob, "bob": alice})

    def test_neither_is_listed_at_the_listener(self):
        self.check({"carol": self.secret()}, self.shared)

    def test_nobody_is_listed_at_the_listener(self):
        path = self.file("none.json", "[]")
        alice = Listener(self, LISTEN, "-p", "0", "-u", "alice", "-d", path)
        self.assert_failed(self.send(alice, "hi"), 77, REFUSED)
        self.assertEqual([], alice.shown())


class ByHand(ChatTest):
    """A destination without a directory: -a, -p, and a secret."""

    def setUp(self):
        super().setUp()
        self.alice = self.listen(knows={"alice": self.shared["alice"]})

    def by_hand(self, *options):
        return (SEND, "-a", "127.0.0.1", "-p", str(self.alice.port),
                "-u", "bob", *options, "alice", "by hand")

    def assert_shown(self):
        self.assertEqual(["bob?: by hand"], self.alice.shown())

    def test_the_secret_is_in_a_file(self):
        key = self.file("key", self.shared["alice"] + "\n")
        self.assert_sent(self.run_program(*self.by_hand("-k", key)))
        self.assert_shown()

    def test_the_secret_is_in_a_file_without_newline(self):
        key = self.file("key", self.shared["alice"])
        self.assert_sent(self.run_program(*self.by_hand("-k", key)))
        self.assert_shown()

    def test_a_secret_that_others_can_read(self):
        key = self.file("key", self.shared["alice"])
        os.chmod(key, 0o644)
        loud = self.run_program(*self.by_hand("-k", key))
        self.assertEqual(0, loud.status)
        self.assert_says(loud.stderr, "warning", key, "chmod 600")
        self.assert_sent(self.run_program(*self.by_hand("-q", "-k", key)))

    def test_the_secret_is_the_wrong_one(self):
        key = self.file("key", self.secret())
        self.assert_failed(
            self.run_program(*self.by_hand("-k", key)), 77, REFUSED)
        self.assertEqual([], self.alice.shown())

    def test_the_secret_is_asked_on_the_terminal(self):
        terminal = Terminal()
        sending = Program(self, self.by_hand(), terminal=terminal,
                          stdin=terminal.slave)
        terminal.screen.wait_for(b"secret shared with alice: ")
        wait_until(lambda: not terminal.echoes(), "the echo to go off")
        terminal.type(self.shared["alice"] + "\n")
        self.assert_sent(sending.wait())
        self.assertTrue(terminal.echoes())
        terminal.hang_up()
        self.assert_no_secrets(terminal.screen.wait_end(), "the terminal")
        self.assert_shown()

    def test_without_a_terminal_nothing_is_asked(self):
        self.assert_failed(
            self.run_program(*self.by_hand()), 64, "-k file", "terminal")

    def test_the_address_overrides_the_directory(self):
        path = self.directory({"alice": self.shared["alice"]}, port=1)
        self.assert_sent(self.run_program(*self.by_hand("-d", path)))
        self.assert_shown()

    def test_the_port_alone_overrides_the_directory(self):
        path = self.directory({"alice": self.shared["alice"]}, port=1)
        self.assert_sent(self.run_program(
            SEND, "-d", path, "-p", str(self.alice.port), "-u", "bob",
            "alice", "by hand"))
        self.assert_shown()

    def test_an_address_needs_a_port(self):
        key = self.file("key", self.shared["alice"])
        self.assert_failed(
            self.run_program(SEND, "-a", "127.0.0.1", "-k", key, "alice",
                             "hi"), 64, "-p port")


class WhereTheDirectoryIs(ChatTest):

    def check(self, place, env):
        (self.home / place).parent.mkdir(parents=True, exist_ok=True)
        alice = self.listen()
        os.rename(self.directory(self.shared, alice.port), self.home / place)
        self.assert_sent(self.run_program(
            SEND, "-u", "bob", "alice", "found", env=env))
        checked = self.run_program(
            LISTEN, "-n", "-u", "alice", env=env)
        self.assertEqual(0, checked.status)
        self.assertIn(place + ": 2 users; this is alice", checked.stderr)

    def test_chat_directory(self):
        self.check("here.json",
                   {"CHAT_DIRECTORY": str(self.home / "here.json"),
                    "XDG_CONFIG_HOME": "/nonexistent"})

    def test_xdg_config_home(self):
        self.check("xdg/chat/users.json",
                   {"XDG_CONFIG_HOME": str(self.home / "xdg")})

    def test_home(self):
        self.check(".config/chat/users.json", {})


class WhoListens(ChatTest):
    """-u, $CHAT_USER, the entry at this port and address, the login name."""

    def who(self, *options, env=None, entries=None):
        path = self.directory(entries or self.shared, port=5000)
        return self.run_program(
            LISTEN, "-n", "-d", path, *options, env=env)

    def assert_is(self, name, ended):
        self.assertEqual((0, ""), (ended.status, ended.stdout), ended)
        self.assertIn(f"; this is {name}\n", ended.stderr)

    def test_the_option_u(self):
        self.assert_is("bob", self.who("-u", "bob", "-p", "5000",
                                       env={"CHAT_USER": "alice"}))

    def test_the_variable_chat_user(self):
        self.assert_is("bob", self.who("-p", "5000",
                                       env={"CHAT_USER": "bob"}))

    def test_the_entry_at_the_port(self):
        one = {"alice": self.shared["alice"]}
        self.assert_is("alice", self.who("-p", "5000", entries=one))

    def test_two_entries_at_the_port(self):
        self.assert_failed(self.who("-p", "5000"), 78, "alice", "bob", "5000",
                           "-u", program="chat-listen")

    def test_the_login_name(self):
        name = login_name()
        entries = {name: self.secret()}
        self.assert_is(name, self.who("-p", "5001", entries=entries))

    def test_the_login_name_is_not_in_the_directory(self):
        who = self.who("-p", "5001")
        self.assert_is(login_name(), who)
        self.assert_says(who.stderr, "warning", login_name(), "-u")

    def test_a_name_that_is_none(self):
        for name in ("a b", "-x", "n" * 65, "ä"):
            with self.subTest(name):
                self.assert_failed(
                    self.who("-u", name), 64, "is not a valid user name",
                    program="chat-listen")

    def test_a_name_in_another_case(self):
        who = self.who("-u", "Alice")
        self.assert_is("Alice", who)
        self.assert_says(who.stderr, "warning", "did you mean -u alice?")
        self.assertNotIn("did you mean", self.who("-u", "alice").stderr)
        self.assertNotIn("warning", self.who("-q", "-u", "Alice").stderr)

    def test_an_empty_list(self):
        path = self.file("users.json", "[]")
        who = self.run_program(LISTEN, "-n", "-d", path, "-u", "alice")
        self.assert_is("alice", who)
        self.assert_says(who.stderr, "the list is empty")

    def entries(self, port, *names):
        """Returns a directory with them at this port and the ones below."""
        return json.dumps([
            {"username": name, "password": self.shared[name],
             "port": port - below, "ip": "127.0.0.1"}
            for below, name in enumerate(names)])

    def listen_at_a_port_picked(self, path):
        """The directory is a pipe, which is filled once the port is known."""
        os.mkfifo(path, 0o600)
        alice = Program(self, (LISTEN, "-p", "0", "-d", path))
        with open(path, "w") as pipe:  # waits until the listener opens it
            alice.port = listening_port(alice.pid)
            pipe.write(self.entries(alice.port, "alice", "bob"))
        alice.err.wait_for(f":{alice.port} as alice\n".encode())
        alice.name = "alice"
        return alice

    def test_the_entry_at_the_port_that_the_kernel_picked(self):
        self.listen_at_a_port_picked(str(self.home / "pipe"))

    def test_p06_a_reload_does_not_change_who_listens(self):
        path = str(self.home / "listener.json")
        alice = self.listen_at_a_port_picked(path)
        os.unlink(path)
        self.file("listener.json", self.entries(alice.port, "bob", "alice"))
        alice.process.send_signal(signal.SIGHUP)
        alice.err.wait_for(b": reloaded, 2 users\n")
        self.assert_sent(self.send(alice, "still alice"))


class WhoseIsThisPort(ChatTest):
    """A warning if the port belongs to another entry and not to ours."""

    def open(self, at="0.0.0.0"):
        """Opens a socket for the listener, so that its port is known."""
        v6 = at == "::"
        self.socket = socket.create_server(
            (at, 0), dualstack_ipv6=v6,
            family=socket.AF_INET6 if v6 else socket.AF_INET)
        self.addCleanup(self.socket.close)
        self.port = self.socket.getsockname()[1]

    def write(self, **places):
        """Writes a directory with these addresses and ports."""
        self.path = self.file("users.json", json.dumps(
            [{"username": name, "password": self.secret(), "ip": ip,
              "port": port} for name, (ip, port) in places.items()]))

    def start(self):
        return Listener(
            self, "sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0',
            "sh", LISTEN, "-d", self.path, "-u", "bob", stdin=self.socket)

    def check(self, *options):
        checked = self.run_program(LISTEN, "-n", "-p", str(self.port), "-d",
                                   self.path, "-u", "bob", *options)
        self.assertEqual(0, checked.status, checked)
        return checked.stderr

    def assert_warned(self, *says, options=("-4",)):
        self.assert_says(self.start().stop().stderr, "warning", *says)
        self.assert_says(self.check(*options), "warning", *says)
        self.assertNotIn("warning", self.check("-q", *options))

    def assert_not_warned(self, *options):
        self.assertNotIn("warning", self.start().stop().stderr)
        self.assertNotIn("warning", self.check(*options))

    def test_the_port_of_another(self):
        self.open()
        self.write(alice=("127.0.0.1", self.port), bob=("127.0.0.1", 9))
        self.assert_warned(
            f"{self.path}: alice is at port {self.port} of this host, and bob "
            "is at 127.0.0.1 port 9; use -u alice,")

    def test_the_port_of_another_and_no_entry_of_ours(self):
        self.open()
        self.write(alice=("localhost", self.port))
        self.assert_warned("alice is at port", "bob is not in it")

    def test_both_families(self):
        if not socket.has_dualstack_ipv6():
            self.skipTest("no IPv6 here")
        self.open("::")
        for ip in "127.0.0.1", "::1":
            self.write(alice=(ip, self.port), bob=("192.0.2.7", self.port))
            self.assert_warned("bob is at 192.0.2.7", options=())

    def test_one_mistake_has_one_warning(self):
        self.open()
        self.write(Bob=("localhost", self.port))
        self.assertEqual(1, self.check().count("warning"))

    def test_the_port_is_ours_too(self):
        self.open()
        for ip in "127.0.0.1", "localhost", "127.0.0.3", "bob.example":
            with self.subTest(ip):
                self.write(alice=("127.0.0.1", self.port), bob=(ip, self.port))
                self.assert_not_warned()

    def test_others_are_elsewhere(self):
        """At other ports and hosts, or where nothing can be known."""
        self.open()
        self.write(alice=("127.0.0.1", 9), bob=("127.0.0.1", 10),
                   carol=("192.0.2.7", self.port),
                   dave=("dave.example", self.port))
        self.assert_not_warned()

    def test_others_are_where_it_does_not_listen(self):
        self.open("127.0.0.3")
        self.write(alice=("127.0.0.1", self.port), bob=("127.0.0.3", 9))
        self.assert_not_warned("-b", "127.0.0.3")
        self.assertIn("warning", self.check("-b", "127.0.0.1"))
        self.write(alice=("::1", self.port), bob=("127.0.0.1", 9))
        self.assert_not_warned("-4")

    def test_a_port_that_the_kernel_picks_is_nobodys(self):
        """No entry can know it; an entry with this port has it by chance."""
        path = str(self.home / "pipe")
        os.mkfifo(path, 0o600)
        bob = Program(self, (LISTEN, "-p", "0", "-d", path, "-u", "bob"))
        with open(path, "w") as pipe:
            port = listening_port(bob.pid)
            self.write(alice=("127.0.0.1", port), bob=("127.0.0.1", 9))
            with open(self.path) as file:
                pipe.write(file.read())
        bob.err.wait_for(b" as bob\n")
        self.assertNotIn("warning", bob.stop().stderr)

    def test_a_reload_says_so_too(self):
        self.open()
        self.write(alice=("127.0.0.1", 9), bob=("127.0.0.1", self.port))
        bob = self.start()
        self.write(alice=("127.0.0.1", self.port), bob=("127.0.0.1", 9))
        bob.process.send_signal(signal.SIGHUP)
        bob.err.wait_for(b": reloaded, 2 users\n")
        self.assert_says(bob.stop().stderr, "warning", "alice is at port")
