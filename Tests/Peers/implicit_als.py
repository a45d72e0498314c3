"""Time and quality of PyPI's implicit (ALS) on the files of a split: three items in, ten out.

usage: implicit_als.py SPLIT_DIR [--dimensions 64] [--epochs 15] [--regularization 0.01] [--alpha 1]
                       [--part valid|test]

Prints one line of JSON: seconds of fit() and the metrics as `ledge evaluate --json` names them.
"""
import argparse
import json
import math
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # what implicit asks for: it has its own threads

import implicit
import numpy as np
import scipy.sparse as sp


def queries(path):
    for line in open(path):
        reader, draw, liked, hidden = line.rstrip("\n").split("\t")
        yield int(reader), [int(x) for x in liked.split(",")], {int(x) for x in hidden.split(",")}


def main():
    words = argparse.ArgumentParser()
    words.add_argument("split")
    words.add_argument("--dimensions", type=int, default=64)
    words.add_argument("--epochs", type=int, default=15)
    words.add_argument("--regularization", type=float, default=0.01)
    words.add_argument("--alpha", type=float, default=1.0)
    words.add_argument("--threads", type=int, default=2)
    words.add_argument("--part", choices=["valid", "test"], default="test")
    words = words.parse_args()

    rows = np.loadtxt(f"{words.split}/train.tsv", usecols=(0, 1), dtype=np.int64)
    chosen = sp.csr_matrix((np.ones(len(rows), np.float32), (rows[:, 0], rows[:, 1])))
    model = implicit.cpu.als.AlternatingLeastSquares(
        factors=words.dimensions, regularization=words.regularization, alpha=words.alpha,
        iterations=words.epochs, num_threads=words.threads, random_state=42)
    start = time.perf_counter()
    model.fit(chosen, show_progress=False)
    seconds = time.perf_counter() - start

    asked = list(queries(f"{words.split}/{words.part}.queries.tsv"))
    shape = (len(asked), chosen.shape[1])
    places = [(row, item) for row, (_, liked, _) in enumerate(asked) for item in liked]
    questions = sp.csr_matrix(
        (np.ones(len(places), np.float32), tuple(zip(*places))), shape=shape)
    answers, _ = model.recommend(
        np.arange(len(asked)), questions, N=10, recalculate_user=True,
        filter_already_liked_items=True)

    discounts = [1 / math.log2(rank + 2) for rank in range(10)]
    readers = {}
    for answer, (reader, _, hidden) in zip(answers, asked):
        hits = [item in hidden for item in answer]
        best = min(10, len(hidden))
        gain = sum(d for d, hit in zip(discounts, hits) if hit) / sum(discounts[:best])
        readers.setdefault(reader, []).append((gain, sum(hits) / best))
    means = np.mean([np.mean(draws, axis=0) for draws in readers.values()], axis=0)
    print(json.dumps({
        "peer": f"implicit {implicit.__version__} ALS", "part": words.part,
        "seconds": round(seconds, 2), "ndcg@10": round(float(means[0]), 4),
        "recall@10": round(float(means[1]), 4), **vars(words)}))


main()
