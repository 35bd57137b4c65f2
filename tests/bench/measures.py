"""The measurements. Contenders take turns, so that all have the same noise."""
import json
import os
import random
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

from machine import (BENCH, BUILD, Runs, descriptors_of, is_asleep, pss_kb,
                     spawn, status_kb, tree_of, wait_until)

HERE = Path(__file__).resolve().parent
AT_ONCE = (1, 2, 8, 32)


def median(values):
    return round(statistics.median(values), 1)


def shuffled(things):
    return random.sample(list(things), len(things))


def few_of(contender, count):
    return max(1, count // 5) if contender.slow else count


def make_directory(path, users, port=5000):
    """alice is in the middle and bob last, so that neither is found at once.
    """
    names = [f"user{i}" for i in range(users - 2)]
    names.insert(len(names) // 2, "alice")
    names.append("bob")
    keys = {"alice": "alice's password that is long enough",
            "bob": "bob's password that is long enough"}
    flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
    with open(os.open(path, flags, 0o600), "w") as file:
        lines = (json.dumps({
            "username": name, "ip": "127.0.0.1", "port": port,
            "password": keys.get(name) or secrets.token_urlsafe(16)})
            for name in names)
        file.write("[" + ",\n".join(lines) + "]\n")
    return path


def parts(folder, rounds, count):
    """The minimal parts, in microseconds."""
    found = defaultdict(list)
    for _ in range(rounds):
        lines = subprocess.run(
            [BENCH / "parts", str(count), folder / "synced"], text=True,
            check=True, capture_output=True).stdout
        for line in lines.splitlines():
            name, value = line.split()
            found[name].append(float(value))
        found["exec"] += spawn([BENCH / "nothing"], count).walls
    return {name: median(values) for name, values in found.items()}


def fresh(contenders, rounds, count):
    """A message by a fresh process: time, and the sender's CPU time."""
    walls, cpus = defaultdict(list), defaultdict(list)
    for _ in range(rounds):
        for one in shuffled(contenders):
            runs = one.send(few_of(one, count))
            walls[one.name] += runs.walls
            cpus[one.name] += runs.cpus
            one.settle()
    return {one.name: {"wall_us": median(walls[one.name]),
                       "cpu_us": median(cpus[one.name])}
            for one in contenders}


def rates(contenders, rounds, count):
    """Messages a second by so many fresh processes at once."""
    found = defaultdict(lambda: defaultdict(list))
    for number in range(rounds):
        for at_once in AT_ONCE:
            for one in shuffled(contenders):
                if one.slow and number > 0:
                    continue
                runs = one.send(max(at_once, few_of(one, count)), at_once)
                found[one.name][at_once].append(runs.rate)
                one.settle()
    return {one.name: {n: median(found[one.name][n]) for n in AT_ONCE}
            for one in contenders}


def side_by_side(plain, other, count, at_once):
    """Loads both in turn. Returns rates and CPU time."""
    found = {}
    for one in shuffled((plain, other)):
        rate, cpu = load(one, count, at_once)
        found[one] = rate, sum(cpu.values())
    return *found[plain], *found[other]


def compared(plain, plain_us, other, other_us):
    """Of many such results. A ratio is of two neighbours in time, and the
    median of these. CPU time is a mean, because it comes in ticks."""
    return {"plain": median(plain), "other": median(other),
            "ratio": round(statistics.median(
                b / a for a, b in zip(plain, other)), 3),
            "plain_us": round(statistics.fmean(plain_us), 1),
            "other_us": round(statistics.fmean(other_us), 1)}


def handled(plain, handling, rounds, count):
    """What handlers cost, by the number of senders."""
    found = defaultdict(list)
    for _ in range(rounds):
        for n in (8, 32):
            found[n].append(side_by_side(plain, handling, count, n))
    return {n: compared(*zip(*found[n])) for n in found}


def load_runs(one, count, at_once):
    port, directory = one.load_argv()
    runs = Runs("load", port, count, at_once, *filter(None, [directory]))
    one.sent += count
    one.settle()
    return runs


def load(one, count, at_once):
    """Messages by the load generator: how many a second, and the CPU time of
    the servers for each, by role."""
    before = one.cpu()
    runs = load_runs(one, count, at_once)
    after = one.cpu()
    return runs.rate, {role: (after[role] - before[role]) / count
                       for role in after}


def summed_up(values):
    """Rates are medians. CPU time is a mean, because it comes in ticks."""
    return {"rate": median(rate for rate, _ in values),
            "cpu_us": {role: round(statistics.fmean(
                cpu[role] for _, cpu in values), 1) for role in values[0][1]}}


def loads(contenders, rounds, count):
    found = defaultdict(lambda: defaultdict(list))
    for _ in range(rounds):
        for at_once in AT_ONCE:
            for one in shuffled(contenders):
                found[one.name][at_once].append(load(one, count, at_once))
    return {one.name: {n: summed_up(found[one.name][n]) for n in AT_ONCE}
            for one in contenders}


def behind_relay(port, round_trip):
    """Starts a relay to the port. Returns its process and its port."""
    relay = subprocess.Popen(
        [sys.executable, HERE / "relay.py", str(port), str(round_trip)],
        text=True, stdout=subprocess.PIPE)
    return relay, int(relay.stdout.readline())


def stream(one, lines, port):
    """Sends lines of 20 bytes, all there at once. Returns how many arrived a
    second, by when the sender knew."""
    first = random.randrange(10 ** 18)  # others have been there before
    text = "".join(f"{first + n:019}\n" for n in range(lines))
    start = time.monotonic()
    one.stream(text, port)
    rate = lines / (time.monotonic() - start)
    wait_until(lambda: one.has(f"{first + lines - 1:019}"),
               f"{one.name}: the last line")
    return rate


def streams(contenders, rounds, lines):
    """Lines a second, by the round trip in milliseconds."""
    found = defaultdict(lambda: defaultdict(list))
    for _ in range(rounds):
        for round_trip, count in lines.items():
            for one in shuffled(contenders):
                few = max(2, count // one.stream_share)
                if round_trip == 0:
                    found[one.name][0].append(stream(one, few, one.port))
                    continue
                relay, port = behind_relay(one.port, round_trip)
                with relay:
                    found[one.name][round_trip].append(
                        stream(one, few, port))
                    relay.terminate()
    return {name: {n: median(values) for n, values in each.items()}
            for name, each in found.items()}


def memory_of(contender):
    """Returns kilobytes of all its processes, once they sleep."""
    tree = tree_of(contender.pid)
    wait_until(lambda: all(map(is_asleep, tree)), f"{contender.name}: rest")
    return sum(map(pss_kb, tree))


def has_sessions(contender, count, descriptors):
    """Whether so many more connections are being served."""
    if contender.per_session:
        return len(tree_of(contender.pid)) >= \
            contender.at_rest + count * contender.per_session
    return descriptors_of(contender.pid) >= descriptors + count


def idle(contender, count):
    """Kilobytes: at rest, and what each silent connection adds."""
    before = memory_of(contender)
    descriptors = descriptors_of(contender.pid)
    connections = [socket.create_connection(("127.0.0.1", contender.port))
                   for _ in range(count)]
    wait_until(lambda: has_sessions(contender, count, descriptors),
               f"{contender.name}: {count} sessions")
    each = (memory_of(contender) - before) / count
    for one in connections:
        one.close()
    contender.settle()
    return {"rest_kb": before, "session_kb": round(each, 1)}


def beside_reload(one, count):
    """The slowest of messages that come while a directory is read again, in
    medians of theirs."""
    reloading = threading.Timer(0.1, os.kill, (one.pid, signal.SIGHUP))
    reloading.start()
    walls = load_runs(one, count, 8).walls
    reloading.join()
    wait_until(lambda: is_asleep(one.keyholder), "the end of the reload")
    return max(walls) / statistics.median(walls)


def loading(chats, rounds, count):
    """Loading a directory: seconds, kilobytes of the keyholder, and how long
    others wait."""
    walls, waits = defaultdict(list), defaultdict(list)
    for _ in range(rounds):
        for one in shuffled(chats):
            walls[one.users] += spawn(
                [BUILD / "chat-listen", "-n", "-q", "-p", "5000", "-u",
                 "alice", "-d", one.directory], 1).walls
            waits[one.users].append(beside_reload(one, count))
    return {one.users: {
        "longest": round(statistics.median(waits[one.users]), 2),
        "seconds": round(median(walls[one.users]) / 1e6, 4),
        "peak_kb": status_kb(one.keyholder, "VmHWM"),
        "after_kb": status_kb(one.keyholder, "VmRSS")} for one in chats}


def sending(chats, rounds):
    """A fresh chat-send that has the same directory, in microseconds."""
    found = defaultdict(list)
    for _ in range(rounds):
        for one in shuffled(chats):
            one.sent += 1
            found[one.users] += spawn(one.client(one.directory), 1).walls
            one.settle()
    return {one.users: median(found[one.users]) for one in chats}
