"""Programs under test: starting them, what they print, what /proc says."""
import fcntl
import math
import os
import re
import resource
import select
import signal
import struct
import subprocess
import termios
import threading
import time
import tty
from pathlib import Path

import patience

PATIENCE = 50  # seconds of the patient clock, after which all hope is lost


def wait_until(condition, what, seconds=PATIENCE):
    """Returns what condition() does as soon as that is true."""
    deadline = patience.clock() + seconds
    while True:
        late = patience.clock() > deadline
        if value := condition():  # looked at last, however late we are
            return value
        if late:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.005)


def soon():
    """
    Seconds for an option -t that is meant to pass, but not before what comes
    first has been done, and before a listener's own deadlines.
    """
    return str(min(math.ceil(patience.factor()) + 1, 20))


def wait_readable(descriptor, what):
    """Until there is something to read, accept or take note of."""
    wait_until(lambda: select.select([descriptor], [], [], 0.1)[0], what)


class Collector(threading.Thread):
    """Reads a descriptor, which it takes over, until its end."""

    def __init__(self, fd):
        super().__init__(daemon=True)
        self.fd = fd
        self.bytes = b""
        self.start()

    def run(self):
        try:
            while chunk := os.read(self.fd, 65536):
                self.bytes += chunk
        except OSError:  # a terminal ends so
            pass
        os.close(self.fd)

    def wait_for(self, part):
        wait_until(lambda: part in self.bytes, f"{part!r} in {self.bytes!r}")

    def wait_end(self):
        wait_until(lambda: not self.is_alive(), "the end of the output")
        return self.bytes


def waiting_in(pipe):
    """How many bytes are there to be read."""
    return int.from_bytes(
        fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), "little")


class Terminal:
    """A pseudo terminal: somebody types on it and sees what is written."""

    def __init__(self, raw=False, columns=0):
        self.master, self.slave = os.openpty()
        if raw:  # what is written is seen as it was written
            tty.setraw(self.slave)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ,
                    struct.pack("4H", 24, columns, 0, 0))
        self.screen = Collector(os.dup(self.master))

    def type(self, text):
        os.write(self.master, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def hang_up(self):
        """Closes our ends, after which the screen ends with the program."""
        for fd in (self.slave, self.master):
            os.close(fd)


def spawn(argv, *, terminal=None, limits=(), **streams):
    """
    Starts a program in a session of its own: all that it forks is known by
    its process group. With a terminal, that one controls the session.
    """
    def prepare():
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)  # a shell ignores them
        for what, value in limits:
            resource.setrlimit(what, (value, value))
        if terminal is not None:
            fcntl.ioctl(terminal.slave, termios.TIOCSCTTY, 0)

    return subprocess.Popen(
        argv, start_new_session=True, preexec_fn=prepare, **streams)


def read_proc(pid, name):
    """A file of /proc; nothing when the process or the right is not there."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (OSError, ProcessLookupError):
        return b""


def status_of(pid):
    """/proc/PID/status as a dictionary."""
    lines = read_proc(pid, "status").decode().splitlines()
    return {key: value.split() for key, _, value in
            (line.partition(":") for line in lines)}


def living(field, number):
    """The processes that live with this number in a field of their stat."""
    found = []
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        fields = read_proc(pid, "stat").rpartition(b")")[2].split()
        if fields and fields[0] not in b"ZX" and int(fields[field]) == number:
            found.append(pid)
    return found


def in_group(group):
    """The processes of a group that live."""
    return living(2, group)


def in_session(session):
    """The same of a session, with the commands that have their own groups."""
    return living(3, session)


def sleeps_in(pid):
    """
    The first argument of the system call in which a process sleeps, and goes
    on sleeping: mostly a descriptor. None where it does not, or cannot be
    seen. However slow the machine is, whoever could go on does not sleep.
    """
    seen = set()
    for _ in range(20):
        seen.add((status_of(pid).get("State", "?")[0],
                  read_proc(pid, "syscall")))
        if len(seen) > 1:
            return None
        time.sleep(0.01)
    (state, call), = seen
    words = call.split()
    return int(words[1], 16) if state == "S" and len(words) > 2 else None


def title_of(pid):
    """What ps shows."""
    return read_proc(pid, "cmdline").replace(b"\0", b" ").decode().strip()


def roles_in(group):
    """Ids of a listener's processes, by role: keyholder, session, runner."""
    roles = {"keyholder": [], "session": [], "runner": []}
    for pid in in_group(group):
        words = title_of(pid).split()
        if len(words) > 1 and words[1] in roles:
            roles[words[1]].append(pid)
    return roles


def memory_of(pid, skip=None):
    """All that a process has mapped and that can be read, but a file."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in read_proc(pid, "maps").decode().splitlines():
            start, end, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if rights[0] != "r" or "[v" in line or (
                    skip and line.endswith(f" {skip}")):
                continue
            try:
                memory.seek(int(start, 16))
                found.append(memory.read(int(end, 16) - int(start, 16)))
            except (OSError, OverflowError):  # shrunk in between
                pass
    return b"\n".join(found)


def links_of(pid):
    """What the open descriptors of a process are: number to name."""
    base = Path(f"/proc/{pid}/fd")
    found = {}
    for fd in os.listdir(base):
        try:
            found[int(fd)] = os.readlink(base / fd)
        except FileNotFoundError:  # closed in between
            pass
    return found


def listening_port(pid):
    """The TCP port on which a process listens."""
    sockets = links_of(pid).values()
    for table in ("/proc/net/tcp6", "/proc/net/tcp"):
        for line in Path(table).read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and f"socket:[{inode}]" in sockets:
                return int(local.rpartition(":")[2], 16)
    raise AssertionError(f"process {pid} does not listen")


def is_stopped(pid):
    return status_of(pid).get("State", ["?"])[0] == "T"


def is_over(pid):
    return status_of(pid).get("State", "Z")[0] in "ZX"


def computed(pid):
    """Seconds of processor time."""
    fields = read_proc(pid, "stat").rpartition(b")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def stop(pid):
    """SIGSTOP, until it works."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: is_stopped(pid), f"process {pid} to stop")
