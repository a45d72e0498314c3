#!/usr/bin/env python3
"""Tensors in both directions between a bundle and Python's own safetensors.

    python3 -m venv venv && venv/bin/pip install numpy safetensors
    venv/bin/python Tests/Peers/safetensors_round_trip.py LEDGE BUNDLE

LEDGE is the program, BUNDLE a bundle's directory. Ends with 0 if everything agrees.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from safetensors.numpy import load_file, save_file

LEDGE, BUNDLE = sys.argv[1], pathlib.Path(sys.argv[2])
TYPES = {"F32": np.float32, "I64": np.int64, "I32": np.int32, "I8": np.int8, "U8": np.uint8}
REFUSED = {"F16": np.float16, "F64": np.float64, "I16": np.int16, "U16": np.uint16,
           "U32": np.uint32, "U64": np.uint64, "BOOL": np.bool_}


def inspect(path):
    return subprocess.run(
        [LEDGE, "models", "inspect", str(path), "--statistics", "--json"],
        capture_output=True, text=True)


def compare(path, tensors):
    run = inspect(path)
    assert run.returncode == 0, run.stderr
    seen = {tensor["name"]: tensor for tensor in json.loads(run.stdout)}
    assert set(seen) == set(tensors), (set(seen), set(tensors))
    for name, values in tensors.items():
        tensor = seen[name]
        assert TYPES[tensor["dtype"]] == values.dtype, name
        assert tuple(tensor["shape"]) == values.shape, name
        if values.size == 0:
            continue
        exact = values.astype(np.float64)
        for member, value in [("min", exact.min()), ("max", exact.max()), ("mean", exact.mean()),
                              ("std", exact.std()), ("norm", np.linalg.norm(exact))]:
            assert np.isclose(tensor[member], value, rtol=1e-9, atol=1e-12), (name, member)
        if "row_norms" in tensor:
            norms = np.linalg.norm(exact, axis=1)
            assert np.isclose(tensor["row_norms"]["max"], norms.max()), name
    return len(tensors)


ours = load_file(BUNDLE / "weights.safetensors")
print(compare(BUNDLE / "weights.safetensors", ours), "tensors of ours, read by Python")

with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "theirs.safetensors"
    save_file(ours, path, metadata={"format": "np"})
    print(compare(path, ours), "tensors of ours, written again by Python")

    generator = np.random.default_rng(1)
    made = {"scalar": np.array(1.5, np.float32), "empty": np.zeros((0, 3), np.float32)}
    for name, kind in TYPES.items():
        for shape in [(1,), (7,), (3, 5), (2, 3, 4)]:
            values = generator.integers(0, 100, shape) if kind != np.float32 \
                else generator.normal(size=shape)
            made[f"{name} {shape}"] = np.ascontiguousarray(values.astype(kind))
    save_file(made, path)
    print(compare(path, made), "tensors of all types that are read, written by Python")

    for name, kind in REFUSED.items():
        save_file({"t": np.zeros(4, kind)}, path)
        run = inspect(path)
        assert run.returncode == 1 and f"has the dtype {name};" in run.stderr, run.stderr
    print(len(REFUSED), "other types refused by name")

    whole = (BUNDLE / "weights.safetensors").read_bytes()
    for length in [0, 7, 8, 100, len(whole) - 1]:
        path.write_bytes(whole[:length])
        assert inspect(path).returncode == 1, length
    print("5 files cut short refused")
