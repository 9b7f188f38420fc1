"""The networks of package models in PyTorch, as the golden numbers and checks need them.

Names of tensors are those of the published checkpoints: torchvision's, and below "cnn." under an attention head.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision

CLASSES = 28


PLANES = 4  # of an image


def stem(conv):
    """The same convolution for an image's planes."""
    return nn.Conv2d(PLANES, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, bias=False)


class ResNet(nn.Module):
    def __init__(self, name):
        super().__init__()
        inner = getattr(torchvision.models, name)()
        inner.conv1 = stem(inner.conv1)
        inner.fc = nn.Identity()
        for key, module in inner.named_children():
            self.add_module(key, module)
        self.last_linear = nn.Linear(512, CLASSES)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.last_linear(self.avgpool(x).flatten(1))


class SqueezeExcite(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // 16, 1)
        self.fc2 = nn.Conv2d(channels // 16, channels, 1)

    def forward(self, x):
        gate = self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True))))
        return x * gate.sigmoid()


class Bottleneck(nn.Module):
    def __init__(self, inputs, planes, stride, first):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, 2 * planes, 1, bias=False), nn.BatchNorm2d(2 * planes)
        self.conv2 = nn.Conv2d(2 * planes, 2 * planes, 3, stride, 1, groups=32, bias=False)
        self.bn2 = nn.BatchNorm2d(2 * planes)
        self.conv3, self.bn3 = nn.Conv2d(2 * planes, 4 * planes, 1, bias=False), nn.BatchNorm2d(4 * planes)
        self.relu = nn.ReLU()
        self.se_module = SqueezeExcite(4 * planes)
        self.downsample = None
        if first:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, 4 * planes, 1, stride, bias=False), nn.BatchNorm2d(4 * planes))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.se_module(self.bn3(self.conv3(y)))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class Features(nn.Module):
    """se_resnext50_32x4d below its classifier."""

    def __init__(self):
        super().__init__()
        self.layer0 = nn.Sequential()
        for name, module in (("conv1", nn.Conv2d(PLANES, 64, 7, 2, 3, bias=False)), ("bn1", nn.BatchNorm2d(64)),
                             ("relu1", nn.ReLU()), ("pool", nn.MaxPool2d(3, 2, ceil_mode=True))):
            self.layer0.add_module(name, module)
        inputs = 64
        for stage, count in enumerate((3, 4, 6, 3)):
            blocks = []
            for i in range(count):
                blocks.append(Bottleneck(inputs, 64 << stage, 2 if stage and i == 0 else 1, i == 0))
                inputs = 256 << stage
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))

    def forward(self, x):
        for module in self.children():
            x = module(x)
        return x


def attend(features, logits, scores, size):
    if size and features.shape[-1] != size:
        features = F.adaptive_avg_pool2d(features, size)
    return (logits(features).flatten(2) * scores(features).flatten(2).softmax(2)).sum(2)


class SEResNeXt(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.cnn, self.size = Features(), size
        self.last_linear, self.attention = nn.Conv2d(2048, CLASSES, 1), nn.Conv2d(2048, CLASSES, 1)

    def forward(self, x):
        return attend(self.cnn(x), self.last_linear, self.attention, self.size)


class Inception(nn.Module):
    A = ("Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3 maxpool1 Conv2d_3b_1x1 Conv2d_4a_3x3 maxpool2 Mixed_5b Mixed_5c Mixed_5d "
         "Mixed_6a Mixed_6b Mixed_6c Mixed_6d Mixed_6e").split()
    B = "Mixed_7a Mixed_7b Mixed_7c".split()

    def __init__(self, size, aux_size):
        super().__init__()
        inner = torchvision.models.inception_v3(init_weights=False)
        inner.Conv2d_1a_3x3.conv = stem(inner.Conv2d_1a_3x3.conv)
        self.cnn = nn.Module()
        for name in self.A + self.B:
            self.cnn.add_module(name, getattr(inner, name))
        self.aux_linear, self.aux_attention = nn.Conv2d(768, CLASSES, 1), nn.Conv2d(768, CLASSES, 1)
        self.last_linear, self.attention = nn.Conv2d(2048, CLASSES, 1), nn.Conv2d(2048, CLASSES, 1)
        self.size, self.aux_size = size, aux_size

    def forward(self, x):
        for name in self.A:
            x = getattr(self.cnn, name)(x)
        features = x
        for name in self.B:
            x = getattr(self.cnn, name)(x)
        out = attend(x, self.last_linear, self.attention, self.size)
        if not self.training:
            return out
        return out, attend(features, self.aux_linear, self.aux_attention, self.aux_size)


class DenseNet(nn.Module):
    def __init__(self, name):
        super().__init__()
        inner = getattr(torchvision.models, name)()
        self.features = inner.features
        self.features.conv0 = stem(self.features.conv0)
        self.last_linear = nn.Linear(inner.classifier.in_features, CLASSES)

    def forward(self, x):
        return self.last_linear(F.relu(self.features(x)).mean((2, 3)))


class ConvNeXt(nn.Module):
    def __init__(self, name):
        super().__init__()
        import timm
        inner = timm.create_model(name, in_chans=PLANES, num_classes=CLASSES)
        self.stem, self.stages, self.head = inner.stem, inner.stages, inner.head
        self.last_linear, self.head.fc = self.head.fc, nn.Identity()

    def forward(self, x):
        return self.last_linear(self.head(self.stages(self.stem(x))))


def build(name, size=0, aux_size=0):
    """A network with PyTorch's initial weights; attention sizes as models.Options counts them."""
    if name.startswith("convnext"):
        return ConvNeXt(name)
    if name.startswith("densenet"):
        return DenseNet(name)
    if name == "se_resnext50":
        return SEResNeXt(size)
    if name == "inception_v3":
        return Inception(size, aux_size)
    return ResNet(name)


def focal(x, y, gamma=2.0):
    return (torch.exp(gamma * F.logsigmoid(-x * (2 * y - 1))) * F.binary_cross_entropy_with_logits(x, y, reduction="none")).mean()


def loss_of(out, y):
    """The loss and the logits of what a network in training gave."""
    if isinstance(out, tuple):
        return focal(out[0], y) + 0.4 * focal(out[1], y), out[0]
    return focal(out, y), out
