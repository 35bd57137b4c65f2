"""The measurements of a log (-o), beside a listener without one, and Redis."""
import os
import statistics
import subprocess
from collections import defaultdict

from contenders import Logged, Redis
from machine import BENCH, Runs, is_asleep, spawn, wait_until
from measures import compared, median, memory_of, shuffled, side_by_side

SENDERS = (1, 8, 32)  # as many at once
CLIENTS = (8, 32, 64)  # of the recorder, or of Redis


def syncs(one, count, calls):
    """How many syncs a receipt took. Of its calls, the recorder makes one for
    each reply; and for each sync one to the file, and one to tell the number
    of messages."""
    if calls is None:
        return None
    wait_until(lambda: is_asleep(one.recorder), "the recorder to rest")
    return (one.calls() - calls - count) / 2 / count


def compare(plain, logged, count, at_once):
    """Both in turn. Returns rates, CPU time, and syncs a receipt."""
    calls = logged.calls()
    found = side_by_side(plain, logged, count, at_once)
    return *found, syncs(logged, count, calls)


def receipts(plain, logged, rounds, count):
    """What a log costs, by the number of senders."""
    found = defaultdict(list)
    for _ in range(rounds):
        for n in SENDERS:
            found[n].append(compare(plain, logged, count, n))
    return {n: summed_up(*zip(*found[n])) for n in SENDERS}


def summed_up(plain, plain_us, logged, logged_us, synced):
    return compared(plain, plain_us, logged, logged_us) | {
        "syncs": None if None in synced else
        round(statistics.median(synced), 3)}


def acknowledge(folder, redis, count, at_once):
    """The recorder alone, and Redis: acknowledged messages a second."""
    file = folder / "alone.jsonl"
    found = {}
    for name in shuffled(("recorder", "redis") if redis else ("recorder",)):
        if name == "redis":
            where = "redis", redis.socket
            redis.sent += count
        else:
            file.unlink(missing_ok=True)
            where = "log", file
        found[name] = Runs("record", count, at_once, *where).rate
    return found


def alone(folder, everybody, rounds, count):
    redis = next((one for one in everybody if isinstance(one, Redis)), None)
    found = defaultdict(lambda: defaultdict(list))
    for _ in range(rounds):
        for n in CLIENTS:
            for name, rate in acknowledge(folder, redis, count, n).items():
                found[name][n].append(rate)
    return {name: {n: median(each[n]) for n in CLIENTS}
            for name, each in found.items()}


def start_with(folder, directory, lines, rounds):
    """Starting with a log of so many lines: seconds, and kilobytes after it.
    """
    path = folder / f"{lines}.jsonl"
    subprocess.run([BENCH / "fill", path, str(lines)], check=True)
    one = Logged(folder, directory, path)
    try:
        kilobytes = memory_of(one) if os.geteuid() == 0 else None
    finally:
        one.stop()
    walls = [wall for _ in range(rounds) for wall in spawn(
        [one.build / "chat-listen", "-n", "-q", "-p", "5000", "-u", "alice",
         "-d", directory, "-o", path], 1).walls]
    path.unlink()
    return {"seconds": round(statistics.median(walls) / 1e6, 4),
            "rest_kb": kilobytes}


def long_logs(folder, directory, sizes, rounds):
    return {lines: start_with(folder, directory, lines, rounds)
            for lines in sizes}
