"""A table of a million samples for hpaflow view: labels, splits, and two tables of probabilities.

    python3 bench/view.py OUT [ROWS]

Writes OUT/train.csv (Id, Target, Split), OUT/first.csv and OUT/second.csv (Id, L00.., P00..). The
same arguments give the same bytes. Then, for what the page is measured by:

    hpaflow view OUT/train.csv OUT/first.csv --http :8788
    go test ./cmd/hpaflow/view -run '^$' -bench Million -table OUT
"""

import random
import sys
import uuid


def main():
    out, rows = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    draw = random.Random(19)
    rare = [0.4 / (1 + n) ** 0.8 for n in range(28)]
    words = [f"{p / 10000:.4f}" for p in range(10001)]
    with open(f"{out}/train.csv", "w") as train, open(f"{out}/first.csv", "w") as first, open(f"{out}/second.csv", "w") as second:
        train.write("Id,Target,Split\n")
        head = ",".join(["Id"] + [f"L{n:02d}" for n in range(28)] + [f"P{n:02d}" for n in range(28)]) + "\n"
        first.write(head)
        second.write(head)
        for _ in range(rows):
            key = str(uuid.UUID(int=draw.getrandbits(128), version=4))
            labels = [n for n in range(28) if draw.random() < rare[n]]
            train.write(f"{key},{' '.join(map(str, labels))},{'val' if draw.random() < 0.1 else 'train'}\n")
            has = set(labels)
            truth = ",".join("1" if n in has else "0" for n in range(28))
            for table in (first, second):
                p = [words[int(10000 * (draw.random() ** (0.4 if n in has else 5)))] for n in range(28)]
                table.write(f"{key},{truth},{','.join(p)}\n")


if __name__ == "__main__":
    main()
