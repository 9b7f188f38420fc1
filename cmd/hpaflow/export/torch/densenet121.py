"""{{.Model}} as hpaflow export wrote it. Needs torch, torchvision and safetensors.

    from model import load, normalise
    net = load()
    probabilities = net(normalise(images)).sigmoid()  # images: (N,{{.Channels}},H,W), 0 to 255
"""
from pathlib import Path

import torch
import torchvision
from safetensors.torch import load_file

LABELS = {{.Labels}}
{{template "normalise" .}}

def load(folder=Path(__file__).parent):
    net = torchvision.models.{{.Model}}(num_classes={{.Classes}})
    net.features.conv0 = torch.nn.Conv2d({{.Channels}}, 64, 7, 2, 3, bias=False)
    weights = load_file(Path(folder) / "{{.Weights}}")
    net.load_state_dict({k.replace("last_linear.", "classifier."): v for k, v in weights.items()})
    return net.eval()
