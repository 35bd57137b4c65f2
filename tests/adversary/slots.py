"""Where a case of hostile.py is applied: each place of a JSON document."""
import re
from typing import NamedTuple

from hostile import DOCUMENTS, KEYS, MEMBERS, VALUES

STRING = rb'"[^"]*"'


class Slot(NamedTuple):
    name: str
    start: int
    end: int
    cases: dict


def slots(document, keys):
    """Returns the document, and for each of these keys, its value and both."""
    yield Slot("document", 0, len(document), DOCUMENTS)
    for key in keys:
        found = re.search(rb'"%s"(\s*:\s*)(%s|\d+|)' % (key.encode(), STRING),
                          document)
        start, after, end = found.start(), found.start(1), found.end()
        yield Slot(f"key {key}", start, after, KEYS)
        if not found[2]:  # its value is an object
            continue
        yield Slot(f"member {key}", start, end, MEMBERS)
        yield Slot(f"value {key}", found.start(2), end, VALUES)


def cases(document, keys):
    """Returns the names of all cases: of the slot, and in it."""
    return [(slot.name, case) for slot in slots(document, keys)
            for case in slot.cases]


def apply(document, keys, slot_name, case):
    """Returns the document with this case in this slot."""
    slot = next(s for s in slots(document, keys) if s.name == slot_name)
    old = document[slot.start:slot.end]
    return document[:slot.start] + slot.cases[case](old) + \
        document[slot.end:]
