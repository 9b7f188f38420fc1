"""Batches from the program hpaflow, through memory that both processes have mapped."""

import json
import mmap
import os
import shutil
import struct
import subprocess
import tempfile
import weakref

import numpy as np

try:
    from torch.utils.data import IterableDataset as _Dataset
except ImportError:
    _Dataset = object


class Error(RuntimeError):
    """hpaflow has refused the flow, or failed."""


class Batches(_Dataset):
    """The batches that a training flow feeds its network.

        data = Batches("train.flow", set={"images": "shards", "table": "split.csv", "size": 512}, batch=32, seed=1)
        for epoch in range(10):
            data.set_epoch(epoch)
            for images, targets, keys in data: ...

    images (N,C,H,W) are float32, normalised by the flow's `norm`, or uint8 as they are; targets (N,classes) are
    float32 (None where samples have no labels); keys is a list of Ids. With torch installed they are tensors, else
    arrays of NumPy; no pixel is copied. A batch's memory is used again once nothing refers to it or to a part of it:
    clone() what you keep, of more than a few.

    flow        a .flow file with an op "train", or the name of one that comes with the program
    set         its variables
    batch, seed its variables of these names
    split       "train": shuffled and augmented; "val": as for validation
    dtype       "float32" or "uint8"
    drop_last   True drops what does not fill a batch, and batches that do not go evenly over ranks; False keeps the
                last batch, and gives ranks that lack one a batch again, which is marked in `data.repeats`.
                Default: True for "train", False for "val"
    rank, world_size  of several processes that share an epoch
    torch       whether to give tensors. Default: if torch is installed
    binary      the program; default: $HPAFLOW, else hpaflow on the PATH
    workers, memory  as of hpaflow run
    slots       batches in the memory, at most

    The order follows from the seed, at any number of workers. A second iter() begins the epoch anew. state_dict()
    and load_state_dict() go on at the very batch. The program ends when this process does, however it ends.
    """

    def __init__(self, flow, set=None, batch=None, seed=None, split="train", dtype="float32", drop_last=None, rank=0, world_size=1,
                 torch=None, binary=None, workers=None, memory=None, slots=4):
        if split not in ("train", "val"):
            raise ValueError(f'split is {split!r}, want "train" or "val"')
        if dtype not in ("float32", "uint8"):
            raise ValueError(f'dtype is {dtype!r}, want "float32" or "uint8"')
        if not 0 <= rank < world_size:
            raise ValueError(f"rank is {rank} of {world_size}, want 0 to {world_size - 1}")
        if not 2 <= slots <= 256:
            raise ValueError(f"slots is {slots}, want 2 to 256")
        values = dict(set or {})
        for name, value in (("batch", batch), ("seed", seed)):
            if value is not None:
                values[name] = value
        words = ["batches", os.fspath(flow), "--split", split, "--dtype", dtype, "--rank", str(rank), "--world-size", str(world_size), "--slots", str(slots)]
        for name, value in values.items():
            words += ["--set", f"{name}={_text(value)}"]
        if drop_last is not None:
            words.append(f"--drop-last={str(bool(drop_last)).lower()}")
        for name, value in (("--workers", workers), ("--memory", memory)):
            if value is not None:
                words += [name, str(value)]
        self._words, self._slots, self._torch = [_program(binary)] + words, slots, _torch(torch)
        self._epoch, self._batch, self._records = 0, 0, 0  # where the next iter() begins
        self._head = self._producer = None
        self._at = (0, 0, 0)  # behind the last batch that was given out
        self.repeats = []  # keys of the last batch that another rank has too

    def set_epoch(self, epoch):
        """Says which epoch the next iter() goes through."""
        if epoch != self._epoch or self._batch == 0:
            self._epoch, self._batch, self._records = int(epoch), 0, 0
            self._at = (self._epoch, 0, 0)

    def state_dict(self):
        """Where the loop is: behind the last batch that it got."""
        epoch, batch, records = self._at
        return {"epoch": epoch, "batch": batch, "records": records}

    def load_state_dict(self, state):
        """Goes on from there with the next iter()."""
        self._epoch, self._batch, self._records = (int(state[k]) for k in ("epoch", "batch", "records"))
        self._at = (self._epoch, self._batch, self._records)

    def __len__(self):
        """Batches of an epoch."""
        if self._head is None:
            self._start()
        return self._head["batches"]

    @property
    def samples(self):
        """Samples of an epoch, those of all ranks."""
        return len(self) and self._head["samples"]

    def __iter__(self):
        info = self._worker()
        if info is not None and info.num_workers > 0:
            raise Error("Batches has workers of its own: DataLoader(data, batch_size=None) with num_workers=0")
        start = (self._epoch, self._records)
        if self._producer is None or self._producer.stands != start:
            self._start()
        producer = self._producer
        producer.stands = None  # in the middle of an epoch
        epoch, batch = self._epoch, self._batch
        self._batch = self._records = 0
        while True:
            frame = producer.next()
            if "keys" not in frame:  # the epoch's end
                producer.stands = (epoch + 1, 0)
                self._at = (epoch + 1, 0, 0)
                return
            batch += 1
            self._at = (epoch, batch, frame["records"])
            self.repeats = frame["keys"] if frame.get("repeat") else []
            yield producer.arrays(frame)

    def close(self):
        """Ends the program that makes the batches. Those that were given out stay as they are."""
        if self._producer is not None:
            self._producer.end()
            self._producer = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __getstate__(self):
        raise TypeError("Batches belongs to one process: make one in each")

    def _worker(self):
        return self._torch.utils.data.get_worker_info() if self._torch else None

    def _start(self):
        self.close()
        words = self._words + ["--epoch", str(self._epoch), "--records", str(self._records), "--epochs", "0"]
        self._producer = _Producer(words, self._slots, self._torch)
        self._head = self._producer.head
        self._producer.stands = (self._epoch, self._records)


