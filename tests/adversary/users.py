"""Reads the user directory as chat-users(5) and RFC 8259 define it, and
nothing that either does not allow."""
import ipaddress
import json
import re
import sys

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+-]{0,63}")
LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
BLANK = re.compile(r"[ \t\r\n]*")
NOBODYS = tuple(map(ipaddress.ip_address, ("0.0.0.0", "::", "::ffff:0:0")))
ENTRY_BYTES = 16384
DEPTH = 1000  # of an entry, with its own braces
sys.setrecursionlimit(10 * DEPTH)  # that of the json module
KEYS = "username", "password", "port", "ip"


class Bad(ValueError):
    """The directory breaks a rule."""


def members(pairs):
    """Returns an object as a list of its members."""
    return [("member", key, value) for key, value in pairs]


def no_constant(text):
    raise Bad(text)


DECODER = json.JSONDecoder(object_pairs_hook=members,
                           parse_constant=no_constant)


def characters(octets):
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise Bad("not UTF-8") from None


def depth(text):
    """Returns how deep brackets and braces are nested, outside of strings."""
    now, most = 0, 0
    for c in re.sub(r'"(\\.|[^"\\])*"', "", text):
        now += (c in "[{") - (c in "]}")
        most = max(most, now)
    return most


def decode(text, at):
    """Returns a value and where it ends."""
    try:
        value, end = DECODER.raw_decode(text, at)
        json.dumps(value, ensure_ascii=False).encode()  # not a lone surrogate
    except (ValueError, RecursionError) as error:
        raise Bad(error) from None
    if depth(text[at:end]) > DEPTH:
        raise Bad("too deep")
    if "\\u0000" in re.sub(r"\\\\", "", text[at:end]):
        raise Bad("a NUL")
    return value, end


def port(value):
    if isinstance(value, str) and re.fullmatch("[0-9]{1,5}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or \
            not 1 <= value <= 65535 or value != int(value):
        raise Bad("port")
    return int(value)


def is_place(text):
    """Whether it is an IPv4 address, an IPv6 address, or a host name."""
    if not 1 <= len(text) <= 255 or not text.isascii():
        return False
    if ":" not in text and not re.fullmatch("[0-9.]*", text):
        labels = text[:-1].split(".") if text[-1] == "." else text.split(".")
        return (all(map(LABEL.fullmatch, labels)) and
                not NUMBER.fullmatch(labels[-1]))
    address, percent, interface = text.partition("%")
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return False
    if read in NOBODYS:
        return False
    local = read.is_link_local
    if ":" not in text:
        return not percent
    if not percent:
        return not local
    return local and bool(
        re.fullmatch("[A-Za-z0-9._-]{1,15}", interface))


def entry(value):
    """(name, password, port, ip)"""
    if not isinstance(value, list) or not all(
            isinstance(one, tuple) for one in value):
        raise Bad("no object")
    found = {key: [v for _, k, v in value if k == key] for key in KEYS}
    if any(len(values) != 1 for values in found.values()):
        raise Bad("a key that is missing, or twice there")
    name, password, where, ip = (found[key][0] for key in KEYS)
    if not all(isinstance(one, str) for one in (name, password, ip)):
        raise Bad("no string")
    if not NAME.fullmatch(name) or not is_place(ip) or \
            CONTROLS.search(password) or \
            not 1 <= len(password.encode()) <= 256:
        raise Bad("a value")
    return name, password, port(where), ip


def read(octets):
    """Returns the entries of a directory. Raises Bad if it breaks a rule."""
    text, entries = characters(octets), []
    at = BLANK.match(text).end()
    if text[at:at + 1] != "[":
        raise Bad("no list")
    at, first = at + 1, True
    while True:
        at = BLANK.match(text, at).end()
        if text[at:at + 1] == "]" and (first or not comma):
            break
        if not first and not comma:
            raise Bad("no comma")
        value, end = decode(text, at)
        if len(text[at:end].encode()) > ENTRY_BYTES:
            raise Bad("an entry that is too long")
        entries.append(entry(value))
        at, first = BLANK.match(text, end).end(), False
        comma = text[at:at + 1] == ","
        at += comma
    if BLANK.match(text, at + 1).end() != len(text):
        raise Bad("something after the list")
    if len({name for name, *_ in entries}) != len(entries):
        raise Bad("a name twice")
    return entries
