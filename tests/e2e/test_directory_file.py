"""Broken directory files: both programs print file, line and reason."""
import json
import os

import place
from harness import LISTEN, SEND, ChatTest

ALICE = '{"username": "alice", "password": "%s", "port": 5000, "ip": "::1"}'


class Broken(ChatTest):

    def setUp(self):
        super().setUp()
        self.alice = ALICE % self.shared["alice"]
        self.bob = self.alice.replace("alice", "bob")

    def both(self, path):
        """Returns what both programs say about a directory."""
        send = (SEND, "-d", path, "-u", "bob", "alice", "hi")
        listen = (LISTEN, "-p", "0", "-u", "alice", "-d", path)
        check = (*listen, "-n")
        for argv in (send, listen, check):
            yield self.run_program(*argv), os.path.basename(argv[0])

    def refuse(self, content, line, *says):
        """Expects that a file with this content is refused, at this line."""
        path = self.file("broken.json", content)
        for ended, program in self.both(path):
            with self.subTest(content=content[:60], program=program):
                self.assert_failed(
                    ended, 78, f"{program}: {path}:{line}: ", *says,
                    program=program)

    def change(self, old, new, *says):
        """Makes the second of three entries invalid."""
        bad = self.bob.replace(old, new)
        self.assertNotEqual(self.bob, bad)
        self.refuse(f"[{self.alice},\n{bad},\n{self.alice}]\n", 2, *says)

    def test_single_quotes(self):
        self.refuse(str([json.loads(self.alice)]), 1, "single quotes",
                    "double quotes")
        self.change('"username"', "'username'", "single quotes")
        self.change('"bob"', "'bob'", "single quotes")

    def test_trailing_commas(self):
        self.refuse(f"[{self.alice},\n]", 2, "expected an entry", "']'")
        self.change('"::1"}', '"::1",}')

    def test_missing_comma(self):
        self.refuse(f"[{self.alice}\n{self.bob}]", 2, "expected a comma")
        self.change(", ", " ")

    def test_missing_keys(self):
        for key in ("username", "password", "port", "ip"):
            self.change(f'"{key}"', f'"_{key}"', f'no "{key}"')
            self.change(f'"{key}"', f'"{key.title()}"', f'no "{key}"')

    def test_keys_twice(self):
        for member in ('"username": "bob"', '"port": 5000', '"ip": "::1"'):
            key = member.split('"')[1]
            self.change(member, f"{member}, {member}", f'"{key}" twice')

    def test_a_user_twice(self):
        self.refuse(f"[{self.alice},\n\n {self.alice}]", 3,
                    "alice is listed twice")

    def test_a_sender_minds_only_whom_it_needs(self):
        """Only a listener minds that another name occurs twice."""
        alice = self.listen()
        carol = self.bob.replace("bob", "carol")
        path = self.file(
            "users.json", f"[{carol},\n{self.alice},\n{carol}]\n")
        send = (SEND, "-d", path, "-a", "127.0.0.1", "-p", str(alice.port))
        self.assert_sent(
            self.run_program(*send, "-u", "dave", "alice", "text"))
        self.assert_failed(
            self.run_program(*send, "-u", "carol", "alice", "text"),
            78, f"{path}:3: ", "carol is listed twice")

    def test_p11_ports(self):
        for port in ("0", "65536", "-1", "5000.5", "1e9", '""', '"0"',
                     '"65536"', '" 80"', '"80 "', '"+80"', '"0x50"', "null",
                     "true", "[80]", '"http"', '"000080"'):
            self.change("5000", port, '"port" of bob', "1 to 65535")

    def test_p11_names(self):
        for name in ("", "b b", ".bob", "-bob", "n" * 65, "bob/", "böb",
                     "bob\\n", "bob\\u001b"):
            self.change('"bob"', f'"{name}"', '"username" is not a name')

    def test_p11_passwords(self):
        for password in ("", "x" * 257, "a\\tb", "\\u0007", "\\u0080"):
            self.change(self.shared["alice"], password, "password of bob",
                        "1 to 256 bytes")

    def test_p11_places(self):
        for ip in ("", "h" * 256, "a b", "http://host/", "[::1]", "ä"):
            self.change('"::1"', f'"{ip}"', '"ip" of bob')

    def test_wrong_types(self):
        self.change('"bob"', "7", '"username" is not a string')
        self.change('"::1"', "null", '"ip" is not a string')
        self.change(f'"{self.shared["alice"]}"', "{}",
                    '"password" is not a string')

    def test_what_is_no_list_of_entries(self):
        self.refuse("", 1, "the file ends")
        self.refuse(" \n\n", 3, "the file ends")
        self.refuse("{}", 1, "expected a list")
        self.refuse(self.alice, 1, "expected a list")
        self.refuse("[1]", 1, "expected an entry")
        self.refuse(f"[{self.alice},\n[]]", 2, "expected an entry")
        self.refuse("hello\n", 1, "'h'")
        self.refuse("[", 1, "the file ends")

    def test_what_follows_the_list(self):
        self.refuse(f"[{self.alice}]\nx", 2, "nothing after the list")
        self.refuse(f"[{self.alice}]\n[]", 2, "nothing after the list")

    def test_what_does_not_end(self):
        self.refuse(f"[\n{self.alice[:-1]}\n", 2, "does not end")
        self.refuse(f"[\n\n{self.alice[:-8]}", 3)
        self.refuse(f"[{self.alice}\n", 2, "the file ends")
        self.change('"bob"', '"bob', "")
        self.change('"::1"}', '"::1}', "double quote")

    def test_bytes_that_are_not_utf8(self):
        bad = self.bob.encode().replace(b"::1", b"::1\xe9")
        self.refuse(b"[" + self.alice.encode() + b",\n" + bad + b"]", 2,
                    "UTF-8")
        self.refuse("\ufeff[]".encode(), 1, "byte order mark")
        self.refuse("[]".encode("utf-16"), 1)

    def test_nul_and_control_characters(self):
        self.change("bob", "b\\u0000b", "\\u0000")
        self.change("bob", "b\0b", "control character")
        self.change("bob", "b\x1bb", "control character")
        self.change(", ", ",\0")
        self.refuse(f"[{self.alice}]\0", 1, "nothing after the list")

    def test_comments(self):
        self.refuse(f"// users\n[{self.alice}]", 1, "expected a list")
        self.refuse(f"[{self.alice}, # me\n]", 1, "expected an entry")
        self.change("5000", "5000 /* mine */")

    def test_p11_an_entry_over_16384_bytes(self):
        self.change("{", '{"comment": "%s", ' % ("x" * 16384), "16384 bytes")

    def test_no_password_is_quoted_in_a_complaint(self):
        """The base of the tests looks for passwords in all output."""
        secret = self.shared["alice"]
        self.change(f'"{secret}"', secret)
        self.change(f'"{secret}"', f'"{secret}')
        self.change(f'"{secret}"', f"'{secret}'")
        self.change(f'"{secret}"', f'"{secret}\\q"')
        self.change(f'"{secret}"', f'"{secret}\\u0000"', "\\u0000")
        self.change(f'"password": "{secret}"', f'"{secret}": "password"')


