#!/usr/bin/env python3
"""PyTorch at one step on a card, as JSON: what `hpaflow bench step --device gpu --json` is measured against.

    torch_step.py MODEL SIZE BATCH {train,infer} {fp32,tf32,bf16} [STEPS] [--compile]

channels_last, autocast for bf16, torch.backends.cudnn.benchmark, Adam fused. A step begins with raw planes in pinned
memory, which are copied and normalised on the card, as hpaflow's does; it ends with loss and logits asked for one step
late. Networks and losses are those of models/cpu/testdata/networks.py.
"""
import importlib.util
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NETWORKS = os.path.join(HERE, "..", "..", "models", "cpu", "testdata", "networks.py")


def networks():
    spec = importlib.util.spec_from_file_location("networks", NETWORKS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(model, size, batch, mode, precision, steps=30, compiled=False):
    import torch
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    nets = networks()
    torch.manual_seed(0)
    net = nets.build(model).cuda().to(memory_format=torch.channels_last)
    net.train(mode == "train")
    run = torch.compile(net) if compiled else net
    raw = torch.randint(0, 256, (batch, 4, size, size), dtype=torch.uint8).pin_memory()
    y = (torch.rand(batch, nets.CLASSES) < .1).float().cuda()
    adam = torch.optim.Adam(net.parameters(), 5e-4, fused=True)
    cast = torch.autocast("cuda", dtype=torch.bfloat16, enabled=precision == "bf16")

    def images():
        x = raw.cuda(non_blocking=True).to(memory_format=torch.channels_last).float()
        return x.sub_(127.5).div_(255)

    def train():
        adam.zero_grad(set_to_none=True)
        with cast:
            loss, logits = nets.loss_of(run(images()), y)
        loss.backward()
        adam.step()
        return loss.detach(), logits.detach()

    def infer():
        with torch.no_grad(), cast:
            return (run(images()),)

    step, late = train if mode == "train" else infer, None
    times = []
    for i in range(10 + steps):
        start = time.perf_counter()
        now = step()
        if late is not None:
            [t.float().cpu() for t in late]
        late = now
        if i >= 10:
            times.append(time.perf_counter() - start)
    torch.cuda.synchronize()
    median = sorted(times)[len(times) // 2]
    print(json.dumps({
        "peer": "torch " + torch.__version__ + (" compiled" if compiled else ""), "model": model, "size": size, "batch": batch, "mode": mode,
        "precision": precision, "steps": steps, "images_per_s": batch * len(times) / sum(times), "images_per_s_median": batch / median,
        "peak_mb": torch.cuda.max_memory_allocated() / 2**20, "card": torch.cuda.get_device_name(),
    }))


if __name__ == "__main__":
    args = [a for a in sys.argv[1:] if a != "--compile"]
    main(args[0], int(args[1]), int(args[2]), args[3], args[4], *map(int, args[5:]), compiled="--compile" in sys.argv)
