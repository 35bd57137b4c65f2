"""AES-256-CBC with the padding of PKCS#7 (FIPS 197, RFC 5652)."""


class BadPadding(ValueError):
    """The padding of what was decrypted is wrong."""


def make_sbox():
    box, p, q = [0x63] * 256, 1, 1
    while True:
        p = p ^ (p << 1 & 0xff) ^ (0x1b if p & 0x80 else 0)
        for shift in (1, 2, 4):
            q ^= q << shift & 0xff
        q ^= 0x09 if q & 0x80 else 0
        box[p] = q ^ 0x63
        for turn in (1, 2, 3, 4):
            box[p] ^= (q << turn | q >> 8 - turn) & 0xff
        if p == 1:
            return box


def times(factor, x):
    """Multiplies in the field of AES."""
    product = 0
    while factor:
        product ^= x if factor & 1 else 0
        x = x << 1 & 0xff ^ (0x1b if x & 0x80 else 0)
        factor >>= 1
    return product


SBOX = make_sbox()
UNBOX = [SBOX.index(x) for x in range(256)]
SHIFTED = [(i + 4 * (i % 4)) % 16 for i in range(16)]
UNSHIFTED = [SHIFTED.index(i) for i in range(16)]
TIMES = {factor: [times(factor, x) for x in range(256)]
         for factor in (1, 2, 3, 9, 11, 13, 14)}
MIX, UNMIX = (2, 3, 1, 1), (14, 11, 13, 9)


def expand(key):
    words, round_constant = [key[i:i + 4] for i in range(0, 32, 4)], 1
    for i in range(8, 60):
        word = words[-1]
        if i % 8 == 0:
            word = bytes(SBOX[b] for b in word[1:] + word[:1])
            word = bytes((word[0] ^ round_constant,)) + word[1:]
            round_constant = times(2, round_constant)
        elif i % 8 == 4:
            word = bytes(SBOX[b] for b in word)
        words.append(xor(words[i - 8], word))
    return [b"".join(words[i:i + 4]) for i in range(0, 60, 4)]


def xor(one, other):
    return bytes(a ^ b for a, b in zip(one, other))


def mix(state, matrix):
    a, b, c, d = (TIMES[factor] for factor in matrix)
    out = []
    for i in range(0, 16, 4):
        w, x, y, z = state[i:i + 4]
        out += (a[w] ^ b[x] ^ c[y] ^ d[z], d[w] ^ a[x] ^ b[y] ^ c[z],
                c[w] ^ d[x] ^ a[y] ^ b[z], b[w] ^ c[x] ^ d[y] ^ a[z])
    return out


def encrypt_block(keys, block):
    state = xor(block, keys[0])
    for key in keys[1:-1]:
        state = xor(mix([SBOX[state[i]] for i in SHIFTED], MIX), key)
    return xor([SBOX[state[i]] for i in SHIFTED], keys[-1])


def decrypt_block(keys, block):
    state = xor(block, keys[-1])
    for key in keys[-2:0:-1]:
        state = mix(xor([UNBOX[state[i]] for i in UNSHIFTED], key), UNMIX)
    return xor([UNBOX[state[i]] for i in UNSHIFTED], keys[0])


def encrypt(key, iv, text):
    keys, pad, out = expand(key), 16 - len(text) % 16, [iv]
    text += bytes((pad,)) * pad
    for i in range(0, len(text), 16):
        out.append(encrypt_block(keys, xor(text[i:i + 16], out[-1])))
    return b"".join(out[1:])


def decrypt(key, iv, data):
    """Decrypts whole blocks, at least one."""
    keys, out = expand(key), []
    for i in range(0, len(data), 16):
        block = data[i:i + 16]
        out.append(xor(decrypt_block(keys, block), iv))
        iv = block
    text = b"".join(out)
    if not 1 <= text[-1] <= 16 or text[-text[-1]:] != text[-1:] * text[-1]:
        raise BadPadding
    return text[:-text[-1]]
