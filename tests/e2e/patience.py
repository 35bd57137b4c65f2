"""A clock for code that waits. It runs slower if the machine is slower or
busier than the one for which the seconds in the tests are meant.

What takes a second there takes `factor` seconds here. CHAT_TIME_FACTOR gives
the factor. Without it, the factor is measured again and again while the tests
run: how long a fixed piece of work takes. It is at least 1. tests/run measures
for all of its jobs; a test that runs without it measures for itself."""
import contextlib
import hashlib
import mmap
import os
import signal
import struct
import time

PAUSE = 1.5  # seconds between two measurements
LATEST = 3  # how many measurements, of which the slowest counts
STARVED = 4  # seconds without a measurement after which the clock almost stops
CRAWL = 20
WORK, ROUNDS, STARTS = bytes(1 << 20), 10, 4
IDLE = 0.013  # seconds of the work on two idle cores of the reference machine

STATE = struct.Struct("ddd")  # when measured, the clock, the factor
shared = None  # shared by all processes forked after start()


def given():
    """Returns the factor of the environment; 0 if there is none."""
    return float(os.environ.get("CHAT_TIME_FACTOR") or 0)


def write(*state):
    """Writes it twice, so that a half-written one is noticed."""
    shared[:] = 2 * STATE.pack(*state)


def read():
    while True:
        octets = shared[:]
        if octets[:STATE.size] == octets[STATE.size:]:
            return STATE.unpack(octets[:STATE.size])


def clock():
    """Returns seconds of the reference machine, since an arbitrary moment."""
    start()
    measured, said, factor = read()
    gone = time.monotonic() - measured
    if gone > STARVED and not given():  # its measurer waits too
        gone = STARVED + (gone - STARVED) / CRAWL
    return said + gone / factor


def factor():
    """Returns how many seconds here are one of the reference machine now."""
    start()
    return read()[2]


def work():
    """Computes and starts processes, as tests do. Returns the time it took."""
    begun = time.monotonic()
    for _ in range(ROUNDS):
        hashlib.sha256(WORK).digest()
    for _ in range(STARTS):
        os.waitpid(os.posix_spawn("/bin/true", ("true",), {}), 0)
    return time.monotonic() - begun


def measure(latest):
    latest[:] = [*latest, work() / IDLE][-LATEST:]
    write(time.monotonic(), clock(), max(1.0, *latest))


def measure_for(parent):
    """Runs in the process that measures, until its parent has ended."""
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, signal.SIG_IGN)
    latest = []
    while os.getppid() == parent:
        measure(latest)
        time.sleep(PAUSE)


def start():
    """Starts the clock, for this process and those forked from now on."""
    global shared
    if shared is not None:
        return
    shared = mmap.mmap(-1, 2 * STATE.size)
    write(time.monotonic(), 0.0, max(1.0, given()))
    if given():
        return
    measure([])
    parent = os.getpid()
    if os.fork() == 0:
        with contextlib.suppress(BaseException):
            os.setsid()
            os.closerange(0, 3)
            measure_for(parent)
        os._exit(0)
