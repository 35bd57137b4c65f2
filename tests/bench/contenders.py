"""The contenders: each delivers the same message to a file."""
import os
import re
import shutil
import subprocess
import tempfile

from machine import (BENCH, BUILD, MESSAGE, Failed, accepts, children,
                     free_port, own_us, read_proc, reaped_us, spawn, title_of,
                     tree_of, wait_until)

STATIC = "chat, STATIC=yes"
STATIC_BUILD = BUILD / "static"
LOGGED = "chat, -o"
HANDLED = "chat, -k 8"
CONFIRMED = "relp, program"
EACH = "chat, -l -e"
SBIN = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))


class Contender:
    """A running server, and how to send a message to it."""
    name = ""
    programs = ()  # which must be installed
    package = ""  # the Debian packages that contain them
    slow = False  # so slow that few runs must suffice
    at_rest = 1      # processes
    per_session = 1  # of them
    input_file = os.devnull
    stream_share = 1  # of the lines of a stream, this part is enough
    streams_only = False

    def __init__(self, folder):
        self.folder = folder
        self.output = folder / f"{self.name}.out".replace(" ", "-")
        self.log = open(folder / "log", "ab")
        self.sent = 0
        self.servers = []
        self.start()

    @classmethod
    def missing(cls):
        return any(not shutil.which(p, path=SBIN) for p in cls.programs)

    def serve(self, *argv, **how):
        """Starts a server. Its output is where messages go."""
        with open(self.output, "ab") as output:
            self.servers.append(subprocess.Popen(
                list(map(str, argv)), stdin=subprocess.DEVNULL,
                **({"stdout": output, "stderr": self.log} | how)))
        return self.servers[-1]

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    @property
    def pid(self):
        return self.servers[0].pid

    def send(self, count, at_once=1):
        """Sends messages, each by a fresh process."""
        self.sent += count
        return spawn(self.client(), count, at_once, self.input_file)

    def settle(self):
        """Waits until everything sent has arrived, and all processes are idle.
        """
        wait_until(lambda: self.shown() >= self.sent,
                   f"{self.name}: {self.shown()} of {self.sent} messages")
        wait_until(lambda: len(tree_of(self.pid)) <= self.at_rest,
                   f"{self.name}: the end of its sessions")

    def shown(self):
        return self.output.read_text().count(MESSAGE)

    def stream(self, text, port):
        """Sends lines by one process, to this port."""
        subprocess.run(self.streamer(port), input=text, text=True, check=True)

    def has(self, line):
        """Whether the last line of a stream has arrived."""
        with open(self.output, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 1024))
            return line.encode() in file.read()

    def cpu(self):
        """Returns the CPU time until now by role, in microseconds."""
        return {"server": sum(own_us(pid) + reaped_us(pid)
                              for server in self.servers
                              for pid in tree_of(server.pid))}

    def stop(self):
        for server in self.servers:
            server.terminate()
        for server in self.servers:
            try:
                wait_until(lambda one=server: one.poll() is not None, "an end")
            except Failed:
                server.kill()
        self.log.close()


class Chat(Contender):
    """chat-listen with a directory of so many users, and chat-send."""
    at_rest = 2
    options = ()

    def __init__(self, folder, users, directory, small, build=BUILD):
        self.users = users
        self.directory = directory
        self.small = small  # the sender's directory
        self.build = build
        self.name = self.naming()
        super().__init__(folder)

    def naming(self):
        return STATIC if self.build == STATIC_BUILD else \
            f"chat, {self.users:,} users"

    def start(self):
        server = self.serve(
            self.build / "chat-listen", "-p", 0, "-u", "alice", "-q",
            "-m", 1024, "-M", 1024, "-E", "127.0.0.0/8",
            "-d", self.directory, *self.options, stderr=subprocess.PIPE)
        line = server.stderr.readline().decode()
        found = re.search(r"listening on \S+:(\d+) as alice", line)
        if not found:
            raise Failed(f"chat-listen did not start: {line}")
        self.port = int(found[1])
        self.keyholder = self.find("keyholder")

    def find(self, role):
        return next(pid for pid in children()[self.pid]
                    if role in title_of(pid))

    def client(self, directory=None):
        return [self.build / "chat-send", "-q", "-u", "bob", "-p",
                str(self.port), "-d", directory or self.small, "alice",
                MESSAGE]

    def streamer(self, port):
        return [self.build / "chat-send", "-q", "-l", "-u", "bob", "-p",
                str(port), "-d", self.small, "alice"]

    def load_argv(self):
        return self.port, self.small

    def cpu(self):
        return {"listener": own_us(self.pid),
                "keyholder": own_us(self.keyholder),
                "sessions": reaped_us(self.pid)}

    def stop(self):
        super().stop()
        self.servers[0].stderr.close()


class Each(Chat):
    """Each line of a stream is a message of its own."""
    streams_only = True
    stream_share = 200

    def naming(self):
        return EACH

    def streamer(self, port):
        program, *words = super().streamer(port)
        return [program, "-e", *words]


