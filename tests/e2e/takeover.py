"""A session that was taken over: ptrace(2) makes it run what a test wants."""
import ctypes
import os
import platform
import signal

ATTACH, DETACH, GETREGS, SETREGS, SINGLESTEP = 16, 17, 12, 13, 9
WALL = 0x40000000
SYSCALL = b"\x0f\x05"
SPIN = b"\xeb\xfe"
RED_ZONE = 4096  # below the stack; large enough for our data

CALLS = {"read": 0, "write": 1, "open": 2, "close": 3, "poll": 7, "mmap": 9, "mprotect": 10,
         "ioctl": 16, "dup": 32, "socket": 41, "connect": 42, "sendmsg": 46,
         "recvmsg": 47, "clone": 56, "fork": 57, "execve": 59, "kill": 62,
         "fcntl": 72, "ptrace": 101, "setuid": 105, "prctl": 157,
         "exit_group": 231, "openat": 257, "process_vm_readv": 310}

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 2 + [ctypes.c_void_p] * 2
libc.ptrace.restype = ctypes.c_long


def possible():
    return platform.machine() == "x86_64" and os.geteuid() == 0


class Killed(Exception):
    """The kernel killed it for a forbidden call."""

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.number = number


class Registers(ctypes.Structure):
    """struct user_regs_struct"""
    _fields_ = [(name, ctypes.c_ulonglong) for name in (
        "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax "
        "rip cs eflags rsp ss fs_base gs_base ds es fs gs").split()]


class Held:
    """A process that does not run on, even if it gets a signal other than
    SIGKILL."""

    def __init__(self, pid):
        self.pid = pid
        self.ask(ATTACH)
        os.waitpid(pid, WALL)

    def ask(self, request, data=None):
        if libc.ptrace(request, self.pid, None, data) == -1:
            raise OSError(ctypes.get_errno(), "ptrace")

    def was_killed(self):
        """Whether it was killed; if not, it runs on now."""
        try:
            self.ask(DETACH)
        except ProcessLookupError:  # it is no longer stopped
            _, status = os.waitpid(self.pid, WALL)
            return (os.WIFSIGNALED(status) and
                    os.WTERMSIG(status) == signal.SIGKILL)
        return False


class Takeover(Held):
    """Holds a session that waits in a system call, and makes calls in it."""

    def __init__(self, pid):
        super().__init__(pid)
        self.registers = Registers()
        self.ask(GETREGS, ctypes.byref(self.registers))
        self.start = self.registers.rip - len(SYSCALL)
        assert self.peek(self.start, len(SYSCALL)) == SYSCALL
        self.scratch = self.registers.rsp - RED_ZONE & ~0xf

    def peek(self, address, size):
        with open(f"/proc/{self.pid}/mem", "rb", 0) as memory:
            return os.pread(memory.fileno(), size, address)

    def poke(self, address, octets):
        with open(f"/proc/{self.pid}/mem", "r+b", 0) as memory:
            os.pwrite(memory.fileno(), octets, address)

    def set_registers(self, name, args, address):
        changed = Registers.from_buffer_copy(self.registers)
        changed.rip = address
        changed.orig_rax = (1 << 64) - 1  # so that the kernel restarts nothing
        changed.rax = CALLS[name]
        for register, value in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"),
                                   args):
            setattr(changed, register, value & (1 << 64) - 1)
        self.ask(SETREGS, ctypes.byref(changed))

    def call(self, name, *args):
        """Makes a system call. Returns its result; negative for an error
        number."""
        self.set_registers(name, args, self.start)
        self.ask(SINGLESTEP)
        _, status = os.waitpid(self.pid, WALL)
        if os.WIFSIGNALED(status):
            raise Killed(os.WTERMSIG(status))
        if os.WIFEXITED(status):
            return os.WEXITSTATUS(status)
        after = Registers()
        try:
            self.ask(GETREGS, ctypes.byref(after))
        except ProcessLookupError:  # killed since it stopped
            _, status = os.waitpid(self.pid, WALL)
            raise Killed(os.WTERMSIG(status)) from None
        return ctypes.c_longlong(after.rax).value

    def write(self, descriptor, octets):
        self.poke(self.scratch, octets)
        return self.call("write", descriptor, self.scratch, len(octets))

    def read(self, descriptor, size=512):
        """Returns what can be read within ten seconds."""
        self.poke(self.scratch, b"".join(
            (descriptor.to_bytes(4, "little"), b"\1\0\0\0")))
        assert self.call("poll", self.scratch, 1, 10000) == 1
        got = self.call("read", descriptor, self.scratch, size)
        return self.peek(self.scratch, max(got, 0))

    def go_on_with(self, name, *args):
        """Makes it repeat one call for ever, without us."""
        self.poke(self.start, b"\xb8" + CALLS[name].to_bytes(4, "little") +
                  SYSCALL + b"\xeb\xf7")
        self.let_go(name, args)

    def resume(self):
        """Continues the call in which it waited."""
        again = Registers.from_buffer_copy(self.registers)
        again.rip, again.rax = self.start, self.registers.orig_rax
        again.orig_rax = (1 << 64) - 1
        self.ask(SETREGS, ctypes.byref(again))
        self.ask(DETACH)

    def spin(self):
        self.poke(self.start, SPIN)
        self.let_go("read", ())

    def let_go(self, name, args):
        self.set_registers(name, args, self.start)
        self.ask(DETACH)
