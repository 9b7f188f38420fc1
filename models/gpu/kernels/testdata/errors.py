"""Writes errors.json: how far PyTorch's float32 operations on a CPU are from its
float64 ones, on the inputs of ../torch_test.go. For each result the largest and
the mean error, as errors() of ../numbers_test.go defines them.

    pip install torch numpy; python errors.py > errors.json
"""
import json

import numpy as np
import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_num_threads(1)


def noise(seed, shape, centre, width):
    """noise of ../numbers_test.go."""
    n = int(np.prod(shape))
    with np.errstate(over="ignore"):
        z = np.uint64(seed) * np.uint64(0xD1342543DE82EF95) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    v = (z >> np.uint64(40)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)
    return torch.from_numpy((v * np.float32(width) + np.float32(centre)).reshape(shape))


def images(seed, n, h, w, c, centre, width):
    """noise of rows of channels, as (N,C,H,W)."""
    return noise(seed, (n, h, w, c), centre, width).permute(0, 3, 1, 2).contiguous()


def grads(out, dout, **leaves):
    out.backward(dout)
    return {name: leaf.grad for name, leaf in leaves.items()}


def norm_parameters(seed, c, to):
    return [to(noise(seed + 1, c, 1, 0.5)), to(noise(seed + 2, c, 0, 0.5)), noise(seed + 3, c, 0, 1), noise(seed + 4, c, 1, 0.5)]


def norm(to, rows, c, residual, relu, seed):
    y = to(images(seed, 1, rows, 1, c, 0.3, 2))
    gamma, beta, mean, var = norm_parameters(seed + 10, c, to)
    mean, var = mean.to(y.dtype), var.to(y.dtype)
    out = F.batch_norm(y, mean, var, gamma, beta, True, 0.1, 1e-5)
    if residual:
        out = out + to(images(seed + 20, 1, rows, 1, c, 0, 1))
    if relu:
        out = F.relu(out)
    dout = images(seed + 30, 1, rows, 1, c, 0.1, 1).to(y.dtype)
    return {"running mean": mean, "running variance": var, "out": out} | grads(out, dout, dy=y, dgamma=gamma, dbeta=beta)


def norm_pool(to, n, h, w, kernel, stride, pad, c, seed):
    x = to(images(seed, n, h, w, c, 0.2, 1))
    gamma, beta, mean, var = norm_parameters(seed + 10, c, lambda t: t)
    gamma[0] = -gamma[0]
    gamma, beta = to(gamma), to(beta)
    y = F.max_pool2d(F.relu(F.batch_norm(x, mean.to(x.dtype), var.to(x.dtype), gamma, beta, True, 0.1, 1e-5)), kernel, stride, pad)
    dy = images(seed + 20, n, y.shape[2], y.shape[3], c, 0.1, 1).to(x.dtype)
    return {"y": y} | grads(y, dy, dx=x, dgamma=gamma, dbeta=beta)


def adaptive(to, n, oh, ow, h, w, c, seed):
    x = to(images(seed, n, h, w, c, 0.5, 1))
    y = F.adaptive_avg_pool2d(x, (oh, ow))
    return {"y": y} | grads(y, images(seed + 1, n, oh, ow, c, 0, 1).to(x.dtype), dx=x)


def average(to, n, h, w, c, seed):
    return {"y": F.avg_pool2d(to(images(seed, n, h, w, c, 0.5, 1)), 3, 1, 1)}


def mean(to, n, plane, c, seed):
    x = to(images(seed, n, plane, 1, c, 0.5, 1))
    y = x.mean((2, 3))
    return {"y": y} | grads(y, noise(seed + 1, (n, c), 0, 1).to(x.dtype), dx=x)


def squeeze(to, n, plane, c, hidden, normed, seed):
    w1, b1 = to(noise(seed + 1, (hidden, c), 0, 0.3)), to(noise(seed + 2, hidden, 0.1, 0.1))
    w2, b2 = to(noise(seed + 3, (c, hidden), 0, 0.5)), to(noise(seed + 4, c, 0, 0.3))
    y = images(seed, n, plane, 1, c, 0.4, 1) + torch.arange(n).reshape(n, 1, 1, 1) / 4
    y, residual, dout = to(y), to(images(seed + 5, n, plane, 1, c, 0, 1)), images(seed + 6, n, plane, 1, c, 0.1, 1).to(w1.dtype)
    x, leaves = y, {}
    if normed:
        gamma, beta, m, v = norm_parameters(seed + 10, c, to)
        x = F.batch_norm(y, m.to(y.dtype), v.to(y.dtype), gamma, beta, True, 0.1, 1e-5)
        leaves = {"dgamma": gamma, "dbeta": beta}
    s = x.mean((2, 3))
    h = F.relu(F.linear(s, w1, b1))
    g = torch.sigmoid(F.linear(h, w2, b2))
    out = F.relu(x * g[:, :, None, None] + residual)
    return {"means": s, "between": h, "gates": g, "out": out} | grads(out, dout, dx=y, dw1=w1, db1=b1, dw2=w2, db2=b2, **leaves)


