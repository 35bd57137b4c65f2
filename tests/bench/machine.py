"""Running programs, and what /proc says about those that run."""
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
PATIENCE = 60  # seconds of the patient clock, after which all hope is lost
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A measurement that would say nothing."""


class Runs:
    """What build/bench/spawn, or load, said of its runs; microseconds."""

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
    """Returns what condition() does as soon as that is true."""
    deadline = patience.clock() + PATIENCE
    while True:
        late = patience.clock() > deadline
        if value := condition():
            return value
        if late:
            raise Failed(f"waited in vain for {what}")
        time.sleep(0.002)


def free_port():
    """A port that nobody listens on, for servers that cannot pick one."""
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
    """A file of /proc; nothing when the process is not there."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except (OSError, ProcessLookupError):
        return ""


def stat_of(pid):
    """The fields of /proc/PID/stat from the third on, the state."""
    return read_proc(pid, "stat").rpartition(")")[2].split()


def children():
    """Of all processes, those that each one has."""
    found = defaultdict(list)
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        if fields := stat_of(pid):
            found[int(fields[1])].append(pid)
    return found


def tree_of(pid):
    """A process, and all that come from it."""
    every, tree = children(), [pid]
    for one in tree:
        tree += every[one]
    return tree


def own_us(pid):
    """Processor time of a process alone, to the nanosecond."""
    return int((read_proc(pid, "schedstat") or "0").split()[0]) / 1e3


def reaped_us(pid):
    """Processor time of the children that it has waited for, in ticks."""
    fields = stat_of(pid)
    return (int(fields[13]) + int(fields[14])) / TICKS * 1e6


def pss_kb(pid):
    """Its share of memory; what it shares counts once over all sharers."""
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
