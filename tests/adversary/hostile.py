"""JSON that nobody should write, and spellings that parsers treat differently.

A case is a name and a function of a value in a document, of a key with its
quotes, of a member, or of a whole document."""


def name_of(text):
    return repr(text) if len(text) < 40 else \
        f"{text[:20]!r}..., {len(text)} bytes"


def instead(*texts):
    """Cases that replace whatever is there by these."""
    cases = {name_of(text): lambda old, text=text: text for text in texts}
    assert len(cases) == len(texts)
    return cases


def string(*insides):
    return instead(*(b'"' + inside + b'"' for inside in insides))


def escaped(text):
    r"""Writes each character of a string as \u00xx, except its quotes."""
    return b'"' + b"".join(b"\\u%04x" % c for c in text.strip(b'"')) + b'"'


def inner(text, what):
    """Inserts something in the middle of a string."""
    half = len(text) // 2
    return text[:half] + what + text[half:] if text[:1] == b'"' else \
        b'"' + what + text + b'"'


NUMBERS = instead(
    b"00", b"01", b"-0", b"-00", b"-1", b"+1", b"--1", b"1.", b".5", b"-.5",
    b"1.0", b"0.0", b"-0.0", b"1e0", b"1E+0", b"1e-0", b"0e1", b"1e", b"1e+",
    b"1ee1", b"1e1.5", b"1.2.3", b"1,5", b"1 000", b"1_000", b"0x10", b"0b1",
    b"0o7", b"1a", b"1L", b"0x", b"-", b"+", b"e1", b"1e400", b"-1e400",
    b"1e-400", b"1e99999999999999999999", b"4294967296", b"2147483648",
    b"18446744073709551616", b"9007199254740993", b"-9223372036854775809",
    b"9" * 400, b"0." + b"0" * 400 + b"1", b"1" + b"0" * 300 + b".0",
    b"NaN", b"-NaN", b"nan", b"Infinity", b"-Infinity", b"inf", b"1#INF",
    b"\xef\xbc\x91", b"\xd9\xa1", b"1\0", b"1\x0c")
LITERALS = instead(
    b"true", b"false", b"null", b"True", b"FALSE", b"nul", b"nulll",
    b"undefined", b"None", b"tru\0", b"\xef\xbd\x8eull")
STRINGS = string(
    b"", b"\\", b"\\\\\\", b"\\\"", b"\\x41", b"\\a", b"\\'", b"\\0", b"\\u",
    b"\\u0", b"\\u00", b"\\u000", b"\\u0000", b"a\\u0000b", b"\\uZZZZ",
    b"\\u+041", b"\\u 041", b"\\U00000041", b"\\ud800", b"\\udc00",
    b"\\ud800\\ud800", b"\\ud800x", b"\\udc00\\ud800", b"\\ud834\\udd1e",
    b"\\ud83d\\u0041", b"\\uD800\\u", b"\\uffff", b"\\ufdd0", b"\\/", b"\\n",
    b"\\u000a", b"\\u0022", b"\\u005c", b"\\u007f", b"\\u0080", b"\\\n",
    b"\0", b"a\0b", b"\x01", b"\x08", b"\t", b"\n", b"\r", b"\x0b", b"\x0c",
    b"\x1b[2J", b"\x1f", b"\x7f", b"\x80", b"\xbf", b"\xc0\x80", b"\xc0\xaf",
    b"\xc1\xbf", b"\xc2", b"\xe0\x80\xaf", b"\xe0\x9f\xbf", b"\xe2\x82",
    b"\xed\xa0\x80", b"\xed\xa0\xb4\xed\xb4\x9e", b"\xed\xbf\xbf",
    b"\xef\xbb\xbf", b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"\xf0\x80\x80\xaf",
    b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80",
    b"\xf8\x88\x80\x80\x80", b"\xfe", b"\xff", b"\xe9", b"\xc2\xa0",
    b"\xc2\x80", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"x" * 300, b"x" * 600,
    b"x" * 70000, b"\\u0041" * 100, b"\\\\" * 300) | instead(
    b"''", b"'a'", b'"', b'"a', b'a"', b'"\\"', b'"a"b"', b'"a""b"', b"a",
    b"`a`", b"\xe2\x80\x9ca\xe2\x80\x9d", b'"a"+"b"', b'"a" "b"',
    b'\\"a\\"', b'"a\\', b'"\\u00')
