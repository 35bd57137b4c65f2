#!/usr/bin/env python3
"""
Hostile addresses that try to take all places of a listener.

usage: mob.py PORT MANNER ADDRESSES [EACH [PAUSE]]

Each of so many ADDRESSES from 127.0.16.1 on keeps EACH connections (8), and
connects again PAUSE seconds (1) after one has ended. MANNERs:

    wait    sends nothing, until it is cut off
    leave   sends nothing, and leaves before it is cut off
    brief   leaves at once
    half    sends a hello, and then nothing
    guess   sends a wrong proof
    pace    the same, but always every 4 seconds: by then a refused try has no
            penalty left

Prints a line when all have connected once. Ends at the end of standard input,
and prints how many connections it had.
"""
import heapq
import random
import resource
import selectors
import socket
import sys
import time
from secrets import token_bytes

from chat1 import VERSION, prefixed
from frames import frame
from p256 import G, pack

MANNERS = "wait", "leave", "brief", "half", "guess", "pace"
LEAVES = {"leave": 9.5, "brief": 0.05}  # seconds after it has connected
PACE = 4
FIRST = 127 << 24 | 16 << 8 | 1
FACTOR = 0.5, 1.5  # of a pause, so that they do not connect at the same time


def address_of(number):
    return socket.inet_ntoa((FIRST + number).to_bytes(4, "big"))


def hello():
    return frame("hello", VERSION + token_bytes(16) +
                 prefixed("B", b"bob", b"alice") + pack(G))


def wrong_response():
    return frame("response", token_bytes(64), mac=token_bytes(32))


class Mob:

    def __init__(self, port, manner, addresses, each=8, pause=1):
        self.port, self.manner = port, manner
        self.pause = PACE if manner == "pace" else pause
        self.selector = selectors.DefaultSelector()
        self.due = []  # (when, order, what, argument)
        self.order = self.connected = 0
        self.ending = False
        for number in range(addresses * each):
            self.later(0, self.connect, address_of(number % addresses))

    def later(self, seconds, what, argument):
        self.order += 1
        heapq.heappush(self.due, (time.monotonic() + seconds, self.order,
                                  what, argument))

    def again(self, address):
        self.later(self.pause * random.uniform(*FACTOR), self.connect, address)

    def connect(self, address):
        peer = socket.socket()
        peer.setblocking(False)
        try:
            peer.setsockopt(socket.IPPROTO_IP, 24, 1)  # BIND_ADDRESS_NO_PORT
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            b"\1\0\0\0\0\0\0\0")  # leave no TIME_WAIT
            peer.bind((address, 0))
            peer.connect(("127.0.0.1", self.port))
        except BlockingIOError:
            pass
        except OSError:  # no ports or descriptors left
            peer.close()
            self.again(address)
            return
        self.connected += 1
        self.selector.register(peer, selectors.EVENT_READ, address)
        if self.manner in ("half", "guess", "pace"):
            self.say(peer, hello())
        if self.manner in LEAVES:
            self.later(LEAVES[self.manner], self.leave, (peer, address))

    def leave(self, argument):
        peer, address = argument
        if peer.fileno() != -1:
            self.part(peer, address)

    def part(self, peer, address):
        self.selector.unregister(peer)
        peer.close()
        self.again(address)

    @staticmethod
    def say(peer, line):
        try:
            peer.send(line)
        except OSError:  # it has closed
            pass

    def hear(self, peer, address):
        try:
            line = peer.recv(4096)
        except OSError:
            line = b""
        if b'"challenge"' not in line:
            self.part(peer, address)
        elif self.manner in ("guess", "pace"):
            self.say(peer, wrong_response())

    def turn(self):
        """Does what is due or has happened."""
        now = time.monotonic()
        while self.due and self.due[0][0] <= now:
            _, _, what, argument = heapq.heappop(self.due)
            what(argument)
        wait = self.due[0][0] - time.monotonic() if self.due else 1
        for key, _ in self.selector.select(max(0, wait)):
            if key.fileobj is sys.stdin:
                self.ending = True
            else:
                self.hear(key.fileobj, key.data)

    def run(self):
        started = self.order
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        while not self.ending:
            self.turn()
            if started and self.connected >= started:
                print("ready", flush=True)
                started = 0
        print(self.connected, flush=True)


def main():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    port, manner, addresses, *more = sys.argv[1:]
    if manner not in MANNERS:
        sys.exit(__doc__)
    each, pause = more + ["8", "1"][len(more):]
    Mob(int(port), manner, int(addresses), int(each), float(pause)).run()


if __name__ == "__main__":
    main()