class Good(ChatTest):

    def test_what_may_be_in_a_directory(self):
        alice, bob = self.shared.values()
        path = self.file("good.json", '\n\t [ {"ip"\r\n:"127.0.0.1", '
                         '"comment": [1, {"deep": null}], "port": "09", '
                         f'"pass\\u0077ord": "{alice}", "username":"alice"'
                         '}\n,{"username": "b\\u006fb", "password": '
                         f'"{bob}", "port": 65535, "ip": "fe80::1%eth0"}} ]\n')
        alice = self.run_program(LISTEN, "-n", "-u", "alice", "-d", path)
        self.assertEqual(
            (0, f"chat-listen: {path}: 2 users; this is alice\n"),
            (alice.status, alice.stderr))

    def test_p11_the_longest_of_everything(self):
        name, password = "n" * 64, (self.secret() * 8)[:256]
        knows = {name: password, "bob": "ü" * 128}
        alice = self.listen(user=name, knows=knows)
        self.assert_sent(self.send(alice, "hi", name=name, knows=knows))
        self.assertEqual(["bob: hi"], alice.shown())

    def test_an_entry_of_16384_bytes(self):
        entry = (ALICE % self.secret())[:-1] + ', "comment": "'
        entry += "x" * (16384 - len(entry) - 2) + '"}'
        path = self.file("long.json", f"[{entry}]")
        self.assertEqual(0, self.run_program(
            LISTEN, "-n", "-u", "alice", "-d", path).status)

    def test_ten_thousand_users(self):
        knows = {f"user{n}": f"password of user {n}" for n in range(10000)}
        alice = self.listen(knows=knows, user="user7")
        self.assert_sent(self.send(
            alice, "hi", user="user9999", name="user7", knows=knows))
        self.assertEqual(["user9999: hi"], alice.shown())


