"""A JPEG encoder (ITU T.81) for what other encoders do not write: any sampling, scan script and table."""
import itertools
from collections import Counter, namedtuple

import numpy as np

ZIGZAG = sorted(((r, c) for r in range(8) for c in range(8)),
                key=lambda p: (p[0] + p[1], p[0] if (p[0] + p[1]) % 2 else -p[0]))
BASIS = np.array([[np.sqrt((1 if k == 0 else 2) / 8) * np.cos((2 * x + 1) * k * np.pi / 16) for x in range(8)] for k in range(8)])

Scan = namedtuple("Scan", "parts first last high low", defaults=(0, 63, 0, 0))


def segment(marker, content):
    return bytes([0xff, marker]) + (len(content) + 2).to_bytes(2, "big") + content


class Component:
    """Coefficients of a plane, quantised, by block, in the order they are sent."""

    def __init__(self, plane, h, v, most, quantiser, ident, table):
        self.h, self.v, self.id, self.table = h, v, ident, table
        height, width = plane.shape
        across, down = -(-width // (8 * most[0])) * h, -(-height // (8 * most[1])) * v
        self.width, self.height = -(-width * h // most[0]), -(-height * v // most[1])
        ys = np.minimum(np.arange(8 * down) * most[1] // v, height - 1)
        xs = np.minimum(np.arange(8 * across) * most[0] // h, width - 1)
        samples = plane[np.ix_(ys, xs)].astype(float) - 128
        blocks = samples.reshape(down, 8, across, 8).swapaxes(1, 2)
        blocks = BASIS @ blocks @ BASIS.T
        sent = np.stack([blocks[:, :, r, c] for r, c in ZIGZAG], -1)
        self.blocks = np.round(sent / quantiser).astype(int)


class Entropy:
    """Symbols and bits of a scan, coded once all are known."""

    def __init__(self):
        self.events, self.run, self.pending = [], 0, []

    def symbol(self, table, symbol, value=0, bits=0):
        self.events.append((table, symbol, value, bits))

    def bits(self, bits):
        self.events += [(None, 0, b, 1) for b in bits]

    def flush(self, table):
        if self.run:
            n = self.run.bit_length() - 1
            self.symbol(table, n << 4, self.run - (1 << n), n)
            self.bits(self.pending)
            self.run, self.pending = 0, []

    def restart(self, number):
        self.events.append(("restart", number, 0, 0))

    def value(self, table, run, v):
        n = int(abs(v)).bit_length()
        self.symbol(table, run << 4 | n, v if v > 0 else v + (1 << n) - 1, n)


def shifted(v, low):
    return int(v) >> low if v >= 0 else -(int(-v) >> low)


def coefficients(out, table, block, s, sequential):
    run = 0
    for k in range(max(s.first, 1), s.last + 1):
        v = shifted(block[k], s.low)
        if v == 0:
            run += 1
            continue
        out.flush(table)
        while run > 15:
            out.symbol(table, 0xf0)
            run -= 16
        out.value(table, run, v)
        run = 0
    if run:
        if sequential:
            out.symbol(table, 0)
        else:
            out.run += 1
            if out.run == 0x7fff:
                out.flush(table)


def refinement(out, table, block, s):
    size = [abs(int(v)) >> s.low for v in block]
    ends = max([k for k in range(s.first, s.last + 1) if size[k] == 1], default=-1)
    run, corrections = 0, []
    for k in range(s.first, s.last + 1):
        if size[k] == 0:
            run += 1
            continue
        while run > 15 and k <= ends:
            out.flush(table)
            out.symbol(table, 0xf0)
            out.bits(corrections)
            run, corrections = run - 16, []
        if size[k] > 1:
            corrections.append(size[k] & 1)
            continue
        out.flush(table)
        out.symbol(table, run << 4 | 1, int(block[k] > 0), 1)
        out.bits(corrections)
        run, corrections = 0, []
    if run or corrections:
        out.run += 1
        out.pending += corrections
        if len(out.pending) > 900:
            out.flush(table)


def units(parts, most, width, height):
    """Blocks of the scan, unit by unit, each with its component."""
    if len(parts) == 1:
        c = parts[0]
        for y, x in itertools.product(range(-(-c.height // 8)), range(-(-c.width // 8))):
            yield [(c, c.blocks[y, x])]
        return
    for y, x in itertools.product(range(-(-height // (8 * most[1]))), range(-(-width // (8 * most[0])))):
        yield [(c, c.blocks[y * c.v + j, x * c.h + i]) for c in parts for j in range(c.v) for i in range(c.h)]


def events(s, parts, tables, most, width, height, progressive, interval):
    out, mean = Entropy(), {c: 0 for c in parts}
    for n, unit in enumerate(units(parts, most, width, height)):
        if interval and n and n % interval == 0:
            out.flush(("ac", tables[parts[0]]))
            out.restart(n // interval - 1)
            mean = {c: 0 for c in parts}
        for c, block in unit:
            dc, ac = ("dc", tables[c]), ("ac", tables[c])
            if s.first == 0 and s.high:
                out.bits([int(block[0]) >> s.low & 1])
            elif s.first == 0:
                v = int(block[0]) >> s.low
                out.value(dc, 0, v - mean[c])
                mean[c] = v
            if s.last and s.high:
                refinement(out, ac, block, s)
            elif s.last:
                coefficients(out, ac, block, s, not progressive)
    out.flush(("ac", tables[parts[0]]))
    return out.events


def lengths(n):
    """Lengths of n codes: a few short ones, the rest long, so that every way of looking up is used."""
    short = min(n, 8)
    rest = 10 if n - short <= 4 else 12 if n - short <= 16 else 16
    return list(range(2, 2 + short)) + [rest] * (n - short)


def code(symbols):
    """DHT's content, and each symbol's code and length. The most frequent have the shortest."""
    order = [s for s, _ in sorted(symbols.items(), key=lambda p: (-p[1], p[0]))] or [0]
    sizes, codes, at, last = lengths(len(order)), {}, 0, 0
    for s, n in zip(order, sizes):
        at <<= n - last
        codes[s], at, last = (at, n), at + 1, n
    return bytes(sizes.count(n) for n in range(1, 17)) + bytes(order), codes


def pack(bits):
    bits += "1" * (-len(bits) % 8)
    return int("1" + bits, 2).to_bytes(len(bits) // 8 + 1, "big")[1:].replace(b"\xff", b"\xff\x00")


def encode(planes, sampling, quantisers, scans=None, ids=None, sof=0xc0, wide=False, interval=0, head=b"", between=b"",
           table_of=None, deep=None, amplify=1):
    """A file of planes of full size. sampling has (h, v) and quantisers 64 numbers, in the order sent, for each.

    table_of gives each component's Huffman table, between is put before every scan and after the last, deep
    changes the coefficients.
    """
    height, width = planes[0].shape
    most = max(h for h, _ in sampling), max(v for _, v in sampling)
    ids = ids or list(range(1, len(planes) + 1))
    parts = [Component(p, h, v, most, q, i, t) for t, (p, (h, v), q, i) in enumerate(zip(planes, sampling, quantisers, ids))]
    for c in parts:
        c.blocks = c.blocks * amplify
        if deep:
            deep(c.blocks)
    progressive = sof == 0xc2
    scans = scans or [Scan(list(range(len(planes))))]
    out = b"\xff\xd8" + head
    for t, q in enumerate(quantisers):
        out += segment(0xdb, bytes([t | 16]) + b"".join(int(v).to_bytes(2, "big") for v in q) if wide else bytes([t]) + bytes(q))
    out += segment(sof, bytes([8]) + height.to_bytes(2, "big") + width.to_bytes(2, "big") + bytes([len(parts)]) +
                   b"".join(bytes([c.id, c.h << 4 | c.v, c.table]) for c in parts))
    if interval:
        out += segment(0xdd, interval.to_bytes(2, "big"))
    for s in scans:
        chosen = [parts[i] for i in s.parts]
        tables = {c: (table_of or [0, 1, 1])[parts.index(c)] for c in chosen}
        stream = events(s, chosen, tables, most, width, height, progressive, interval)
        codes = {}
        for c in chosen:
            for kind in ("dc", "ac"):
                table = kind, tables[c]
                if table not in codes:
                    dht, codes[table] = code(Counter(sym for t, sym, _, _ in stream if t == table))
                    out += segment(0xc4, bytes([(kind == "ac") << 4 | tables[c]]) + dht)
        out += between + segment(0xda, bytes([len(chosen)]) + b"".join(bytes([c.id, tables[c] << 4 | tables[c]]) for c in chosen) +
                                 bytes([s.first, s.last, s.high << 4 | s.low]))
        bits = []
        for t, sym, value, n in stream:
            if t == "restart":
                out += pack("".join(bits)) + bytes([0xff, 0xd0 + sym % 8])
                bits = []
                continue
            if t:
                bits.append(format(codes[t][sym][0], f"0{codes[t][sym][1]}b"))
            if n:
                bits.append(format(value, f"0{n}b"))
        out += pack("".join(bits))
    return out + between + b"\xff\xd9"
