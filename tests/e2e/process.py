"""Programs under test: starting them, their output, and what /proc tells."""
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

PATIENCE = 50  # seconds of the patient clock, after which waiting is given up
SHORT, LONG = 0.005, 0.02  # seconds between two looks, at first and later


def wait_until(condition, what, seconds=PATIENCE):
    """Waits until condition() is true. Returns its value."""
    deadline, pause = patience.clock() + seconds, SHORT
    while True:
        late = patience.clock() > deadline
        if value := condition():  # checked once more, however late it is
            return value
        if late:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(pause)
        pause = min(1.1 * pause, LONG)


def soon():
    """Returns seconds for an option -t that should expire: not before what has
    to happen first, but before a listener's own deadlines."""
    return str(min(math.ceil(patience.factor()) + 1, 20))


def wait_readable(descriptor, what):
    """Waits until there is something to read or to accept."""
    wait_until(lambda: select.select([descriptor], [], [], 0.1)[0], what)


class Collector(threading.Thread):
    """Reads a descriptor, which it owns from then on, to its end."""

    def __init__(self, fd):
        super().__init__(daemon=True)
        self.fd = fd
        self.bytes = b""
        self.start()

    def run(self):
        try:
            while chunk := os.read(self.fd, 65536):
                self.bytes += chunk
        except OSError:  # a terminal ends like this
            pass
        os.close(self.fd)

    def wait_for(self, part):
        wait_until(lambda: part in self.bytes, f"{part!r} in {self.bytes!r}")

    def wait_end(self):
        wait_until(lambda: not self.is_alive(), "the end of the output")
        return self.bytes


def waiting_in(pipe):
    """Returns how many bytes can be read."""
    return int.from_bytes(
        fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), "little")


class Terminal:
    """A pseudo terminal: types, and sees what is written."""

    def __init__(self, raw=False, columns=0):
        self.master, self.slave = os.openpty()
        if raw:  # show output as it was written
            tty.setraw(self.slave)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ,
                    struct.pack("4H", 24, columns, 0, 0))
        self.screen = Collector(os.dup(self.master))

    def type(self, text):
        os.write(self.master, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def hang_up(self):
        """Closes our ends. The screen ends with the program."""
        for fd in (self.slave, self.master):
            os.close(fd)


TERMINATING = signal.SIGINT, signal.SIGQUIT, signal.SIGHUP


def heed_signals():
    """Undoes what a shell does to its background jobs, which inherit that."""
    for number in TERMINATING:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def spawn(argv, *, terminal=None, limits=(), **streams):
    """Starts a program in its own session, so that its process group has all
    processes that it forks. With a terminal, it controls the session."""
    def prepare():
        heed_signals()
        for what, value in limits:
            resource.setrlimit(what, (value, value))
        if terminal is not None:
            fcntl.ioctl(terminal.slave, termios.TIOCSCTTY, 0)

    # With nothing to prepare, Popen spares a copy of our memory.
    nothing = terminal is None and not limits and not any(
        signal.getsignal(number) == signal.SIG_IGN for number in TERMINATING)
    return subprocess.Popen(argv, start_new_session=True,
                            preexec_fn=None if nothing else prepare, **streams)


def read_proc(pid, name):
    """Returns a file of /proc; nothing without the process or the right."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (OSError, ProcessLookupError):
        return b""


def status_of(pid):
    """Returns /proc/PID/status as a dictionary."""
    lines = read_proc(pid, "status").decode().splitlines()
    return {key: value.split() for key, _, value in
            (line.partition(":") for line in lines)}


def processes(number_of, number, states):
    """Returns the processes with this number (number_of is os.getpgid or
    os.getsid) whose state is one of these letters, or with "-" is none of
    them."""
    found = []
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        try:
            if number_of(pid) != number:
                continue
        except (ProcessLookupError, PermissionError):
            continue
        fields = read_proc(pid, "stat").rpartition(b")")[2].split()
        if fields and (fields[0] in states) != (b"-" in states):
            found.append(pid)
    return found


def living(number_of, number):
    return processes(number_of, number, b"-ZX")


def unburied_in(group):
    """Returns those that end, and whose parent has not noticed yet. A process
    has no title any more before it is a zombie."""
    return processes(os.getpgid, group, b"Z") + [
        pid for pid in in_group(group) if not title_of(pid)]


def in_group(group):
    """Returns the living processes of a group."""
    return living(os.getpgid, group)


def in_session(session):
    """The same for a session, with commands in groups of their own."""
    return living(os.getsid, session)


def kill_session(session):
    """Kills all of it. Some may end with others, before their turn."""
    for pid in in_session(session):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def sleeps_in(pid):
    """Returns the first argument, mostly a descriptor, of the system call in
    which a process sleeps. Returns None if it does not sleep, or cannot be
    seen. A process that could go on does not sleep, even on a slow machine."""
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
    """Returns the title that ps shows."""
    return read_proc(pid, "cmdline").replace(b"\0", b" ").decode().strip()


def roles_in(group):
    """Returns ids of a listener's processes by role: keyholder, session,
    runner, recorder."""
    roles = {"keyholder": [], "session": [], "runner": [], "recorder": []}
    for pid in in_group(group):
        words = title_of(pid).split()
        if len(words) > 1 and words[1] in roles:
            roles[words[1]].append(pid)
    return roles


def memory_of(pid, skip=None):
    """Returns all readable memory of a process, except mapped files."""
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
            except (OSError, OverflowError):  # it has shrunk since
                pass
    return b"\n".join(found)


def links_of(pid):
    """Returns the names of a process's open descriptors, by number."""
    base = Path(f"/proc/{pid}/fd")
    found = {}
    for fd in os.listdir(base):
        try:
            found[int(fd)] = os.readlink(base / fd)
        except FileNotFoundError:  # it was closed meanwhile
            pass
    return found


def listening_port(pid):
    """Returns the TCP port on which a process listens."""
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
    """Returns the seconds of CPU time."""
    fields = read_proc(pid, "stat").rpartition(b")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def stop(pid):
    """Sends SIGSTOP and waits until it has worked."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: is_stopped(pid), f"process {pid} to stop")
