"""Running programs, and what /proc tells about them."""
import os
import resource
import socket
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
sys.path.append(str(ROOT / "tests/e2e"))
import patience  # noqa: E402

BENCH = BUILD / "bench"
MESSAGE = "disk full on seven: 93 percent of /var used"  # FLOOR_TEXT
PATIENCE = 60  # seconds of the patient clock, after which waiting is given up
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A measurement that would mean nothing."""


class Runs:
    """The results of build/bench/spawn or load, in microseconds."""

    def __init__(self, program, *args):
        argv = [str(BENCH / program), *map(str, args)]
        done = subprocess.run(argv, text=True, capture_output=True,
                              check=False)
        *lines, last = done.stdout.splitlines() or [""]
        if done.returncode != 0 or not last.startswith("total "):
            raise Failed(f"{argv}: {done.stderr}")
        rows = [line.split() for line in lines]
        if bad := [row for row in rows if row[2] != "0"]:
            raise Failed(f"{argv}: {len(bad)} of {len(rows)} failed: "
                         f"status {bad[0][2]}; {done.stderr[:400]}")
        self.walls = [float(row[0]) for row in rows]
        self.cpus = [float(row[1]) for row in rows]
        self.rate = len(rows) / float(last.split()[1]) * 1e6


def spawn(argv, count, at_once=1, input_file=os.devnull):
    return Runs("spawn", count, at_once, input_file, *argv)


def wait_until(condition, what):
    """Waits until condition() is true. Returns its value."""
    deadline = patience.clock() + PATIENCE
    while True:
        late = patience.clock() > deadline
        if value := condition():
            return value
        if late:
            raise Failed(f"waited in vain for {what}")
        time.sleep(0.002)


def free_port():
    """Returns a port that is not in use, for servers that cannot pick one."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def allow_descriptors(count):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


# /proc.

def read_proc(pid, name):
    """Returns a file of /proc; nothing if the process is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except (OSError, ProcessLookupError):
        return ""


def stat_of(pid):
    """Returns the fields of /proc/PID/stat from the third one, the state."""
    return read_proc(pid, "stat").rpartition(")")[2].split()


def children():
    """Returns the children of all processes."""
    found = defaultdict(list)
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        if fields := stat_of(pid):
            found[int(fields[1])].append(pid)
    return found


def tree_of(pid):
    """Returns a process and all its descendants."""
    every, tree = children(), [pid]
    for one in tree:
        tree += every[one]
    return tree


def own_us(pid):
    """Returns the CPU time of one process, to the nanosecond."""
    return int((read_proc(pid, "schedstat") or "0").split()[0]) / 1e3


def reaped_us(pid):
    """Returns the CPU time of children that it has waited for, in ticks."""
    fields = stat_of(pid)
    return (int(fields[13]) + int(fields[14])) / TICKS * 1e6


def pss_kb(pid):
    """Returns its memory; a page shared by n processes counts as 1/n."""
    for line in read_proc(pid, "smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise Failed(f"/proc/{pid}/smaps_rollup cannot be read; be root")


def status_kb(pid, key):
    for line in read_proc(pid, "status").splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    raise Failed(f"no {key} in /proc/{pid}/status")


def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def title_of(pid):
    return read_proc(pid, "cmdline").replace("\0", " ").strip()


def is_asleep(pid):
    return stat_of(pid)[:1] in (["S"], [])
