"""The list of mutants fits the code: `make mutants` takes too long for here.
"""
import re
import sys

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
