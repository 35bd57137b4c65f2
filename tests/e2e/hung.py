"""A file system that no longer answers, like a disk on a host that has gone.
"""
import ctypes
import os
import struct
import threading
import unittest

LOOKUP, GETATTR, OPEN, READ, INIT = 1, 3, 14, 15, 26  # of <linux/fuse.h>
UNMOUNT_NOW = 1 | 2  # MNT_FORCE | MNT_DETACH
LIBC = ctypes.CDLL(None, use_errno=True)


def attributes(mode):
    return struct.pack("6Q10I", 2, 1000, 2, 0, 0, 0, 0, 0, 0, mode, 1,
                       0, 0, 0, 512, 0)


class HungDisk:
    """Mounted on a folder, where each name is a file. A READ of file number
    hangs_at is never answered, and cannot be interrupted."""

    def __init__(self, folder, hangs_at):
        self.folder, self.hangs_at = str(folder), hangs_at
        self.hung = threading.Event()
        os.mkdir(folder)
        try:
            self.fd = os.open("/dev/fuse", os.O_RDWR)
        except OSError as error:
            raise unittest.SkipTest(f"/dev/fuse: {error}") from None
        options = (f"fd={self.fd},rootmode=40000,user_id=0,group_id=0,"
                   "allow_other")
        if LIBC.mount(b"hung", self.folder.encode(), b"fuse", 0,
                      options.encode()) != 0:
            os.close(self.fd)
            raise unittest.SkipTest("cannot mount: " + os.strerror(
                ctypes.get_errno()))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        try:
            while True:
                request = os.read(self.fd, 1 << 20)
                _, what, unique, node = struct.unpack_from("IIQQ", request)
                body = self.answer(what, node)
                if body is None:
                    self.hung.set()
                else:
                    os.write(self.fd, struct.pack(
                        "IiQ", 16 + len(body), 0, unique) + body)
        except OSError:  # it was unmounted
            os.close(self.fd)

    def answer(self, what, node):
        if what == INIT:
            return struct.pack("4I2H2I2H8I", 7, 31, 0, 0, 1, 1, 4096, 1,
                               0, 0, *[0] * 8)
        if what in (self.hangs_at, READ):
            return None
        attr = attributes(0o40700 if node == 1 and what == GETATTR
                          else 0o100600)
        return {LOOKUP: struct.pack("4Q2I", 2, 0, 0, 0, 0, 0) + attr,
                GETATTR: struct.pack("Q2I", 0, 0, 0) + attr,
                OPEN: struct.pack("Q2I", 1, 0, 0)}.get(what, b"")

    def let_go(self):
        """Processes that wait for it get an error."""
        LIBC.umount2(self.folder.encode(), UNMOUNT_NOW)
