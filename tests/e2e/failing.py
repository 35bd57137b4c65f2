"""Programs whose system calls or allocations fail as planned: see fail.c."""
import mmap
import struct
import subprocess
from pathlib import Path

from harness import LISTEN, ChatTest

PLAN = struct.Struct("5q")  # struct plan of fail.c


class FailingTest(ChatTest):

    def setUp(self):
        super().setUp()
        if b"__asan_init" in Path(LISTEN).read_bytes():
            self.skipTest("sanitizers bring an allocator of their own")
        self.need("cc")
        path = self.home / "fail.so"
        source = Path(__file__).with_name("fail.c")
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", path, source],
                       check=True)
        (self.home / "plan").write_bytes(bytes(PLAN.size))
        with open(self.home / "plan", "r+b") as file:
            self.plan = mmap.mmap(file.fileno(), PLAN.size)
        self.failing = {"LD_PRELOAD": str(path),
                        "FAIL_FILE": str(self.home / "plan")}

    def set_plan(self, allocations=0, forks=0, denied=0, sessions_only=0,
                 mute=0):
        self.plan[:] = PLAN.pack(
            allocations, forks, denied, sessions_only, mute)

    def left(self):
        """Returns how many allocations are left until one fails."""
        return max(0, PLAN.unpack(self.plan)[0])

    def asked(self):
        """Returns how often a name server that does not answer was asked."""
        return PLAN.unpack(self.plan)[4] - 1
