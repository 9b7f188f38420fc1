"""{{.Model}} with an attention head as hpaflow export wrote it. Needs torch and safetensors.

    from model import load, normalise
    net = load()
    probabilities = net(normalise(images)).sigmoid()  # images: (N,{{.Channels}},H,W), 0 to 255
"""
from pathlib import Path

import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

LABELS = {{.Labels}}
{{template "normalise" .}}

class Squeeze(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(n, n // 16, 1), nn.Conv2d(n // 16, n, 1)

    def forward(self, x):
        return x * self.fc2(F.relu(self.fc1(F.adaptive_avg_pool2d(x, 1)))).sigmoid()


class Block(nn.Module):
    def __init__(self, n, planes, stride, head):
        super().__init__()
        w = 2 * planes
        self.conv1, self.bn1 = nn.Conv2d(n, w, 1, bias=False), nn.BatchNorm2d(w)
        self.conv2, self.bn2 = nn.Conv2d(w, w, 3, stride, 1, groups=32, bias=False), nn.BatchNorm2d(w)
        self.conv3, self.bn3 = nn.Conv2d(w, 2 * w, 1, bias=False), nn.BatchNorm2d(2 * w)
        self.se_module = Squeeze(2 * w)
        self.downsample = nn.Sequential(nn.Conv2d(n, 2 * w, 1, stride, bias=False), nn.BatchNorm2d(2 * w)) if head else nn.Identity()

    def forward(self, x):
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.se_module(self.bn3(self.conv3(y))) + self.downsample(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = nn.Module()
        self.cnn.layer0 = nn.Module()
        self.cnn.layer0.conv1, self.cnn.layer0.bn1 = nn.Conv2d({{.Channels}}, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        n = 64
        for i, (planes, count) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), 1):
            blocks = [Block(n if b == 0 else 4 * planes, planes, 2 if b == 0 and i > 1 else 1, b == 0) for b in range(count)]
            setattr(self.cnn, f"layer{i}", nn.Sequential(*blocks))
            n = 4 * planes
        self.last_linear, self.attention = nn.Conv2d(n, {{.Classes}}, 1), nn.Conv2d(n, {{.Classes}}, 1)

    def features(self, x):
        c = self.cnn
        x = F.max_pool2d(F.relu(c.layer0.bn1(c.layer0.conv1(x))), 3, 2, ceil_mode=True)
        return c.layer4(c.layer3(c.layer2(c.layer1(x))))
{{template "head" .}}
