"""
A clock for whoever waits: it goes slower where the machine is slower, or
busier, than the one on which the seconds of the tests were stated.

What takes a second there takes `factor` seconds here. The factor is given by
CHAT_TIME_FACTOR, or measured again and again, while the tests run: how long a
fixed piece of work takes now. It is never less than 1. tests/run measures for
all of its jobs, and what runs without it measures for itself.
"""
import contextlib
import hashlib
import mmap
import os
import signal
import struct
import time

PAUSE = 1.5  # seconds between two measurements
LATEST = 3  # measurements of which the slowest counts
STARVED = 4  # seconds without a measurement after which the clock crawls
CRAWL = 20
WORK, ROUNDS, STARTS = bytes(1 << 20), 10, 4
IDLE = 0.013  # seconds of that on two idle cores of the machine of reference

STATE = struct.Struct("ddd")  # when measured, what the clock said, the factor
shared = None  # by all that are forked after start()


def given():
    """The factor of the environment; 0 where there is none."""
    return float(os.environ.get("CHAT_TIME_FACTOR") or 0)


def write(*state):
    """Twice, so that half of it is never taken for the whole."""
    shared[:] = 2 * STATE.pack(*state)


def read():
    while True:
        octets = shared[:]
        if octets[:STATE.size] == octets[STATE.size:]:
            return STATE.unpack(octets[:STATE.size])


def clock():
    """Seconds of the machine of reference, from any beginning."""
    start()
    measured, said, factor = read()
    gone = time.monotonic() - measured
    if gone > STARVED and not given():  # who measures waits, as all do
        gone = STARVED + (gone - STARVED) / CRAWL
    return said + gone / factor


def factor():
    """How many seconds here are one of the machine of reference, now."""
    start()
    return read()[2]


def work():
    """Computes and starts processes, as tests do; returns how long it took."""
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
    """What the process that measures does, until its parent has ended."""
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, signal.SIG_IGN)
    latest = []
    while os.getppid() == parent:
        measure(latest)
        time.sleep(PAUSE)


def start():
    """The clock goes, here and in all that is forked from now on."""
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
