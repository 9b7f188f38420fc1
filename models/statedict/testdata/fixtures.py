#!/usr/bin/python3
"""Tiny files as torch.save writes them, for the tests of package statedict.

    fixtures.py DIR

Made with Debian's python3-torch 1.13. Values are small fractions, so that every
type of float holds them exactly.
"""
import collections
import pickle
import struct
import sys

import torch


class Call:
    """What a hostile file holds: unpickled, it would call something."""

    def __init__(self, f, *args):
        self.f, self.args = f, args

    def __reduce__(self):
        return self.f, self.args


def value(*shape):
    n = 1
    for d in shape:
        n *= d
    return (torch.arange(n, dtype=torch.float32) / 4 - 1).reshape(shape)


def main(out):
    big = value(4, 6)
    state = collections.OrderedDict(
        [
            ("module.conv.weight", value(2, 3, 1, 2)),
            ("module.half", value(5).half()),
            ("module.bfloat16", value(5).bfloat16()),
            ("module.double", value(5).double()),
            ("module.turned", big.t()),
            ("module.part", big[1:3, 2:5]),
            ("module.double_of_part", big[1:3, 2:5]),
            ("module.scalar", torch.tensor(0.5)),
            ("module.empty", torch.zeros(0, 3)),
            ("module.parameter", torch.nn.Parameter(value(3))),
            ("module.bn.num_batches_tracked", torch.tensor(7)),
        ]
    )
    inner = {"epoch": 3, "state_dict": state, "best": 0.5, "name": "resnet34"}
    torch.save(state, f"{out}/zip.pth")
    torch.save(inner, f"{out}/nested.pth")
    torch.save(inner, f"{out}/legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(state, f"{out}/protocol4.pth", pickle_protocol=4)
    torch.save({"w": torch.zeros(1).expand(1000)}, f"{out}/repeated.pth")
    torch.save({"epoch": 1, "loss": [0.5]}, f"{out}/no_tensors.pth")
    torch.save({"a": value(2), "b": Call(print, "called")}, f"{out}/calls_print.pth")
    torch.save({"a": value(2), "b": Call(eval, "1")}, f"{out}/calls_eval.pth", pickle_protocol=4)
    torch.save(torch.nn.Linear(1, 1), f"{out}/whole_module.pth")
    with open(f"{out}/plain.pkl", "wb") as f:
        pickle.dump({"a": 1}, f, 2)


if __name__ == "__main__":
    main(sys.argv[1])