def linear(to, n, i, o, seed):
    x, w, b = to(noise(seed, (n, i), 0.3, 1)), to(noise(seed + 1, (o, i), 0, 0.5)), to(noise(seed + 2, o, 0, 1))
    y = F.linear(x, w, b)
    return {"y": y} | grads(y, noise(seed + 3, (n, o), 0.1, 1).to(x.dtype), dx=x, dw=w, dbias=b)


def attention(to, n, plane, c, seed):
    logits, scores = to(images(seed, n, plane, 1, c, 0.2, 2)), to(images(seed + 1, n, plane, 1, c, 30, 4))
    bias = to(noise(seed + 2, c, 0, 1))
    y = (logits * F.softmax(scores, 2)).sum((2, 3)) + bias
    return {"y": y} | grads(y, noise(seed + 3, (n, c), 0, 1).to(bias.dtype), dlogits=logits, dscores=scores, dbias=bias)


def optimiser(to, kind, decay, other, n, seed):
    p, steps = to(noise(seed, n, 0, 1)), 4
    if kind == "sgd":
        o = torch.optim.SGD([p], 0.01, 0.9, weight_decay=decay, nesterov=other)
    else:
        o = torch.optim.Adam([p], 0.01, weight_decay=decay, amsgrad=other)
    for t in range(steps):
        p.grad = noise(seed + t + 1, n, 0.1, steps - t).to(p.dtype)
        o.step()
    state = o.state[p]
    if kind == "sgd":
        return {"weights": p, "first": state["momentum_buffer"]}
    return {"weights": p, "first": state["exp_avg"], "second": state["exp_avg_sq"]}


def leaf(dtype):
    return lambda t: t.to(dtype).requires_grad_()


def error(got, want):
    e = (got.double() - want).abs()
    return [float(e.max() / want.abs().max()), float((e.square().sum() / want.square().sum()).sqrt())]


cases = [
    ("norm 20000 8", norm, (20000, 8, True, True, 7000)),
    ("norm 333 80", norm, (333, 80, False, True, 3000)),
    ("norm 9 2056", norm, (9, 2056, False, False, 5000)),
    ("norm pool", norm_pool, (2, 40, 40, 2, 2, 0, 64, 464)),
    ("norm pool padded", norm_pool, (2, 9, 7, 3, 2, 1, 64, 64)),
    ("adaptive up", adaptive, (1, 30, 30, 17, 17, 40, 200)),
    ("adaptive down", adaptive, (2, 3, 4, 7, 9, 40, 0)),
    ("average", average, (2, 17, 17, 48, 30)),
    ("mean", mean, (2, 300, 72, 20)),
    ("squeeze", squeeze, (5, 64, 80, 5, False, 207)),
    ("squeeze norm", squeeze, (5, 64, 80, 5, True, 207)),
    ("squeeze norm 264", squeeze, (6, 10, 264, 17, True, 407)),
    ("linear 512", linear, (32, 512, 28, 20)),
    ("linear 2048", linear, (2, 2048, 9, 50)),
    ("attention", attention, (3, 49, 28, 20)),
    ("attention 289", attention, (2, 289, 45, 30)),
    ("adam", optimiser, ("adam", 0, False, 5003, 5)),
    ("adam amsgrad", optimiser, ("adam", 0.1, True, 5003, 5)),
    ("sgd", optimiser, ("sgd", 0, False, 5003, 5)),
    ("sgd nesterov", optimiser, ("sgd", 0.1, True, 5003, 5)),
]
table = {}
for name, f, args in cases:
    got, want = f(leaf(torch.float32), *args), f(leaf(torch.float64), *args)
    table[name] = {k: error(got[k].detach(), want[k].detach()) for k in want}
print("{")
print(",\n".join(f'"{name}": {json.dumps(errors)}' for name, errors in table.items()))
print("}")