CONTAINERS = instead(
    b"[]", b"{}", b"[[]]", b"[{}]", b'{"a":[]}', b"[,]", b"[1,]", b"[,1]",
    b"[1,,2]", b"[1 2]", b"[1:2]", b'["a":1]', b"[1", b"1]", b"[1}", b"{1]",
    b'{"a"}', b'{"a":}', b'{:1}', b'{"a" 1}', b'{"a",1}', b'{"a":1,}',
    b'{,"a":1}', b'{"a":1 "b":2}', b"{a:1}", b"{'a':1}", b"{1:1}",
    b"{null:1}", b'{"a":1:2}', b'{"a"::1}', b'{"a":1', b'"a":1}', b"{[]:1}",
    b'{"":0}', b'{"a":1,"a":1}', b'{"a":1,"a":2}', b'{"a\\u0000b":1}',
    b'{"__proto__":{}}', b"]", b"}", b",", b":", b"",
    b"[" * 300, b"[" * 300 + b"]" * 300, b'{"a":' * 100 + b"1" + b"}" * 100,
    b"[" * 80000, b'[{"":' * 16000, b'{"a":' * 2000 + b"1" + b"}" * 2000,
    b"[" * 1500 + b"]" * 1500)
BLANKS = b" ", b"\t", b"\r", b"\n", b"\r\n", b"\x0b", b"\x0c", b"\0", \
    b"\xc2\xa0", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x81\xa0", \
    b"\xe3\x80\x80", b"\xef\xbb\xbf", b" " * 300
COMMENTS = b"/**/", b"/* */", b"//\n", b"#\n", b"--\n", b"<!-- -->", b"/*"


def around(*whats):
    cases = {}
    for what in whats:
        name = name_of(what)
        cases[name + " before"] = lambda old, what=what: what + old
        cases[name + " after"] = lambda old, what=what: old + what
    return cases


SPACES = around(*BLANKS, *COMMENTS)
SPELLINGS = {
    "twice": lambda old: old + old,
    "twice, with a comma": lambda old: old + b"," + old,
    "in a list": lambda old: b"[" + old + b"]",
    "in an object": lambda old: b'{"a":' + old + b"}",
    "as a string, or not": lambda old:
        old[1:-1] if old[:1] == b'"' else b'"' + old + b'"',
    "in single quotes": lambda old: b"'" + old.strip(b'"') + b"'",
    "escaped": escaped,
    "upper case": lambda old: old.upper() + b" " * (old.upper() == old),
    "one more character": lambda old: inner(old, b"x"),
    "a NUL in it": lambda old: inner(old, b"\0"),
    "an escaped NUL in it": lambda old: inner(old, b"\\u0000"),
    "an escaped NUL behind it": lambda old:
        b'"' + old.strip(b'"') + b'\\u0000x"',
    "a zero in front": lambda old:
        b'"0' + old[1:] if old[:1] == b'"' else b"0" + old,
    "a decimal point": lambda old: old + b".0",
    "an exponent": lambda old: old + b"e0",
    "a minus": lambda old: b"-" + old,
    "a plus": lambda old: b"+" + old,
    "cut": lambda old: old[:-1],
}
VALUES = NUMBERS | LITERALS | STRINGS | CONTAINERS | SPACES | SPELLINGS

KEYS = {name: case for name, case in (SPACES | SPELLINGS).items()
        if name not in ("in a list", "a minus", "a plus")} | {
    "a title": lambda old: old.title(),
    "another": lambda old: b'"x"',
    "empty": lambda old: b'""',
    "a number": lambda old: b"1",
    "null": lambda old: b"null",
    "long": lambda old: b'"' + b"k" * 600 + b'"',
    "with a blank": lambda old: old[:-1] + b' "',
    "with a line feed": lambda old: old[:-1] + b'\n"',
    "with bytes that are not UTF-8": lambda old: old[:-1] + b'\xff"',
    "overlong": lambda old: b'"\xc1' + bytes((old[1] | 0x80,)) + old[2:],
    "another alphabet": lambda old:
        old.replace(b"e", b"\xd0\xb5").replace(b"c", b"\xd1\x81"),
}

