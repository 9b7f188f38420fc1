"""The augmentation of spec and policy, by OpenCV and numpy: the peer of pixels.py and loader.py.

What people would write with albumentations 0.1.8, without its overhead, and in OpenCV's favour: turns are
OpenCV's and not numpy's, and of ElasticTransform only the affine part is done, since with alpha = 1 its
field moves hardly a pixel.
"""
import random

import cv2
import numpy as np

WARP = dict(flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def clip(a):
    return np.clip(a, 0, 255).astype(np.uint8)


def contrast(a, limit):
    return clip(a.astype(np.float32) * (1 + random.uniform(-limit, limit)))


def brightness(a, limit):
    return clip(a.astype(np.float32) + random.uniform(-limit, limit) * np.mean(a))


def gamma(a, gamma_limit):
    g = random.randint(*gamma_limit) / 100
    return cv2.LUT(a, ((np.arange(256) / 255.0) ** (1.0 / g) * 255).astype(np.uint8))


def blur(a, blur_limit):
    k = random.choice(range(3, blur_limit + 1, 2))
    return cv2.blur(a, (k, k))


def motion_blur(a, blur_limit):
    k = random.choice(range(3, blur_limit + 1, 2))
    kernel = np.zeros((k, k), np.uint8)
    p, q = random.sample([(x, y) for x in range(k) for y in range(k)], 2)
    cv2.line(kernel, p, q, 1, thickness=1)
    return cv2.filter2D(a, -1, kernel / np.sum(kernel))


def shift_scale_rotate(a, shift_limit=0, scale_limit=0, rotate_limit=0):
    h, w = a.shape[:2]
    m = cv2.getRotationMatrix2D((w / 2, h / 2), random.uniform(-rotate_limit, rotate_limit), 1 + random.uniform(-scale_limit, scale_limit))
    m[0, 2] += random.uniform(-shift_limit, shift_limit) * w
    m[1, 2] += random.uniform(-shift_limit, shift_limit) * h
    return cv2.warpAffine(a, m, (w, h), **WARP)


def scale(a, scale_limit):
    s = 1 + random.uniform(-scale_limit, scale_limit)
    return cv2.resize(a, (int(a.shape[1] * s), int(a.shape[0] * s)), interpolation=cv2.INTER_LINEAR)


def grid_distortion(a, num_steps, distort_limit):
    maps = []
    for n in (a.shape[1], a.shape[0]):
        step, before, at = n // num_steps, 0, np.zeros(n, np.float32)
        for start in range(0, n, step):
            end = min(start + step, n)
            to = before + step * (1 + random.uniform(-distort_limit, distort_limit)) if end == start + step else n
            at[start:end] = np.linspace(before, to, end - start)
            before = to
        maps.append(at)
    return cv2.remap(a, *np.meshgrid(*maps), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def elastic(a, alpha, sigma, alpha_affine):
    h, w = a.shape[:2]
    c, q = np.float32((h, w)) // 2, min(h, w) // 3
    old = np.float32([c + q, [c[0] + q, c[1] - q], c - q])
    new = old + np.random.uniform(-alpha_affine, alpha_affine, (3, 2)).astype(np.float32)
    return cv2.warpAffine(a, cv2.getAffineTransform(old, new), (w, h), **WARP)


OPERATIONS = {
    "RandomContrast": contrast, "RandomBrightness": brightness, "RandomGamma": gamma, "InvertImg": lambda a: 255 - a, "Blur": blur,
    "MotionBlur": motion_blur, "Rotate": lambda a, limit: shift_scale_rotate(a, rotate_limit=limit), "ShiftScaleRotate": shift_scale_rotate,
    "RandomScale": scale, "GridDistortion": grid_distortion, "ElasticTransform": elastic,
}


def apply(a, pairs, size):
    """An image (height, width, 4) turned, flipped, changed by one of the pairs, and resized."""
    if random.random() < .5:
        turns = random.randint(0, 3)
        if turns:
            a = cv2.rotate(a, (cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)[turns - 1])
    if random.random() < .5:
        a = cv2.flip(a, random.choice((-1, 0, 1)))
    if random.random() < .5:
        a = cv2.transpose(a)
    for o in random.choice(pairs):
        if random.random() < o["p"]:
            a = OPERATIONS[o["op"]](a, **{k: v for k, v in o.items() if k not in ("op", "p")})
    if a.shape[:2] != (size, size):
        a = cv2.resize(a, (size, size), interpolation=cv2.INTER_LINEAR)
    return a