class Descriptors(ChatTest):
    """A directory that is not a file, as in -d <(command)."""

    def check(self, program, path):
        users = self.directory(self.shared)
        for command in (f"{program} -d <(cat {users})",
                        f"{program} -d {path} < {users}",
                        f"{program} -d /dev/fd/7 7< {users}"):
            with self.subTest(command):
                done = self.run_program("/bin/bash", "-c", command)
                self.assertEqual(0, done.status, done)

    def test_listen(self):
        self.check(f"{LISTEN} -n -u alice", "/dev/stdin")

    def test_send(self):
        self.check(f"{SEND} -L", "/proc/self/fd/0")


class Unreadable(ChatTest):

    def check(self, path, *says, programs=(SEND, LISTEN), **how):
        send, listen = programs
        for argv in ((send, "-d", path, "-u", "bob", "alice", "hi"),
                     (listen, "-p", "0", "-u", "alice", "-d", path)):
            self.assert_failed(
                self.run_program(*argv, **how), 78, path, *says,
                program=os.path.basename(argv[0]))

    def test_missing(self):
        self.check(str(self.home / "none.json"), "No such file")

    def test_forbidden(self):
        """Root can read everything, so it becomes nobody here."""
        path = self.directory(self.shared)
        os.chmod(path, 0)
        os.chmod(self.home, 0o755)
        programs = [place.put(program, self.home)
                    for program in (SEND, LISTEN)]
        how = {"user": "nobody"} if os.geteuid() == 0 else {}
        self.check(path, "Permission denied", programs=programs, **how)

    def test_a_directory_of_the_file_system(self):
        self.check(str(self.home), "Is a directory")

    def test_a_name_that_is_too_long(self):
        sent = self.run_program(SEND, "-d", "x" * 5000, "alice", "hi")
        self.assert_failed(sent, 78)


class Warnings(ChatTest):
    """A weak directory is used, with a warning."""

    def both(self, knows, *options, mode=0o600):
        """Returns what the listener's check and the sender say."""
        path = self.directory(knows)
        os.chmod(path, mode)
        checked = self.run_program(
            LISTEN, "-n", "-u", "alice", "-d", path, *options)
        sent = self.run_program(
            SEND, "-d", path, "-p", "9", "-u", "bob", "-t", "1", *options,
            "alice", "hi")
        self.assertEqual(0, checked.status)
        return checked.stderr, sent.stderr

    def test_a_good_one(self):
        for said in self.both(self.shared):
            self.assertNotIn("warning", said)

    def test_readable_by_others(self):
        for said in self.both(self.shared, mode=0o644):
            self.assert_says(said, "warning", "readable by others",
                             "chmod 600")

    def test_p34_writable_by_others(self):
        """Other users could put passwords of their own there."""
        for mode, words in ((0o602, ": writable by others"),
                            (0o666, ": readable and writable by others")):
            for said in self.both(self.shared, mode=mode):
                self.assert_says(said, "warning", words, "chmod 600")

    def test_short_passwords(self):
        listener, sender = self.both(
            {"alice": "x" * 11, "bob": "y" * 12, "carol": "z"})
        self.assert_says(listener, "2 passwords are under 12 bytes", "alice")
        self.assert_says(sender, "alice", "under 12 bytes")

    def test_equal_passwords(self):
        listener, _ = self.both(
            self.shared | {"carol": self.shared["alice"]})
        self.assert_says(listener, "warning", "alice and carol", "same")

    def test_the_option_q_silences_them(self):
        for said in self.both({"alice": "x", "bob": "x"}, "-q", mode=0o644):
            self.assertNotIn("warning", said)