class _Producer:
    """The program, and the memory that it fills."""

    def __init__(self, words, slots, torch):
        self.torch, self.slots, self.held, self.memory, self.stands = torch, slots, set(), None, None
        self.file = _shared()
        try:
            self.process = subprocess.Popen(words + ["--ring", str(self.file.fileno())], pass_fds=[self.file.fileno()], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as e:
            self.file.close()
            raise Error(f"{words[0]}: {e.strerror}") from e
        self._end = weakref.finalize(self, _end, self.process, self.file)
        self.head = self._frame()

    def next(self):
        if len(self.held) == self.slots:
            raise Error(f"all {self.slots} batches that there is memory for are still in use: clone() what you keep, or give Batches more slots")
        return self._frame()

    def _frame(self):
        length = self._read(8)
        kind, text = "", b""
        if length:
            body = self._read(struct.unpack("<Q", length)[0])
            kind, text = body[:4].decode(), body[4:]
        if kind == "data":
            text = text[8:]
        elif kind == "fail":
            self.end()
            raise Error(text.decode())
        elif kind not in ("head", "last"):
            code = self.end()
            raise Error(f"hpaflow has ended, by {'signal' if code < 0 else 'exit code'} {abs(code)}; what it said stands on standard error")
        return json.loads(text)

    def _read(self, n):
        b = self.process.stdout.read(n)
        return b if len(b) == n else b""

    def arrays(self, frame):
        size, slot = frame["slot_bytes"], frame["slot"]
        if self.memory is None:
            self.memory = mmap.mmap(self.file.fileno(), size * self.slots)
            self._pin()
        whole = np.frombuffer(self.memory, np.uint8, size, slot * size)
        self.held.add(slot)
        weakref.finalize(whole, _release, self.held, self.process.stdin, slot).atexit = False
        dtype = np.dtype(frame["dtype"])
        length = int(np.prod(frame["shape"])) * dtype.itemsize
        images, targets = whole[:length].view(dtype).reshape(frame["shape"]), None
        if frame.get("classes"):
            n, at = frame["shape"][0], -(-length // 64) * 64
            targets = whole[at:at + 4 * n * frame["classes"]].view(np.float32).reshape(n, -1)
        if self.torch:
            images, targets = self.torch.from_numpy(images), targets if targets is None else self.torch.from_numpy(targets)
        return images, targets, frame["keys"]

    def _pin(self):
        """Lets a GPU copy from the memory by itself, as from pinned tensors."""
        if self.torch and self.torch.cuda.is_available():
            self.torch.cuda.cudart().cudaHostRegister(np.frombuffer(self.memory, np.uint8).ctypes.data, len(self.memory), 0)

    def end(self):
        self._end()
        return self.process.returncode


def _release(held, stdin, slot):
    held.discard(slot)
    try:
        stdin.write(bytes([slot]))
        stdin.flush()
    except (OSError, ValueError):  # the program has ended
        pass


def _end(process, file):
    for stream in (process.stdin, process.stdout):
        try:
            stream.close()
        except OSError:
            pass
    try:
        process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    file.close()


def _shared():
    """A file in memory that has no name, so that nothing is left of it."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("hpaflow"), "r+b")
    return tempfile.TemporaryFile()


def _program(binary):
    found = shutil.which(binary or os.environ.get("HPAFLOW") or "hpaflow")
    if found is None:
        raise Error(f"there is no program {binary or os.environ.get('HPAFLOW') or 'hpaflow'}: give binary=, or set HPAFLOW, or put it on the PATH")
    return found


def _torch(wanted):
    if wanted is False:
        return None
    try:
        import torch
        import torch.utils.data
        return torch
    except ImportError:
        if wanted:
            raise
        return None


def _text(value):
    """A value as the command line takes it: lists part by commas."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return json.dumps([str(v) if isinstance(v, os.PathLike) else v for v in value])
    return str(value)
