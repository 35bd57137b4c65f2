"""No branch and no address depends on a secret: `make ct`."""
import shutil
import subprocess
import unittest

from harness import BUILD, ROOT


class ConstantTime(unittest.TestCase):
    once = True
    limit = 300  # seconds; 2 of an idle core

    @unittest.skipIf(BUILD.name == "coverage", "this build counts lines")
    @unittest.skipUnless(shutil.which("valgrind"),
                         "SECRETS WERE NOT TRACKED: apt-get install valgrind")
    def test_p08_nothing_depends_on_a_secret(self):
        ended = subprocess.run([ROOT / "tests/ct/run"], text=True,
                               stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
        self.assertEqual(0, ended.returncode, ended.stdout)
        self.assertRegex(ended.stdout, r"\Act: [1-9]\d* sessions: no branch")
