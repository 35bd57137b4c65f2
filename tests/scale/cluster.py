"""HAProxy, listeners and Redis on loopback, with the files of scripts/cluster.
Each server has its own address in a network chosen at random, so that the
real ports can be used without conflicts."""
import json
import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
sys.path.append(str(ROOT / "tests/e2e"))
import patience  # noqa: E402

FILES = ROOT / "scripts/cluster"
LISTEN, SEND = str(BUILD / "chat-listen"), str(BUILD / "chat-send")
NAMES = "one", "two", "three"
SENDERS = 20
PATIENCE = 50  # seconds of the patient clock, after which waiting is given up
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"  # where haproxy is
PATH = os.environ.get("PATH", os.defpath) + ":" + SBIN
STREAM = "alerts"
PYTHON = "/usr/bin/python3"  # of the handlers


def missing():
    """Returns what is not installed."""
    lacking = [name for name in ("haproxy", "redis-server", "redis-cli")
               if not shutil.which(name, path=PATH)]
    if not os.path.exists(PYTHON) or subprocess.run(
            [PYTHON, "-c", "import redis"], check=False,
            stderr=subprocess.DEVNULL).returncode != 0:
        lacking.append("python3-redis")
    return lacking


def wait_until(condition, what):
    deadline = patience.clock() + PATIENCE
    while True:
        late = patience.clock() > deadline
        if value := condition():
            return value
        if late:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.01)


def unit_setting(text, name):
    """Returns all values of a setting in a unit file."""
    joined = text.replace("\\\n", " ")
    return re.findall(rf"^{name}=(.*)$", joined, re.M)


def unit_environment(text):
    """Returns its variables: each a word, or a quoted rest of a line."""
    return dict(word.strip('"').split("=", 1)
                for line in unit_setting(text, "Environment")
                for word in re.findall(r'"[^"]*"|\S+', line))


def unit_command(command, env):
    """Expands it as systemd does: ${X} is one word, $X as many as it has."""
    words = []
    for word in command.split():
        if found := re.fullmatch(r"\$([A-Z_]+)", word):
            words += env[found[1]].split()
        else:
            words.append(re.sub(r"\$\{([A-Z_]+)\}",
                                lambda found: env[found[1]], word))
    return words


