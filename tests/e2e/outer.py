"""Runs a program with a filter that refuses one system call with EPERM, as a
container or a service may do:

    outer.py CALL [FIRST-ARGUMENT] -- PROGRAM ...

After "pretend", the call does nothing either, but reports success."""
import ctypes
import os
import struct
import sys

NUMBERS = {"x86_64": {"getrandom": 318, "prctl": 157, "setgroups": 116,
                      "setresgid": 119, "setresuid": 117},
           "aarch64": {"getrandom": 278, "prctl": 167, "setgroups": 159,
                       "setresgid": 149, "setresuid": 147}}
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE, PRETEND = 0x7fff0000, 0x00050001, 0x00050000
NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 38, 22, 2


def program(number, argument, answer):
    lines = [(LOAD, 0, 0, 0), (EQUAL, 0, 1 if argument is None else 3, number)]
    if argument is not None:
        lines += [(LOAD, 0, 0, 16), (EQUAL, 0, 1, argument)]
    lines += [(RETURN, 0, 0, answer), (RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("HBBI", *line) for line in lines), len(lines)


def main():
    end = sys.argv.index("--")
    pretend = sys.argv[1] == "pretend"
    call, *arguments = sys.argv[1 + pretend:end]
    code, count = program(NUMBERS[os.uname().machine][call],
                          int(arguments[0]) if arguments else None,
                          PRETEND if pretend else REFUSE)
    code = ctypes.create_string_buffer(code, len(code))
    head = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", count, ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) or \
            prctl(SET_SECCOMP, FILTER, head, 0, 0):
        sys.exit(77)
    os.execv(sys.argv[end + 1], sys.argv[end + 1:])


main()
