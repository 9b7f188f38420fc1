"""Pictures of cells for measurements."""
import numpy as np


def cells(n):
    """Spots over a gradient, with the noise of photons and of a camera: some 12 of 16 bits."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:n, 0:n].astype("f4")
    p = 300 + 100 * np.sin(x / 400) + 80 * np.cos(y / 300)
    for _ in range(n // 16):
        cy, cx, r, a = rng.integers(0, n), rng.integers(0, n), rng.uniform(8, 40), rng.uniform(200, 9000)
        s = np.s_[max(0, cy - 120):cy + 120, max(0, cx - 120):cx + 120]
        p[s] += a * np.exp(-((y[s] - cy) ** 2 + (x[s] - cx) ** 2) / (2 * r * r))
    return np.clip(rng.poisson(p) + rng.normal(0, 4, p.shape), 0, 65535).astype("u2")
