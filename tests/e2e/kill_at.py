"""Kills a process before its n-th system call: `kill_at.py PID N [child]`.

With `child`, it is the next process that PID forks. Prints `ready` once it is
traced; then `killed`, or `ended` if the process ended or N is too large.
"""
import ctypes
import os
import signal
import sys

CONT, SYSCALL, SEIZE, INTERRUPT = 7, 24, 0x4206, 0x4207
TRACE_SYSGOOD, TRACE_FORKS = 1, 0x2 | 0x4 | 0x8  # fork, vfork, clone
WALL = 0x40000000
CALL = signal.SIGTRAP | 0x80

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 2 + [ctypes.c_void_p] * 2


def ptrace(request, pid, data=None):
    if libc.ptrace(request, pid, None, data) == -1:
        raise OSError(ctypes.get_errno(), f"ptrace {request}")


def resume(pid, status, request):
    """Lets a stopped process run on; it gets its signal, unless we caused it.
    """
    number = os.WSTOPSIG(status)
    ours = status >> 16 or number in (CALL, signal.SIGTRAP)
    ptrace(request, pid, None if ours else number)


def wait_for_child(parent):
    """Returns the next child of a traced process, which is stopped then."""
    while True:
        pid, status = os.waitpid(-1, WALL)
        if not os.WIFSTOPPED(status):
            sys.exit("ended")
        if pid != parent:
            return pid, status
        resume(pid, status, CONT)


def kill_at(pid, status, number):
    calls = 0
    entry = True
    while os.WIFSTOPPED(status):
        if os.WSTOPSIG(status) == CALL:
            calls += entry
            if entry and calls == number:
                os.kill(pid, signal.SIGKILL)
                return "killed"
            entry = not entry
        resume(pid, status, SYSCALL)
        _, status = wait_for(pid)
    return "ended"


def wait_for(pid):
    while True:
        found, status = os.waitpid(-1, WALL)
        if found == pid:
            return found, status
        if os.WIFSTOPPED(status):
            resume(found, status, CONT)


def main():
    pid, number = int(sys.argv[1]), int(sys.argv[2])
    child = sys.argv[3:] == ["child"]
    ptrace(SEIZE, pid, TRACE_SYSGOOD | (TRACE_FORKS if child else 0))
    if child:
        print("ready", flush=True)
        pid, status = wait_for_child(pid)
    else:
        ptrace(INTERRUPT, pid)
        _, status = wait_for(pid)
        print("ready", flush=True)
    print(kill_at(pid, status, number), flush=True)


if __name__ == "__main__":
    main()
