"""The manual pages and -h name the same options, and the same statuses."""
import re
import string
import subprocess
import unittest

from harness import BUILD, LISTEN, ROOT, SEND, SPOOL

PAGES = {LISTEN: ROOT / "listener/chat-listen.1",
         SEND: ROOT / "sender/chat-send.1",
         SPOOL: ROOT / "sender/spool/chat-spool.1",
         ROOT / "scripts/chat-keygen": ROOT / "scripts/chat-keygen.1",
         BUILD / "chat-terminal": ROOT / "sender/chat/chat-terminal.1"}
STATUSES = {LISTEN: ROOT / "listener/exit.h",
            SEND: ROOT / "sender/exit.h"}


def help_of(program):
    return subprocess.run([program, "--help"], capture_output=True, text=True,
                          check=True).stdout


def options_of_help(text):
    """Letter, long name and argument of each option, in their order."""
    return re.findall(r"^  -(\w) --([\w-]+)(?:=(\S+))? {2,}\S", text, re.M)


def options_of_page(text):
    """Returns the items of the list of options."""
    items = re.findall(r"^\.It Fl (\w)(?: Ar (\S+))? , Fl (\S+)"
                       r"(?: Ns = Ns Ar (\S+))?$", text, re.MULTILINE)
    for letter, argument, name, again in items:
        assert argument == again and name.startswith(r"\-"), (letter, name)
    return [(letter, name[2:].replace(r"\-", "-"), argument)
            for letter, argument, name, _ in items]


def synopsis_of_help(text):
    """Returns letters with their arguments."""
    flat = " ".join(text.split("\n\n")[0].split())
    flags, = re.findall(r"\[-(\w+)\]", flat)
    return [*flags], re.findall(r"\[-(\w) (\S+?)\]", flat)


def synopsis_of_page(text):
    text = text.split(".Sh SYNOPSIS\n")[1].split("\n.Sh ")[0]
    flags, = re.findall(r"^\.Op Fl (\w+)$", text, re.MULTILINE)
    return [*flags], re.findall(r"^\.Op Fl (\w) Ar (\S+)$", text, re.MULTILINE)


class Pages(unittest.TestCase):
    once = True

    def test_options_are_those_of_help(self):
        for program, page in PAGES.items():
            with self.subTest(program=program):
                self.assertEqual(options_of_help(help_of(program)),
                                 options_of_page(page.read_text()))

    def test_no_option_is_without_help(self):
        """Each option of the synopsis, and each that the program accepts."""
        for program in PAGES:
            explained = options_of_help(help_of(program))
            flags, arguments = synopsis_of_help(help_of(program))
            with self.subTest(program=program):
                self.assertEqual(
                    [(letter, argument) for letter, _, argument in explained],
                    sorted([(flag, "") for flag in flags] + arguments,
                           key=lambda row: (row[0].lower(), row[0])))
            for letter in string.ascii_letters + string.digits:
                if letter not in [row[0] for row in explained]:
                    told = subprocess.run([program, f"-{letter}"],
                                          capture_output=True, check=False)
                    with self.subTest(program=program, letter=letter):
                        self.assertGreaterEqual(told.returncode, 0,
                                                "it crashed")
                        self.assertIn(f"unknown option '-{letter}'".encode(),
                                      told.stderr)

    def test_the_synopsis_is_that_of_help(self):
        for program, page in PAGES.items():
            with self.subTest(program=program):
                self.assertEqual(synopsis_of_help(help_of(program)),
                                 synopsis_of_page(page.read_text()))

    def test_each_long_name_is_its_letter(self):
        """A wrong argument shows which option it was for."""
        for program in PAGES:
            for letter, name, argument in options_of_help(help_of(program)):
                words = (f"-{letter}", f"--{name}")
                if argument:
                    words = [f"{word}{glue}\n" for word, glue in
                             zip(words, ("", "="))]
                short, long = (subprocess.run(
                    [program, word, "-\n"], capture_output=True, text=True,
                    stdin=subprocess.DEVNULL, check=False) for word in words)
                with self.subTest(program=program, name=name):
                    self.assertGreaterEqual(short.returncode, 0, "it crashed")
                    self.assertEqual(
                        (short.returncode, short.stdout, short.stderr),
                        (long.returncode, long.stdout, long.stderr))

    def test_exit_statuses_are_those_of_the_code(self):
        for program, header in STATUSES.items():
            code = set(re.findall(r"^\t[A-Z]+_\w+ = (\d+),",
                                  header.read_text(), re.MULTILINE))
            page = PAGES[program].read_text().split(".Sh EXIT STATUS")[1]
            page = set(re.findall(r"^\.It (\d+) Ta",
                                  page.split("\n.Sh ")[0], re.MULTILINE))
            with self.subTest(program=program):
                self.assertEqual(code, page)

    def test_readme_lists_the_statuses_of_chat_send(self):
        readme = (ROOT / "README.md").read_text()
        table = readme.split("## Exit status")[1].split("\n## ")[0]
        code = re.findall(r"^\t[A-Z]+_\w+ = (\d+),",
                          STATUSES[SEND].read_text(), re.MULTILINE)
        self.assertEqual(
            sorted(code), sorted(re.findall(r"^\| (\d+) \|", table, re.M)))
