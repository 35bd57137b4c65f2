"""The list of mutants fits the code: `make mutants` takes too long for here.
The table of properties in tests/README.md fits the tests.
"""
import re
import sys
import unittest

from harness import ROOT, ChatTest


class Mutants(ChatTest):
    once = True

    def test_each_fits_the_sources(self):
        ended = self.run_program(
            sys.executable, str(ROOT / "tests/mutants/run"), "-n")
        self.assertEqual(0, ended.status, ended)
        found = re.fullmatch(r"(\d+) mutants of (\d+) properties\n",
                             ended.stdout)
        self.assertTrue(found, ended)
        self.assertGreaterEqual(int(found[1]), 40)
        rows = re.findall(r"^\| \d+ \|", (ROOT / "tests/README.md")
                          .read_text(), re.MULTILINE)
        self.assertEqual(len(rows) - 1, int(found[2]))  # fuzzers have none


def table():
    """The rows of the table: a number, and the tests."""
    return {int(number): tests for number, tests in re.findall(
        r"(?m)^\| (\d+) \|.*\| (.*) \|$",
        (ROOT / "tests/README.md").read_text())}


def numbers():
    """The numbers in the names of tests."""
    names = r"\b(?:START_TEST\(|def test_|f\"test_)p(\d\d)_"
    return {int(number) for path in (ROOT / "tests").rglob("*test_*.[cp]*")
            for number in re.findall(names, path.read_text())}


class Properties(unittest.TestCase):
    once = True

    def test_each_has_a_test_and_each_test_has_a_property(self):
        self.assertEqual(set(table()), numbers())

    def test_the_tests_of_the_table_are_there(self):
        folders = {"unit": "unit/*/test_{}.c", "e2e": "e2e/test_{}.py",
                   "adversary": "adversary/test_{}.py",
                   "fuzz": "fuzz/fuzz_{}.c"}
        named = [(folder, word) for tests in table().values()
                 for folder, words in re.findall(r"(\w+): ([^;]+)", tests)
                 for word in re.split(r", (?:and .*)?", words) if word]
        self.assertGreater(len(named), 100)
        for folder, word in named:
            with self.subTest(folder=folder, word=word):
                self.assertTrue(list((ROOT / "tests").glob(
                    folders[folder].format(word.strip()))))
