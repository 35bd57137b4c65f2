"""A tiny bench, whose figures mean nothing: it runs and is complete."""
import json
import os
import re
import subprocess
import unittest

from harness import BUILD, ROOT

RUN = ROOT / "tests/bench/run"


class Bench(unittest.TestCase):
    once = True
    limit = 300  # seconds; 5 of two idle cores

    def test_it_runs_and_leaves_a_table_json_and_targets(self):
        done = subprocess.run([RUN, "smoke"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(0, done.returncode, done.stdout)
        found = json.loads((BUILD / "bench/smoke.json").read_text())
        table = (BUILD / "bench/smoke.txt").read_text()
        self.assertIn(table, done.stdout)
        for name in ("floor", "chat, 10 users", "chat, 1,000 users"):
            self.assertGreater(found["fresh"][name]["wall_us"], 0)
            self.assertGreater(found["rates"][name]["32"], 0)
            self.assertGreater(
                found["loads"][name]["8"]["cpu_us"]["listener"], 0)
            if os.geteuid() == 0:
                self.assertGreater(found["idle"][name]["rest_kb"], 0)
        self.assertGreater(found["streams"]["chat, 10 users"]["50"], 0)
        self.assertGreater(found["handled"]["32"]["other_us"], 0)
        self.assertGreater(found["kept"]["queue"], 0)
        self.assertGreater(found["parts"]["spake2"], 0)
        self.assertGreater(found["loading"]["1000"]["peak_kb"], 0)
        self.assertGreater(found["alone"]["recorder"]["64"], 0)
        self.assertGreater(found["logs"]["100"]["seconds"], 0)
        self.assertGreater(found["receipts"]["32"]["other_us"], 0)
        if os.geteuid() == 0:
            self.assertEqual(1, found["receipts"]["1"]["syncs"])
        verdicts = re.findall(r"  (?:met|NOT MET)$", table, re.MULTILINE)
        self.assertEqual(len(found["targets"]), len(verdicts))
        root = os.geteuid() == 0
        self.assertEqual(24 if root else 21, len(verdicts), table)
        self.assertEqual(root, "only root may see it" not in table)
