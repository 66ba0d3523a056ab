#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
"""Makes the balanced CIFAR-10 sample beside this script from the official binary archive.

    make_sample.py DIR [OUT]    DIR holds data_batch_1..5.bin and test_batch.bin

Takes the first images of every class, in file order, until each class has its share. Copies records
byte for byte; nothing is re-encoded.
"""
import pathlib
import sys

RECORD = 1 + 3 * 32 * 32
CLASSES = 10


def balanced(files, per_class):
    """The first `per_class` records of every class, in the order of the files."""
    taken = [0] * CLASSES
    for file in files:
        data = file.read_bytes()
        if len(data) % RECORD:
            sys.exit(f"{file}: not a whole number of records")
        for at in range(0, len(data), RECORD):
            label = data[at]
            if taken[label] < per_class:
                taken[label] += 1
                yield data[at:at + RECORD]
    if min(taken) < per_class:
        sys.exit(f"only {min(taken)} images of one class, {per_class} wanted")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    out = pathlib.Path(sys.argv[2] if len(sys.argv) == 3 else pathlib.Path(__file__).parent / "cifar10")
    out.mkdir(parents=True, exist_ok=True)
    parts = {
        "data_batch_1.bin": ([source / f"data_batch_{n}.bin" for n in range(1, 6)], 250),
        "test_batch.bin": ([source / "test_batch.bin"], 50),
    }
    for name, (files, per_class) in parts.items():
        (out / name).write_bytes(b"".join(balanced(files, per_class)))


if __name__ == "__main__":
    main()
