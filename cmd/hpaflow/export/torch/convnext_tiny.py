"""{{.Model}} as hpaflow export wrote it. Needs torch and safetensors.

    from model import load, normalise
    net = load()
    probabilities = net(normalise(images)).sigmoid()  # images: (N,{{.Channels}},H,W), 0 to 255
"""
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

LABELS = {{.Labels}}
{{template "normalise" .}}

class Norm(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class Block(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.conv_dw, self.norm = nn.Conv2d(n, n, 7, padding=3, groups=n), nn.LayerNorm(n, 1e-6)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(n, 4 * n), "fc2": nn.Linear(4 * n, n)})
        self.gamma = nn.Parameter(torch.ones(n))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).movedim(1, -1))
        return x + (self.gamma * self.mlp["fc2"](F.gelu(self.mlp["fc1"](y)))).movedim(-1, 1)


class Stage(nn.Module):
    def __init__(self, before, n, count):
        super().__init__()
        self.downsample = nn.Sequential(Norm(before, 1e-6), nn.Conv2d(before, n, 2, 2)) if before != n else nn.Identity()
        self.blocks = nn.Sequential(*(Block(n) for _ in range(count)))

    def forward(self, x):
        return self.blocks(self.downsample(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d({{.Channels}}, 96, 4, 4), Norm(96, 1e-6))
        sizes = ((96, 96, 3), (96, 192, 3), (192, 384, 9), (384, 768, 3))
        self.stages = nn.Sequential(*(Stage(*size) for size in sizes))
        self.head = nn.ModuleDict({"norm": nn.LayerNorm(768, 1e-6)})
        self.last_linear = nn.Linear(768, {{.Classes}})

    def forward(self, x):
        return self.last_linear(self.head["norm"](self.stages(self.stem(x)).mean((2, 3))))


def load(folder=Path(__file__).parent):
    net = Net()
    net.load_state_dict(load_file(Path(folder) / "{{.Weights}}"))
    return net.eval()
