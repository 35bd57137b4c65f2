"""The measurements of a spool in memory (-s, chat-spool)."""
import os
import statistics
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from machine import BUILD, MESSAGE, spawn
from measures import make_directory, shuffled

MEMORY = Path("/dev/shm")  # or else this measures the disk


@contextmanager
def in_memory():
    with tempfile.TemporaryDirectory(
            prefix="chat-bench.", dir=MEMORY if MEMORY.is_dir() else None) \
            as folder:
        os.environ["XDG_STATE_HOME"] = folder
        yield


def timed(argv, **how):
    start = time.monotonic()
    subprocess.run(argv, check=True, **how)
    return time.monotonic() - start


def first_attempt(one):
    """A message with -s, in the time of one without."""
    program, *words = one.client()
    commands = [[program, *words], [program, "-s", "1h", *words]]
    walls = {i: spawn(commands[i], 1).walls[0] for i in shuffled((0, 1))}
    one.sent += 2
    return walls[1] / walls[0]


def keep(one, directory, text):
    """Keeps these lines, each for itself, while nobody listens."""
    make_directory(directory, 10, 1)
    ended = subprocess.run(
        [BUILD / "chat-send", "-q", "-l", "-e", "-s", "1h", "-u", "bob",
         "-d", directory, "alice"], input=text, text=True, check=False)
    assert ended.returncode == 80, ended
    make_directory(directory, 10, one.port)
    for state in Path(os.environ["XDG_STATE_HOME"]).glob("**/state"):
        state.unlink()  # it is due


def queue(one, folder, count):
    """How many messages that wait chat-spool delivers in the time in which
    chat-send -l -e delivers one."""
    directory, text = folder / "spool.json", f"{MESSAGE}\n" * count
    program, *words = one.streamer(one.port)
    lines = timed([program, "-e", *words], input=text, text=True)
    one.sent += count
    one.settle()
    keep(one, directory, text)
    spooled = timed([BUILD / "chat-spool", "-f", "-q"])
    one.sent += count
    one.settle()
    return lines / spooled


def kept(one, folder, rounds, pairs, count):
    """Medians of both."""
    with in_memory():
        attempts = [first_attempt(one) for _ in range(rounds * pairs)]
        queues = [queue(one, folder, count) for _ in range(rounds)]
    return {"first": round(statistics.median(attempts), 3),
            "queue": round(statistics.median(queues), 3)}
