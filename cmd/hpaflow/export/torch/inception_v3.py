"""{{.Model}} with an attention head as hpaflow export wrote it. Needs torch, torchvision and safetensors.

    from model import load, normalise
    net = load()
    probabilities = net(normalise(images)).sigmoid()  # images: (N,{{.Channels}},H,W), 0 to 255
"""
from pathlib import Path

import torch.nn.functional as F
import torchvision
from safetensors.torch import load_file
from torch import nn

LABELS = {{.Labels}}
{{template "normalise" .}}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = torchvision.models.inception_v3(init_weights=False, aux_logits=False)
        self.cnn.fc = nn.Identity()
        self.cnn.Conv2d_1a_3x3.conv = nn.Conv2d({{.Channels}}, 32, 3, 2, bias=False)
        self.last_linear, self.attention = nn.Conv2d(2048, {{.Classes}}, 1), nn.Conv2d(2048, {{.Classes}}, 1)

    def features(self, x):
        for name, layer in self.cnn.named_children():
            if name not in ("avgpool", "dropout", "fc"):
                x = layer(x)
        return x
{{template "head" .}}
