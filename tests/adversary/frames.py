"""Frames of chat1 in their only form: chat-protocol(7), FRAMES."""
import base64
import re
import time
import zlib
from binascii import Error as NotBase64
from datetime import datetime, timezone
from typing import NamedTuple

MALFORMED, WRONG_VERSION, CLOCK, NOT_AUTHENTIC, BUSY, NOT_DELIVERED, TAKEN, \
    WAIT = 1, 2, 3, 4, 6, 7, 8, 9
TYPES = "hello challenge response confirm text ack nack lines".split()
FRAME_LIMIT, TEXT_LIMIT = 1024, 87645  # bytes of a line, LF included

TEMPLATE = (
    '{"header":{"msg_type":"%s","crc":%d,"timestamp":"%s"},"message":"%s",'
    '"security":{"hmac":{"hmac_type":"SHA256","hmac_val":"%s"},'
    '"enc_type":"AES256CBC"}}\n')
FIELDS = re.compile(re.escape(TEMPLATE).replace("%s", "([^\"]*)").replace(
    "%d", "[0-9]+").encode())
INSTANT = re.compile(
    rb"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")


class Malformed(ValueError):
    """A line is not a frame, or not the expected one."""


class Frame(NamedTuple):
    kind: str
    when: int  # seconds since the epoch
    payload: bytes
    mac: bytes


def render(kind, payload, instant, mac):
    text = base64.b64encode(payload)
    return (TEMPLATE % (kind, zlib.crc32(text), instant, text.decode(),
                        mac.hex())).encode()


def frame(kind, payload=b"", when=None, mac=b""):
    """Returns a line. `when` is in seconds since the epoch; the default is
    now."""
    when = time.time() if when is None else when
    return render(kind, payload, time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(when)), mac)


def seconds(instant):
    """Returns an instant of the years 0000 to 9999, in seconds since the
    epoch."""
    year, *rest = map(int, INSTANT.fullmatch(instant).groups())
    like = 2000 + year % 400  # the calendar repeats
    days = (year - like) // 400 * 146097
    return days * 86400 + int(
        datetime(like, *rest, tzinfo=timezone.utc).timestamp())


def parse(line):
    """Returns the frame in a line. Raises Malformed unless every byte is
    right."""
    try:
        kind, instant, text, mac = FIELDS.fullmatch(line).groups()
        found = Frame(kind.decode(), seconds(instant), base64.b64decode(text),
                      bytes.fromhex(mac.decode()))
        same = render(found.kind, found.payload, instant.decode(), found.mac)
    except (AttributeError, ValueError, NotBase64):
        raise Malformed(line[:200]) from None
    if same != line or found.kind not in TYPES or len(found.mac) not in (
            0, 32):
        raise Malformed(line[:200])
    return found


def kind_of(line):
    return parse(line).kind


def payload_of(line):
    return parse(line).payload


def mac_of(line):
    return parse(line).mac


def with_mac(line, mac):
    return line.replace(b'"hmac_val":""',
                        b'"hmac_val":"%s"' % mac.hex().encode())


def without_mac(line):
    return line.replace(b'"hmac_val":"%s"' % mac_of(line).hex().encode(),
                        b'"hmac_val":""')
