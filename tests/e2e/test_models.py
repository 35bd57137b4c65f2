"""The models of tests/models, with their small bound."""
import shutil
import subprocess
import unittest
from pathlib import Path

RUN = Path(__file__).resolve().parent.parent / "models" / "run"


class Models(unittest.TestCase):
    once = True
    limit = 600  # seconds; 20 of two idle cores

    @unittest.skipUnless(shutil.which("spin"),
                         "NO MODEL WAS CHECKED: apt-get install spin")
    def test_properties_hold_and_mutants_are_noticed(self):
        done = subprocess.run([RUN, "small"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(0, done.returncode, done.stdout)
        self.assertRegex(done.stdout, r"\n[1-9]\d* passed, 0 failed\n\Z")
