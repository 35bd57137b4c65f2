"""P-256 (FIPS 186-4), and the points of SPAKE2 (RFC 9382)."""
from secrets import randbelow

# y^2 = x^3 - 3x + B. A point is (x, y); None is the point at infinity.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551


class NoPoint(ValueError):
    """65 bytes that are not a point."""


def decompress(odd, x):
    y = pow(x**3 - 3 * x + B, (P + 1) // 4, P)
    return (x, y if y % 2 == odd else P - y)


G = decompress(
    1, 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296)
M = decompress(
    0, 0x886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f)
N = decompress(
    1, 0xd8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49)


def draw():
    return 1 + randbelow(ORDER - 1)


def negate(point):
    return point and (point[0], P - point[1])


def on_curve(point):
    x, y = point
    return (y**2 - x**3 + 3 * x - B) % P == 0


def slope(p, q):
    """Returns the slope of the line through two points, or of the tangent;
    None if it is vertical."""
    if p[0] != q[0]:
        return (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    if (p[1] + q[1]) % P == 0:
        return None
    return (3 * p[0]**2 - 3) * pow(2 * p[1], -1, P)


def add(p, q):
    if p is None or q is None:
        return p or q
    if (rise := slope(p, q)) is None:
        return None
    x = (rise**2 - p[0] - q[0]) % P
    return (x, (rise * (p[0] - x) - p[1]) % P)


# The same with x = X/Z^2, y = Y/Z^3, which needs no inverse at each step.
def double_jacobian(x, y, z):
    if z == 0 or y == 0:
        return 1, 1, 0
    delta, gamma = z * z % P, y * y % P
    beta, alpha = x * gamma, 3 * (x - delta) * (x + delta)
    x3 = (alpha * alpha - 8 * beta) % P
    return (x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % P,
            2 * y * z % P)


def add_jacobian(x, y, z, point):
    """The second is (x, y)."""
    if z == 0:
        return *point, 1
    square = z * z % P
    h = (point[0] * square - x) % P
    r = (point[1] * square * z - y) % P
    if h == 0:
        return double_jacobian(x, y, z) if r == 0 else (1, 1, 0)
    h2 = h * h % P
    h3, v = h2 * h % P, x * h2 % P
    x3 = (r * r - h3 - 2 * v) % P
    return x3, (r * (v - x3) - y * h3) % P, z * h % P


def multiply(k, point):
    result = (1, 1, 0)
    for bit in bin(k % ORDER)[2:] if point else "":
        result = double_jacobian(*result)
        if bit == "1":
            result = add_jacobian(*result, point)
    x, y, z = result
    if z == 0:
        return None
    inverse = pow(z, -1, P)
    return (x * inverse**2 % P, y * inverse**3 % P)


def pack(point):
    if point is None:
        raise NoPoint("at infinity")
    return b"\4" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def unpack(octets):
    """Returns the point. Raises NoPoint unless it is one, in its only form."""
    point = (int.from_bytes(octets[1:33], "big"),
             int.from_bytes(octets[33:], "big"))
    if len(octets) != 65 or octets[0] != 4 or max(point) >= P or \
            not on_curve(point):
        raise NoPoint(octets)
    return point
