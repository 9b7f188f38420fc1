"""Writes an event file by the published descriptions of TFRecord and of
tensorflow/core/util/event.proto, without a library: python3 tfevents.py > events.hex
"""
import struct


def crc32c(data):
    c = 0xFFFFFFFF
    for byte in data:
        c ^= byte
        for _ in range(8):
            c = (c >> 1) ^ (0x82F63B78 if c & 1 else 0)
    return c ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283  # the check value of the catalogue of CRCs


def masked(data):
    c = crc32c(data)
    return struct.pack("<I", (((c >> 15) | (c << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data):
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def varint(n):
    out = b""
    while n >= 128:
        out += bytes([n % 128 + 128])
        n //= 128
    return out + bytes([n])


def field(number, kind, payload):
    return varint(number * 8 + kind) + payload


def text(number, data):
    return field(number, 2, varint(len(data)) + data)


def event(wall, step, scalars):
    summary = b"".join(text(1, text(1, tag.encode()) + field(2, 5, struct.pack("<f", v))) for tag, v in scalars)
    return record(field(1, 1, struct.pack("<d", wall)) + field(2, 0, varint(step)) + text(5, summary))


if __name__ == "__main__":
    out = record(field(1, 1, struct.pack("<d", 1600000000.25)) + text(3, b"brain.Event:2"))
    out += event(1600000000.25, 100, [("train/loss", 0.5), ("train/lr", 5e-4)])
    out += event(1600000001.25, 1 << 40, [("val/f1/07 Golgi apparatus", 0.25)])
    out += event(0, 300, [])
    for i in range(0, len(out), 32):
        print(out[i:i + 32].hex())
