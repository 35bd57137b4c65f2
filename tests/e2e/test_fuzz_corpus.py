"""28: the seeds of fuzzers, and what they found, are tried again."""
import os
import shutil
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
FUZZERS = sorted(path.stem.removeprefix("fuzz_")
                 for path in (ROOT / "tests/fuzz").glob("fuzz_*.c"))


class Corpus(unittest.TestCase):
    """One method for each fuzzer, test_p28_NAME."""

    def replay(self, name):
        folder = ROOT / "tests/fuzz/corpus" / name
        count = len(list(folder.iterdir()))
        self.assertGreater(count, 0)
        ended = subprocess.run(
            [BUILD / "fuzz" / f"fuzz_{name}", folder],
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        *tried, last = ended.stdout.splitlines() or [""]
        self.assertEqual(0, ended.returncode, f"{last}: {ended.stderr}")
        self.assertEqual(f"{count} inputs", last)


for fuzzer in FUZZERS:
    setattr(Corpus, f"test_p28_{fuzzer}",
            lambda self, name=fuzzer: self.replay(name))


class Run(unittest.TestCase):
    """`make fuzz` for a second: it builds, finds nothing, and counts lines."""

    once = True
    limit = 600  # seconds; 25 of an idle core, for two builds with clang

    @unittest.skipUnless(all(map(shutil.which, ("clang", "llvm-cov", "jq"))),
                         "NOTHING WAS FUZZED: apt-get install clang llvm jq")
    def test_a_fuzzer_runs_under_libfuzzer(self):
        ended = subprocess.run(
            [ROOT / "tests/fuzz/run", "1", "proxy"], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(0, ended.returncode, ended.stdout)
        self.assertRegex(ended.stdout, r"\nproxy: seed \d+, [1-9]\d* exec")
        self.assertRegex(ended.stdout, r"(?m)^  session/proxy.c +\d\d+ %")
        self.assertNotIn("base/hex.c", ended.stdout.rpartition("seed")[2])
