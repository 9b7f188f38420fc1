#!/usr/bin/python3
"""Tiny checkpoints as training programs leave them, for the tests of package statedict.

    wrapped.py DIR

Made with torch 2.15 and numpy 2.4. Each holds the weights of one small network,
a convolution and a head, wrapped and named as people's programs do, beside what
they keep with it.
"""
import argparse
import collections
import datetime
import pathlib
import sys

import numpy
import torch


def value(*shape, add=0.0):
    n = 1
    for d in shape:
        n *= d
    return (torch.arange(n, dtype=torch.float32) / 4 - 1 + add).reshape(shape)


def network(prefix="", add=0.0, head="last_linear."):
    return collections.OrderedDict(
        [
            (prefix + "conv1.weight", value(2, 3, 1, 2, add=add)),
            (prefix + "bn1.weight", value(2, add=add)),
            (prefix + "bn1.num_batches_tracked", torch.tensor(7)),
            (prefix + head + "weight", value(5, 2, add=add)),
        ]
    )


class Config:
    """Settings of a program's own."""

    def __init__(self):
        self.lr = 0.5


def main(out):
    metrics = collections.defaultdict(list)
    metrics["loss"].append(0.5)
    beside = {
        "epoch": 3,
        "best": numpy.float64(0.5),
        "step": numpy.int64(7),
        "curve": numpy.arange(3),
        "args": argparse.Namespace(lr=0.5, out=pathlib.PosixPath("/tmp")),
        "metrics": metrics,
        "order": collections.OrderedDict(a=1),
        "counts": collections.Counter("aab"),
        "when": datetime.datetime(2024, 1, 2),
        "seen": {1, 2},
        "frozen": frozenset([3]),
        "device": torch.device("cpu"),
        "dtype": torch.float32,
        "config": Config(),
        "optimizer": {"state": {0: {"step": torch.tensor(3.0), "exp_avg": value(2, 3, 1, 2)}}, "param_groups": [{"lr": 0.5, "params": [0]}]},
    }
    for protocol in (2, 4):
        torch.save(beside | {"state_dict": network("module.")}, f"{out}/beside{protocol}.pth", pickle_protocol=protocol)
    torch.save(beside | {"weights": network()}, f"{out}/beside_legacy.pth", _use_new_zipfile_serialization=False)
    torch.save({"state_dict_ema": network(add=8), "state_dict": network()}, f"{out}/averaged.pth")
    torch.save({"ema": {"module": network(add=8)}, "model": network("module.model.backbone.")}, f"{out}/inside.pth")
    lightning = network("_orig_mod.model.", head="fc.")
    lightning["loss.weight"] = value(5)
    torch.save({"network": lightning}, f"{out}/compiled.pth")
    split = collections.OrderedDict((k, v) for k, v in network("encoder.").items() if "last_linear" not in k)
    split["classifier.weight"] = value(5, 2)
    torch.save({"model_state_dict": split}, f"{out}/beside_head.pth")


if __name__ == "__main__":
    main(sys.argv[1])