class Logged(Chat):
    """The same with a log. Without `known`, the log starts empty."""
    at_rest = 3

    def __init__(self, folder, directory, known=None):
        self.path = known or folder / "messages.jsonl"
        self.options = ("-o", self.path)
        super().__init__(folder, 10, directory, directory)

    def naming(self):
        return LOGGED

    def start(self):
        super().start()
        self.recorder = self.find("recorder")

    def cpu(self):
        return super().cpu() | {"recorder": own_us(self.recorder)}

    def calls(self):
        """How often the recorder has called write(2) and the like until now;
        None if that cannot be seen."""
        found = re.search(r"syscw: (\d+)", read_proc(self.recorder, "io"))
        return found and int(found[1])


class Handled(Chat):
    """The same with handlers that do nothing. The receipts tell what arrived.
    """
    at_rest = 11

    def __init__(self, folder, directory):
        folder.chmod(0o711)  # they are nobody's
        program = shutil.copy(BENCH / "handle", folder)
        os.chmod(program, 0o755)
        self.options = "-x", f"exec {program}", "-k", "8"
        super().__init__(folder, 10, directory, directory)

    def naming(self):
        return HANDLED

    def start(self):
        super().start()
        self.runner = self.find("runner")

    def shown(self):
        return self.sent

    def has(self, line):
        return True

    def cpu(self):
        return super().cpu() | {
            "runner": own_us(self.runner),
            "handlers": sum(map(own_us, children()[self.runner]))}


class Floor(Contender):
    """The minimum that could do the work: see floor.h."""
    name = "floor"

    def start(self):
        server = self.serve(BENCH / "floor_listen", stderr=subprocess.PIPE)
        self.port = int(server.stderr.readline())

    def client(self):
        return [BENCH / "floor_send", str(self.port)]

    def load_argv(self):
        return self.port, None

    def cpu(self):
        return {"listener": own_us(self.pid), "sessions": reaped_us(self.pid)}

    def stop(self):
        super().stop()
        self.servers[0].stderr.close()


class Mosquitto(Contender):
    name = "mosquitto"
    programs = ("mosquitto", "mosquitto_pub", "mosquitto_sub")
    package = "mosquitto mosquitto-clients"
    per_session = 0
    stream_share = 50
    key = "9d1f5c7730ab42e68d05b1c4f3a7e962"

    def start(self):
        self.port = free_port()
        psk = self.write("psk", f"bob:{self.key}\n")
        conf = self.write("mosquitto.conf", "\n".join((
            f"listener {self.port} 127.0.0.1", f"psk_file {psk}",
            "psk_hint bench", "use_identity_as_username true",
            "allow_anonymous false", "log_dest none",
            "user root" if os.geteuid() == 0 else "")))
        self.serve(shutil.which("mosquitto", path=SBIN), "-c", conf)
        wait_until(lambda: accepts(self.port), "mosquitto")
        self.serve(*self.command("mosquitto_sub"))
        while not self.shown():  # it has subscribed once a message arrives
            spawn(self.client(), 1)
        self.sent = self.shown()

    def command(self, program, port=None):
        return [program, "-h", "127.0.0.1", "-p", str(port or self.port), "-q", "1",
                "-t", "bench", "--psk", self.key, "--psk-identity", "bob"]

    def client(self):
        return self.command("mosquitto_pub") + ["-m", MESSAGE]

    def streamer(self, port):
        return self.command("mosquitto_pub", port) + ["-l"]


class Relp(Contender):
    """rsyslogd to rsyslogd, by RELP with a large window; no TLS."""
    name = "relp"
    programs = "rsyslogd",
    package = "rsyslog rsyslog-relp"
    stream_share = 10
    streams_only = True

    def action(self):
        return f'type="omfile" file="{self.output}"'

    def start(self):
        self.port = free_port()
        self.output.touch()
        self.run("server", f"""
            module(load="imrelp")
            module(load="omprog")
            input(type="imrelp" address="127.0.0.1" port="{self.port}")
            template(name="raw" type="string" string="%msg%\\n")
            action({self.action()} template="raw")""")
        wait_until(lambda: accepts(self.port), f"{self.name} to listen")

    def run(self, name, configuration):
        path = self.write(f"{self.name}-{name}.conf".replace(" ", "-"),
                          configuration)
        return self.serve("rsyslogd", "-n", "-f", path, "-i",
                          path.with_suffix(".pid"),
                          env=os.environ | {"PATH": SBIN})

    def stream(self, text, port):
        """rsyslogd reads the lines from a file, and does not end itself."""
        lines = self.write("relp-lines", text)
        state = tempfile.mkdtemp(dir=self.folder)
        client = self.run("client", f"""
            global(workDirectory="{state}")
            module(load="imfile")
            module(load="omrelp")
            input(type="imfile" file="{lines}" tag="bench")
            action(type="omrelp" target="127.0.0.1" port="{port}"
                   windowSize="10000")""")
        last = text.splitlines()[-1]
        wait_until(lambda: self.has(last), f"{self.name}: the last line")
        self.servers.remove(client)
        client.terminate()
        client.wait()


