#!/usr/bin/python3
"""Golden numbers of class-balanced sampling, by PyTorch.

    sampler.py DIR      writes sampler.json

Labels of some rows, the weights 1/n of their rarest label, and how often torch's WeightedRandomSampler draws each row
in a million draws with replacement.
"""
import json
import sys
from collections import Counter

import torch
from torch.utils.data import WeightedRandomSampler

DRAWS = 1_000_000

labels = [[0], [0], [0, 5], [0], [25, 0], [25], [5], [], [0, 25], [27], [], [0], [25, 5, 0], [0], [0], [1]]
count = Counter(label for row in labels for label in row or [-1])
weights = [1 / min(count[label] for label in row or [-1]) for row in labels]
torch.manual_seed(0)
drawn = Counter(WeightedRandomSampler(weights, DRAWS, replacement=True))
with open(f"{sys.argv[1]}/sampler.json", "w") as f:
    json.dump({"labels": labels, "weights": weights, "share": [drawn[i] / DRAWS for i in range(len(labels))]}, f)
    f.write("\n")
