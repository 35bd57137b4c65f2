"""Terms, points of the group, and what an attacker derives from what it saw.
"""
import hashlib
from functools import cache

PRIME = 2**61 - 1  # coefficients of points are taken modulo this
HASHES = ("H", "HMAC")  # one-way; T, a transcript, is public


class Term:
    """A value of the model. Equal values are one object."""

    __slots__ = ("tag", "args", "number")
    table = {}

    def __new__(cls, tag, *args):
        found = cls.table.get((tag, args))
        if found is None:
            found = super().__new__(cls)
            found.tag, found.args = tag, args
            found.number = len(cls.table)  # orders terms in an arbitrary way
            cls.table[tag, args] = found
        return found

    def __repr__(self):
        if self.tag == "frame":
            return " ".join(map(str, self.args))
        if self.tag == "point":
            return " + ".join("*".join([*map(str, scalars), base])
                              for (base, scalars), _ in self.args)
        if self.tag in ("H", "HMAC", "encrypted", "T"):
            return self.tag
        if self.tag == "w":
            return f"w({','.join(map(str, self.args[1::2]))})"
        return self.args[0]


def in_order(terms):
    return tuple(sorted(terms, key=lambda term: term.number))


# A point is a sum of monomials c * s1 * s2 ... * B, where c is an integer, the
# s are scalars, and B is G, M or N, whose relations nobody knows.

def point(weights):
    """Returns the point {(base, scalars): integer}."""
    return Term("point", *sorted(
        ((monomial, c) for monomial, c in weights.items() if c),
        key=lambda item: (item[0][0], [s.number for s in item[0][1]])))


@cache
def plus(p, q, sign=1):
    weights = dict(p.args)
    for monomial, c in q.args:
        weights[monomial] = weights.get(monomial, 0) + sign * c
    return point(weights)


def minus(p, q):
    return plus(p, q, -1)


@cache
def times(scalar, p):
    return point({(base, in_order(scalars + (scalar,))): c
                  for (base, scalars), c in p.args})


G, M, N = (point({(name, ()): 1}) for name in "GMN")


class Knowledge:
    """What the attacker can derive from some terms. It takes frames apart,
    applies hashes, encrypts, decrypts with keys that it has, and computes
    sums of points with multiples that it knows. It cannot invert hashes,
    take logarithms, or find xyG from xG and yG: it can make a point that is
    in the span of known points, where known scalars stand for (fixed,
    random) numbers."""

    def __init__(self, terms):
        self.known = {}  # a dict keeps the order; sets of terms have none
        self.memo = {}
        self.rows = []  # known points, in echelon form: (pivot, row)
        for term in terms:
            self.take_apart(term)
        self.span_points()
        while opened := [
                term.args[1] for term in self.of_kind("encrypted")
                if term.args[1] not in self.known
                and self.derives(term.args[0])]:
            for term in opened:
                self.take_apart(term)
            self.memo = {}
            self.span_points()

    def take_apart(self, term):
        self.known[term] = True
        if term.tag == "frame":
            for part in term.args:
                if isinstance(part, Term):
                    self.take_apart(part)

    def of_kind(self, tag):
        return [term for term in self.known if term.tag == tag]

    def derives(self, term):
        """Whether the attacker can have this term."""
        if not isinstance(term, Term) or term in self.known:
            return True
        if term not in self.memo:
            self.memo[term] = self.makes(term)
        return self.memo[term]

    def makes(self, term):
        """Whether it can be composed, known already or not."""
        if term.tag == "point":
            return not self.reduce(self.row(term))
        if term.tag in ("secret", "nonce", "id"):
            return False
        return all(map(self.derives, term.args))

    @staticmethod
    @cache
    def value(scalar):
        digest = hashlib.sha256(str(scalar.number).encode()).digest()
        return int.from_bytes(digest, "big") % PRIME

    def row(self, p):
        """Returns a point as a row over the monomials of unknown scalars."""
        row = {}
        for (base, scalars), c in p.args:
            unknown = []
            for scalar in scalars:
                if self.derives(scalar):
                    c = c * self.value(scalar) % PRIME
                else:
                    unknown.append(scalar)
            key = base, tuple(unknown)
            row[key] = (row.get(key, 0) + c) % PRIME
        return {key: c for key, c in row.items() if c}

    def reduce(self, row):
        """Returns the rest of a row after subtracting known points."""
        for pivot, known in self.rows:
            c = row.get(pivot, 0)
            if c:
                row = {key: v for key in {**row, **known}
                       if (v := (row.get(key, 0) - c * known.get(key, 0))
                           % PRIME)}
        return row

    def span_points(self):
        self.rows = []
        for p in [G, M, N] + self.of_kind("point"):
            row = self.reduce(self.row(p))
            if row:
                pivot = next(iter(row))
                inverse = pow(row[pivot], -1, PRIME)
                self.rows.append((pivot, {key: c * inverse % PRIME
                                          for key, c in row.items()}))


def tells(before, after):
    """Returns a test of a guess, or None. `after` is `before` with the right
    guess. Static equivalence, for one secret with little entropy: with the
    guess the attacker can compute something that it has seen, but could not
    compute without it, and that a wrong guess would not give; or it can
    decrypt; or it finds a relation between points."""
    for term in before.known:
        if (term.tag in HASHES and after.makes(term)
                and not before.makes(term)):
            return f"recomputes {term.tag} seen on the wire"
        if (term.tag == "encrypted" and after.derives(term.args[0])
                and not before.derives(term.args[0])):
            return "decrypts what was seen on the wire"
    if len(after.rows) < len(before.rows):
        return "finds a relation among points seen on the wire"
    return None