class Confirmed(Relp):
    """The same into a program that confirms each line, and repeats it."""
    name = CONFIRMED

    def action(self):
        return (f'type="omprog" binary="{BENCH}/handle OK" '
                f'confirmMessages="on" output="{self.output}"')


class Redis(Contender):
    """A list that is appended to, each time with a sync before the reply."""
    name = "redis"
    programs = ("redis-server", "redis-cli")
    package = "redis-server redis-tools"
    per_session = 0

    def start(self):
        self.port = free_port()
        home = self.folder / "redis"
        home.mkdir()
        self.socket = home / "socket"
        self.serve("redis-server", "--port", self.port, "--bind", "127.0.0.1",
                   "--unixsocket", self.socket, "--dir", home, "--save", "",
                   "--appendonly", "yes", "--appendfsync", "always",
                   "--auto-aof-rewrite-percentage", 0, stdout=self.log)
        wait_until(self.socket.exists, "redis-server")
        self.output = home / "appendonlydir/appendonly.aof.1.incr.aof"

    def client(self):
        return ["redis-cli", "-p", str(self.port), "RPUSH", "log", MESSAGE]


class Certified(Contender):
    """A server with TLS; its message is standard input."""

    def start(self):
        self.input_file = self.write("message", MESSAGE + "\n")
        self.server_pem = self.certify("localhost")
        self.client_pem = self.certify("bob")
        self.port = free_port()
        self.serve(*self.server())
        wait_until(lambda: accepts(self.port), self.name)

    def certify(self, name):
        """Returns a file with a key and a certificate."""
        key, pem = (self.folder / f"{name}.{end}" for end in ("key", "pem"))
        if not pem.exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                 f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                 "-keyout", key, "-out", pem], check=True, stderr=self.log)
            self.write(pem.name, pem.read_text() + key.read_text())
        return pem


class Socat(Certified):
    name = "socat"
    programs = ("socat", "openssl")
    package = "socat openssl"

    def server(self):
        return ["socat", "-u", f"OPENSSL-LISTEN:{self.port},fork,reuseaddr,"
                f"bind=127.0.0.1,backlog=1024,cert={self.server_pem},"
                f"cafile={self.client_pem},verify=1", "STDOUT"]

    def client(self):
        return ["socat", "-u", "STDIN", f"OPENSSL:localhost:{self.port},pf=ip4"
                f",cert={self.client_pem},cafile={self.server_pem},verify=1"]


class Ncat(Certified):
    name = "ncat"
    programs = ("ncat", "openssl")
    package = "ncat openssl"
    per_session = 0
    slow = True  # it reads all certificates that the host trusts

    def server(self):
        return ["ncat", "-l", "-k", "-m", "1024", "--recv-only", "--ssl",
                "--ssl-cert", self.server_pem, "--ssl-key", self.server_pem,
                "127.0.0.1", str(self.port)]

    def client(self):
        return ["ncat", "--ssl", "--send-only", "127.0.0.1", str(self.port)]


class Ssh(Contender):
    name = "ssh"
    programs = ("sshd", "ssh", "ssh-keygen")
    package = "openssh-server openssh-client"
    slow = True

    def start(self):
        self.input_file = self.write("ssh-message", MESSAGE + "\n")
        self.port = free_port()
        host, user = self.key("host"), self.key("user")
        known = self.write("known", f"[127.0.0.1]:{self.port} " +
                           host.with_suffix(".pub").read_text())
        self.options = ["-F", "none", "-i", user, "-p", str(self.port),
                        "-o", f"UserKnownHostsFile={known}"]
        conf = self.write("sshd_config", "\n".join((
            f"ListenAddress 127.0.0.1:{self.port}", f"HostKey {host}",
            f"AuthorizedKeysFile {user.with_suffix('.pub')}", "UsePAM no",
            "StrictModes no", "PidFile none", "PermitRootLogin yes",
            "MaxStartups 1000", f"ForceCommand cat >>{self.output}", "")))
        self.make_empty()
        self.serve(shutil.which("sshd", path=SBIN), "-D", "-e", "-f", conf)
        wait_until(lambda: accepts(self.port), "sshd")

    def key(self, name):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                        self.folder / name], check=True)
        return self.folder / name

    def make_empty(self):
        """The folder in which sshd of root confines itself; Debian makes it at
        boot."""
        self.empty = "/run/sshd"
        if os.geteuid() != 0 or os.path.exists(self.empty):
            self.empty = None
        else:
            os.mkdir(self.empty, 0o755)

    def client(self):
        return ["ssh", *map(str, self.options), "127.0.0.1", "cat"]

    def stop(self):
        super().stop()
        if self.empty:
            os.rmdir(self.empty)


OTHERS = (Mosquitto, Socat, Ncat, Ssh, Redis, Relp, Confirmed)
