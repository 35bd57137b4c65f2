"""The manual pages and -h name the same options, and the same statuses."""
import re
import subprocess
import unittest

from harness import LISTEN, ROOT, SEND

PAGES = {LISTEN: ROOT / "listener/chat-listen.1",
         SEND: ROOT / "sender/chat-send.1"}
STATUSES = {LISTEN: ROOT / "listener/options.h",
            SEND: ROOT / "sender/options.h"}


def help_of(program):
    return subprocess.run([program, "-h"], capture_output=True, text=True,
                          check=True).stdout


def options_of_help(text):
    return dict(re.findall(r"^  -(\w) ?(\S*)(?= {2,}|$| how| )", text, re.M))


def options_of_page(text):
    """The items of the list of options: letter, argument."""
    items = re.findall(r"^\.It Fl (\w)(?: Ar (\S+))?$", text, re.MULTILINE)
    return dict(items)


def options_of_synopsis(text):
    flat = " ".join(text.split("\n\n")[0].split())
    letters = {c: "" for c in re.search(r"\[-(\w+)\]", flat)[1]}
    return letters | dict(re.findall(r"\[-(\w) (\S+?)\]", flat))


class Pages(unittest.TestCase):
    once = True

    def test_options_are_those_of_help(self):
        for program, page in PAGES.items():
            shown = options_of_page(page.read_text())
            self.assertEqual(options_of_synopsis(help_of(program)), shown)

    def test_help_explains_every_option(self):
        for program in PAGES:
            explained = options_of_help(help_of(program))
            self.assertEqual(sorted(options_of_synopsis(help_of(program))),
                             sorted(explained))

    def test_exit_statuses_are_those_of_the_code(self):
        for program, header in STATUSES.items():
            code = set(re.findall(r"^\t[A-Z]+_\w+ = (\d+),",
                                  header.read_text(), re.MULTILINE))
            page = PAGES[program].read_text().split(".Sh EXIT STATUS")[1]
            page = set(re.findall(r"^\.It (\d+) Ta",
                                  page.split("\n.Sh ")[0], re.MULTILINE))
            self.assertEqual(code, page)

    def test_readme_lists_the_statuses_of_chat_send(self):
        readme = (ROOT / "README.md").read_text()
        table = readme.split("## Exit status")[1].split("\n## ")[0]
        code = re.findall(r"^\t[A-Z]+_\w+ = (\d+),",
                          STATUSES[SEND].read_text(), re.MULTILINE)
        self.assertEqual(
            sorted(code), sorted(re.findall(r"^\| (\d+) \|", table, re.M)))