class Server:
    """A process in its own session, with its output in a file."""

    def __init__(self, argv, log, env=None):
        self.argv, self.log = argv, log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                argv, env=env, stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, start_new_session=True, cwd=log.parent)
        self.pid = self.process.pid

    def said(self):
        return self.log.read_text(errors="backslashreplace")

    def must_run(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.argv[0]} ended: {self.said()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            wait_until(lambda: self.process.poll() is not None,
                       f"the end of {self.argv[0]}")
        except AssertionError:
            self.kill()
            raise


class Cluster:
    """The whole cluster, in a folder where it leaves only logs. The options
    are for listeners, in addition to those of the unit."""

    def __init__(self, folder, version="send-proxy-v2", options=""):
        self.folder = Path(folder)
        self.folder.chmod(0o755)  # handlers are not root's
        draw = random.Random(os.environ.get("CHAT_SEED") or os.urandom(8))
        self.network = f"127.{draw.randint(1, 254)}.{draw.randint(0, 254)}"
        self.version, self.options = version, options
        self.users = {name: secrets.token_hex(16) for name in (
            "alerts", "probe", *(f"host-{n}" for n in range(SENDERS)))}
        self.directory = self.folder / "users.json"
        self.probe_directory = self.folder / "probe.json"
        self.put(ROOT / "scripts/handle-redis")
        self.write_directory()
        self.nodes, self.redis, self.balancer = {}, None, None

    def __enter__(self):
        return self

    def __exit__(self, *what):
        for server in (self.balancer, *self.nodes.values(), self.redis):
            if server and server.process.poll() is None:
                server.stop()

    def put(self, program):
        """Copies a program for other users, who may not enter the build
        folder."""
        path = self.folder / Path(program).name
        if not path.exists():  # another cluster may be running it
            shutil.copy(program, path)
            path.chmod(0o755)
        return str(path)

    def address(self, n):
        """1 is the balancer, 2 to 4 are the listeners, 5 is Redis."""
        return f"{self.network}.{n}"

    def write_directory(self):
        """The listeners get all of it, the probe what it needs."""
        self.roll_out(self.directory, self.users)
        self.roll_out(self.probe_directory, ("alerts", "probe"))

    def roll_out(self, path, names):
        """Writes it beside the old one, then renames it."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps(
            [{"username": name, "password": self.users[name], "port": 5000,
              "ip": self.address(1)} for name in names]))
        new.chmod(0o600)
        if path == self.probe_directory and os.geteuid() == 0:
            shutil.chown(new, "haproxy", "haproxy")
        new.rename(path)

    # Redis.

    def start_redis(self):
        self.redis = Server(
            ["redis-server", "--bind", self.address(5), "--port", "6379",
             "--dir", str(self.folder), "--save", "", "--appendonly", "yes",
             "--appendfsync", "always"], self.folder / "redis.log")
        wait_until(lambda: self.ask_redis("PING") == "PONG", "Redis")

    def ask_redis(self, *words):
        """Returns its answer; an empty one if it cannot be reached."""
        self.redis.must_run()
        return subprocess.run(
            ["redis-cli", "-h", self.address(5), *words], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            check=False).stdout.rstrip("\n")

    def clients(self):
        """Returns the ids of all, such as handlers that are ready; one of them
        is that of this question."""
        return set(re.findall(r"^id=(\d+)", self.ask_redis("CLIENT", "LIST"),
                              re.M))

    def stored(self):
        """Returns the messages of the stream, each as a dictionary."""
        found = json.loads(self.ask_redis(
            "--json", "XRANGE", STREAM, "-", "+") or "[]")
        return [fields if isinstance(fields, dict) else
                dict(zip(fields[::2], fields[1::2])) for _, fields in found]

    # Listeners.

    def unit(self):
        """Returns the unit template as it would be installed here."""
        text = (FILES / "chat-listen@.service").read_text()
        return text.replace("@bindir@", str(BUILD)).replace(
            "@helperdir@", str(self.folder))

    def start_node(self, name):
        """Starts a listener as systemd does, always at the same address."""
        env = unit_environment(self.unit())
        command = env["CHAT_COMMAND"].replace("192.0.2.2", self.address(5))
        env |= {"CHAT_DIRECTORY": str(self.directory),
                "CHAT_ADDRESS": self.address(2 + NAMES.index(name)),
                "CHAT_BALANCER": "127.0.0.1", "CHAT_COMMAND": command,
                "CHAT_OPTIONS": f"{env['CHAT_OPTIONS']} {self.options}",
                "PATH": PATH}
        env |= {key: value for key, value in os.environ.items()
                if key.endswith("SAN_OPTIONS")}
        others, count = self.clients(), int(env["CHAT_HANDLERS"])
        start, = unit_setting(self.unit(), "ExecStart")
        log = self.folder / f"{name}.log"
        before = len(log.read_bytes()) if log.exists() else 0
        node = Server(unit_command(start, env), log, env)
        self.nodes[name] = node

        def ready():
            node.must_run()
            return "listening on" in node.said()[before:] and \
                len(self.clients() - others) > count

        wait_until(ready, f"listener {name}")

    def reload_node(self, name):
        before = self.nodes[name].said().count(": reloaded, ")
        self.nodes[name].process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.nodes[name].said().count(": reloaded, ")
                   > before, f"the reload of {name}")

    # The balancer.

    def probe(self):
        """Returns HAProxy's check, edited as its comment says."""
        text = (FILES / "probe").read_text()
        text = re.sub(r"^directory=.*$", f"directory={self.probe_directory}",
                      text, flags=re.M)
        path = self.folder / "probe"
        path.write_text(text.replace("chat-send", self.put(SEND)))
        path.chmod(0o755)
        return str(path)

    def start_balancer(self):
        text = (FILES / "haproxy.cfg").read_text()
        if os.geteuid() != 0:
            text = re.sub(r"^\t(user|group) .*\n", "", text, flags=re.M)
        path = self.folder / "haproxy.cfg"
        path.write_text(text.replace("send-proxy-v2", self.version))
        env = {"PATH": PATH, "CHAT_CHECK": self.probe(),
               "CHAT_BIND": self.address(1) + ":5000"}
        for n, name in enumerate(NAMES):
            env[f"CHAT_{name.upper()}"] = self.address(2 + n) + ":5000"
            env[f"CHAT_PROBE_{name.upper()}"] = \
                f"{self.address(1)}:{5001 + n}"
        self.balancer = Server(
            [shutil.which("haproxy", path=PATH), "-db", "-f", str(path)],
            self.folder / "haproxy.log", env)
        wait_until(self.passes, "the balancer")

    def passes(self):
        self.balancer.must_run()
        try:
            socket.create_connection((self.address(1), 5000)).close()
        except OSError:
            return False
        return True

    def send(self, text, sender=0, options=()):
        """Returns the result of chat-send for a message through the balancer.
        """
        return subprocess.run(
            [SEND, "-q", "-d", str(self.directory), "-u", f"host-{sender}",
             *options, STREAM, text], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)

    def start(self, names=NAMES):
        if lacking := missing():
            sys.exit(f"not installed: {' '.join(lacking)}; "
                     "scripts/packages scale")
        self.start_redis()
        for name in names:
            self.start_node(name)
        self.start_balancer()
        for name in set(NAMES) - set(names):  # until checked, they count as up
            wait_until(lambda n=name: f"probes/{n} is DOWN" in
                       self.balancer.said(), f"the check of {name}")
        return self