MEMBERS = {
    "twice": lambda old: old + b"," + old,
    "twice, the other null": lambda old:
        old + b"," + old.split(b":", 1)[0] + b":null",
    "twice, the first null": lambda old:
        old.split(b":", 1)[0] + b":null," + old,
    "twice, once escaped": lambda old: old + b"," + escaped(
        old.split(b":", 1)[0]) + b":" + old.split(b":", 1)[1],
    "twice, once in upper case": lambda old:
        old.split(b":", 1)[0].upper() + b":1," + old,
    "missing": lambda old: b"",
    "without its value": lambda old: old.split(b":", 1)[0],
    "without its key": lambda old: old.split(b":", 1)[1],
    "an equals sign": lambda old: old.replace(b":", b"=", 1),
    "two colons": lambda old: old.replace(b":", b"::", 1),
    "no colon": lambda old: old.replace(b":", b"", 1),
    "a comma for the colon": lambda old: old.replace(b":", b",", 1),
    "a comma in front": lambda old: b"," + old,
    "a comma behind": lambda old: old + b",",
    "one more member": lambda old: old + b',"x":1',
    "one more in front": lambda old: b'"x":1,' + old,
    "null as well": lambda old: old + b",null",
}

DOCUMENTS = {
    "a byte order mark": lambda old: b"\xef\xbb\xbf" + old,
    "half a byte order mark": lambda old: b"\xef\xbb" + old,
    "a byte order mark of UTF-16": lambda old: b"\xff\xfe" + old,
    "UTF-16, little end first": lambda old: old.decode().encode("utf-16-le"),
    "UTF-16, big end first": lambda old: old.decode().encode("utf-16-be"),
    "UTF-32": lambda old: old.decode().encode("utf-32"),
    "UTF-7": lambda old: old.replace(b"{", b"+AHs-"),
    "upside down": lambda old: old[::-1],
    "nothing": lambda old: b"",
    "an empty list": lambda old: b"[]",
    "an empty object": lambda old: b"{}",
    "null": lambda old: b"null",
    "in a list": lambda old: b"[" + old + b"]",
    "in an object": lambda old: b'{"a":' + old + b"}",
    "as a string": lambda old: b'"' + old.replace(b'"', b'\\"') + b'"',
    "twice": lambda old: old + old,
    "twice, with a comma": lambda old: old + b"," + old,
    "one more closing brace": lambda old: old + b"}",
    "one more closing bracket": lambda old: old + b"]",
    "one more opening brace": lambda old: b"{" + old,
    "without its end": lambda old: old[:-1],
    "without its start": lambda old: old[1:],
    "the other brackets": lambda old: old.translate(
        bytes.maketrans(b"[]{}", b"{}[]")),
    "a comma behind": lambda old: old + b",",
    "a semicolon behind": lambda old: old + b";",
    "garbage behind": lambda old: old + b"garbage",
    "a NUL behind": lambda old: old + b"\0",
    "a NUL and garbage behind": lambda old: old + b"\0garbage",
    "garbage in front": lambda old: b"garbage" + old,
    "a variable": lambda old: b"x=" + old,
    "a call": lambda old: b"f(" + old + b")",
    "a guard": lambda old: b")]}'," + old,
    "a record separator": lambda old: b"\x1e" + old,
    "single quotes": lambda old: old.replace(b'"', b"'"),
    "no quotes": lambda old: old.replace(b'"', b""),
    "escaped quotes": lambda old: old.replace(b'"', b'\\"'),
    "blanks everywhere": lambda old: old.replace(b":", b" : ").replace(
        b",", b" , "),
    "upper case": lambda old: old.upper(),
} | SPACES
