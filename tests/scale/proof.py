"""Sends messages through a cluster while things happen to it, and checks the
result. Every message whose sender ended with 0 must be stored exactly once.
Others may be stored once, and their senders must have said why."""
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from cluster import SENDERS

RETRY = "60"  # seconds for which senders retry


@dataclass
class Result:
    messages: int
    seconds: float = 0
    happened: list = field(default_factory=list)  # (messages sent, what)
    exits: dict = field(default_factory=dict)     # text: status
    mute: list = field(default_factory=list)  # failed without a message
    stored: Counter = field(default_factory=Counter)

    def duplicates(self):
        return sum(n - 1 for n in self.stored.values() if n > 1)

    def lost(self):
        return sorted(text for text, status in self.exits.items()
                      if status == 0 and text not in self.stored)

    def strangers(self):
        return sorted(set(self.stored) - set(self.exits))

    def good(self):
        return not (self.duplicates() or self.lost() or self.mute or
                    self.strangers() or len(self.exits) != self.messages)

    def table(self):
        statuses = Counter(self.exits.values())
        rows = [("messages", self.messages),
                ("seconds", f"{self.seconds:.1f}"),
                *((f"senders that ended with {status}", statuses[status])
                  for status in sorted(statuses)),
                ("of those not 0, without a reason", len(self.mute)),
                ("stored", len(self.stored)),
                ("duplicates", self.duplicates()),
                ("lost", len(self.lost()))]
        return "\n".join(f"{name:<34}{value:>10}" for name, value in rows)


class Faults:
    """What happens, each after a given part of the messages."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.plan = [(0.15, "kill -9 of listener one", self.kill_node),
                     (0.35, "listener one again", self.restart_node),
                     (0.50, "reload of listener two", self.reload_node),
                     (0.65, "kill -9 of Redis, for a second",
                      self.restart_redis)]

    def kill_node(self):
        self.cluster.nodes["one"].kill()

    def restart_node(self):
        self.cluster.start_node("one")

    def reload_node(self):
        self.cluster.users["newcomer"] = "a password nobody uses"
        self.cluster.write_directory()
        self.cluster.reload_node("two")

    def restart_redis(self):
        self.cluster.redis.kill()
        time.sleep(1)  # it is down; nothing to wait for
        self.cluster.start_redis()

    def watch(self, result):
        """Waits until all of it has happened."""
        for part, what, do in self.plan:
            while len(result.exits) < part * result.messages:
                time.sleep(0.01)
            do()
            result.happened.append((len(result.exits), what))


def prove(cluster, messages):
    """Sends them from all senders at once, while things happen."""
    result = Result(messages)
    start = time.monotonic()

    def send(n):
        text = f"message {n}"
        sent = cluster.send(text, n % SENDERS, ("-r", RETRY))
        if sent.returncode != 0 and not sent.stdout.strip():
            result.mute.append(text)
        result.exits[text] = sent.returncode

    with ThreadPoolExecutor(SENDERS + 1) as pool:
        faults = pool.submit(Faults(cluster).watch, result)
        for sent in [pool.submit(send, n) for n in range(messages)]:
            sent.result()
        faults.result()
    result.seconds = time.monotonic() - start
    result.stored = Counter(m["text"] for m in cluster.stored())
    return result
