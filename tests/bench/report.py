"""The results: as a table, as JSON, as plots; and the targets."""
import json
import os
import platform
import shutil
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from contenders import CONFIRMED, EACH, HANDLED, LOGGED, STATIC
from machine import BENCH, MESSAGE

HERE = Path(__file__).resolve().parent
CHAT = "chat, 10 users"


def machine():
    """Where and when this was measured."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines
                  if line.startswith("model name")), platform.machine())
    return {"date": f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC",
            "processor": f"{os.cpu_count()} cores, {model}",
            "kernel": f"Linux {platform.release()}",
            "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
            "user": "root" if os.geteuid() == 0 else "not root"}


def total_cpu(found, name, at_once):
    return sum(found["loads"][name][at_once]["cpu_us"].values())


def all_cpu(found, name):
    """The sum over all numbers of connections, which is most precise."""
    return sum(total_cpu(found, name, n) for n in found["loads"][name])


def targets(found):
    """Yields targets: words, value, whether it is a maximum or a minimum,
    limit."""
    fresh, rates, loads = found["fresh"], found["rates"], found["loads"]
    most = max(found["loading"])
    huge = f"chat, {most:,} users"
    yield ("fresh message, of the floor's", fresh[CHAT]["wall_us"] /
           fresh["floor"]["wall_us"], "<=", 1.25)
    for name in (CHAT, STATIC):
        if name not in fresh or "mosquitto" not in fresh:
            continue
        how = ", STATIC=yes" * (name == STATIC)
        yield (f"fresh message, of mosquitto's{how}", fresh[name]["wall_us"] /
               fresh["mosquitto"]["wall_us"], "<=", 0.7)
        for n in (8, 32):
            yield (f"messages/s of {n} fresh, of mosquitto's{how}",
                   rates[name][n] / rates["mosquitto"][n], ">=", 1.7)
    yield ("load of 32 connections, of the floor's rate",
           loads[CHAT][32]["rate"] / loads["floor"][32]["rate"], ">=", 0.75)
    yield ("processor time a message, of the floor's",
           total_cpu(found, CHAT, 32) / total_cpu(found, "floor", 32),
           "<=", 1.4)
    streams = found["streams"]
    for round_trip, least in (0, 40000), (50, 15000):
        yield (f"lines a second of -l, {round_trip} ms", streams[CHAT][round_trip],
               ">=", least)
    yield ("lines of -l -e a round trip of 50 ms", streams[EACH][50] * 0.05,
           ">=", 0.9)
    for name in "mosquitto", "relp":
        for round_trip, rate in streams.get(name, {}).items():
            yield (f"lines a second of -l, {round_trip} ms, of {name}'s",
                   streams[CHAT][round_trip] / rate, ">=", 1)
    if CONFIRMED in streams:
        yield ("lines a second of -l with -k, of rsyslog's program",
               streams[HANDLED][0] / streams[CONFIRMED][0], ">=", 1)
    for n, each in found["handled"].items():
        yield (f"messages/s of {n} with -k, of those without", each["ratio"],
               ">=", 0.9)
    yield ("processor time a message with -k, of that without",
           sum(each["other_us"] for each in found["handled"].values()) /
           sum(each["plain_us"] for each in found["handled"].values()),
           "<=", 1.2)
    yield ("a message with -s, of one without", found["kept"]["first"],
           "<=", 1.1)
    yield ("rate of chat-spool -f, of that of -l -e", found["kept"]["queue"],
           ">=", 0.9)
    yield from log_targets(found)
    if found["idle"]:
        yield ("KB that an idle session adds",
               found["idle"][CHAT]["session_kb"], "<=", 96)
    yield (f"processor time with {most:,} users, of that with 10",
           all_cpu(found, huge) / all_cpu(found, CHAT), "<=", 1.05)
    last = found["loading"][most]
    yield f"seconds to load {most:,} users", last["seconds"], "<=", 3
    yield f"MB at peak for {most:,} users", \
        last["peak_kb"] * 1024 / 1e6, "<=", 300
    yield f"MB after it for {most:,} users", \
        last["after_kb"] * 1024 / 1e6, "<=", 200
    yield ("longest message beside that load, in medians", last["longest"],
           "<=", 3)
    if 100000 in found["sending"]:
        yield ("ms that 100,000 users add to chat-send",
               (found["sending"][100000] - found["sending"][10]) / 1e3,
               "<=", 60)


def log_targets(found):
    """What a log may cost (-o)."""
    receipts, alone = found["receipts"], found["alone"]
    for n, least in (1, 0.85), (8, 0.9), (32, 0.95):
        yield (f"receipts/s of {n} with -o, of those without",
               receipts[n]["ratio"], ">=", least)
    if receipts[32]["syncs"] is not None:
        yield ("syncs a receipt of 32 with -o", receipts[32]["syncs"],
               "<=", 0.2)
    yield ("processor time a message with -o, of that without",
           sum(each["other_us"] for each in receipts.values()) /
           sum(each["plain_us"] for each in receipts.values()), "<=", 1.15)
    if "redis" in found["rates"]:
        yield ("messages/s of 8 fresh with -o, of redis-cli's",
               found["rates"][LOGGED][8] / found["rates"]["redis"][8],
               ">=", 1)
        for n, rate in alone["redis"].items():
            yield (f"acks/s of the recorder to {n}, of those of redis",
                   alone["recorder"][n] / rate, ">=", 1)
    short, long = found["logs"]
    yield (f"seconds to start with {long:,} lines",
           found["logs"][long]["seconds"], "<=", 1)
    if found["logs"][long]["rest_kb"] is not None:
        yield (f"MB after that, of those with {short:,} lines",
               found["logs"][long]["rest_kb"] /
               found["logs"][short]["rest_kb"], "<=", 1.05)


def judge(found):
    return [{"what": what, "is": round(value, 3), "wanted": f"{sign} {limit}",
             "met": value <= limit if sign == "<=" else value >= limit}
            for what, value, sign, limit in targets(found)]


def rows(found):
    """The table, line by line."""
    yield "  ".join(f"{key}: {value}" for key, value
                    in found["machine"].items())
    yield f"message: {len(MESSAGE)} bytes; medians; mode {found['mode']}"
    yield ""
    yield "the parts, us: " + ", ".join(
        f"{name} {value:.0f}" for name, value in found["parts"].items())
    yield ""
    yield "one message by a fresh process"
    yield f"{'':24}{'wall us':>10}{'of floor':>10}{'cpu us':>10}"
    floor = found["fresh"]["floor"]["wall_us"]
    for name, each in found["fresh"].items():
        yield (f"{name:24}{each['wall_us']:10.0f}"
               f"{each['wall_us'] / floor:10.2f}{each['cpu_us']:10.0f}")
    yield ""
    numbers = next(iter(found["rates"].values()))
    yield "messages a second by so many fresh processes at once"
    yield f"{'':24}" + "".join(f"{n:>10}" for n in numbers)
    for name, each in found["rates"].items():
        yield f"{name:24}" + "".join(f"{v:10.0f}" for v in each.values())
    yield ""
    yield "messages a second from the load generator, connections at once"
    yield f"{'':24}" + "".join(f"{n:>10}" for n in numbers)
    for name, each in found["loads"].items():
        yield f"{name:24}" + "".join(f"{v['rate']:10.0f}"
                                     for v in each.values())
    yield ""
    trips = next(iter(found["streams"].values()))
    yield "lines a second of a stream (-l), by the round trip in ms"
    yield f"{'':24}" + "".join(f"{n:>10}" for n in trips)
    for name, each in found["streams"].items():
        yield f"{name:24}" + "".join(f"{v:10.0f}" for v in each.values())
    yield ""
    yield "processor us a message, of its servers, with 32 connections"
    for name, each in found["loads"].items():
        cpu = each[32]["cpu_us"]
        yield f"{name:24}{sum(cpu.values()):10.0f}  =  " + "  ".join(
            f"{role} {value:.0f}" for role, value in cpu.items())
    yield ""
    yield from log_rows(found)
    yield ""
    yield "with 8 handlers (-k): messages a second, processor us"
    yield (f"{'senders':>24}" + "".join(f"{what:>10}" for what in (
        "without", "with -k", "ratio", "us", "us -k")))
    for n, each in found["handled"].items():
        yield (f"{n:24}{each['plain']:10.0f}{each['other']:10.0f}"
               f"{each['ratio']:10.2f}{each['plain_us']:10.0f}"
               f"{each['other_us']:10.0f}")
    yield ""
    yield "memory, KB (PSS)"
    yield f"{'':24}{'at rest':>10}{'a session':>10}"
    for name, each in found["idle"].items():
        yield f"{name:24}{each['rest_kb']:10}{each['session_kb']:10.0f}"
    if not found["idle"]:
        yield "not measured: only root may see it"
    yield ""
    yield "a directory of so many users"
    yield (f"{'':>24}{'load s':>10}{'peak MB':>10}{'then MB':>10}"
           f"{'send ms':>10}")
    for users, each in found["loading"].items():
        yield (f"{users:24,}{each['seconds']:10.3f}"
               f"{each['peak_kb'] / 976.5625:10.1f}"
               f"{each['after_kb'] / 976.5625:10.1f}"
               f"{found['sending'][users] / 1e3:10.1f}")
    yield ""
    yield "targets"
    for each in found["targets"]:
        yield (f"{each['what']:52}{each['is']:10.2f}  {each['wanted']:9}"
               f"{'met' if each['met'] else 'NOT MET':>8}")


def log_rows(found):
    yield "with a log (-o): receipts a second, processor us, syncs a receipt"
    yield (f"{'senders':>24}" + "".join(f"{what:>10}" for what in (
        "without", "with -o", "ratio", "us", "us -o", "syncs")))
    for n, each in found["receipts"].items():
        syncs = "?" if each["syncs"] is None else f"{each['syncs']:.2f}"
        yield (f"{n:24}{each['plain']:10.0f}{each['other']:10.0f}"
               f"{each['ratio']:10.2f}{each['plain_us']:10.0f}"
               f"{each['other_us']:10.0f}{syncs:>10}")
    yield ""
    yield "acknowledged messages a second, to so many clients that wait"
    yield f"{'':24}" + "".join(f"{n:>10}" for n in found["alone"]["recorder"])
    for name, each in found["alone"].items():
        yield f"{name:24}" + "".join(f"{v:10.0f}" for v in each.values())
    yield ""
    yield "a start with a log of so many lines"
    yield f"{'':>24}{'s':>10}{'then MB':>10}"
    for lines, each in found["logs"].items():
        kilobytes = each["rest_kb"]
        yield (f"{lines:24,}{each['seconds']:10.3f}" + (
            "" if kilobytes is None else f"{kilobytes / 976.5625:10.1f}"))


def plot(found):
    """Makes an SVG, if gnuplot is installed."""
    if not shutil.which("gnuplot"):
        return "no plot: apt-get install gnuplot-nox"
    with open(BENCH / "fresh.dat", "w") as file:
        for name, each in found["fresh"].items():
            file.write(f'"{name}" {each["wall_us"] / 1e3}\n')
    with open(BENCH / "users.dat", "w") as file:
        for users in found["loading"]:
            name = f"chat, {users:,} users"
            file.write(f"{users} {found['fresh'][name]['wall_us'] / 1e3} "
                       f"{all_cpu(found, name) / 1e3 / 4} "
                       f"{found['sending'][users] / 1e3}\n")
    svg = f"{found['mode']}.svg"
    subprocess.run(["gnuplot", "-e", f"picture='{svg}'",
                    HERE / "plot.gnuplot"], cwd=BENCH, check=True)
    return f"plot: {BENCH / svg}"


def report(found):
    """Prints the table, and writes it beside the JSON and the plot."""
    found["machine"] = machine()
    found["targets"] = judge(found)
    table = "\n".join(rows(found)) + "\n"
    name = found["mode"]
    (BENCH / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    (BENCH / f"{name}.txt").write_text(table)
    print(table)
    print(plot(found))
