"""Microseconds of an exact search for the largest dot products in faiss and numpy.

usage: exact_top_k.py DIRECTORY DIMENSIONS LIMIT THREADS
needs: faiss-cpu, numpy

DIRECTORY holds rows.f32 and queries.f32, raw floats; `ledge bench kernel` writes them. Queries are asked
one at a time. Prints one line of JSON: the medians, and the rows that faiss found.
"""
import json
import os
import sys
import time

threads = sys.argv[4] if len(sys.argv) > 4 else "1"
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = threads

import faiss
import numpy as np


def median_microseconds(queries, ask):
    for query in queries[:20]:
        ask(query)
    times = []
    for query in queries:
        start = time.perf_counter()
        ask(query)
        times.append((time.perf_counter() - start) * 1e6)
    return float(np.median(times))


def main(directory, dimensions, limit, threads):
    rows = np.fromfile(f"{directory}/rows.f32", np.float32).reshape(-1, dimensions)
    queries = np.fromfile(f"{directory}/queries.f32", np.float32).reshape(-1, 1, dimensions)
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatIP(dimensions)
    index.add(rows)

    def by_numpy(query):
        scores = rows @ query[0]
        best = np.argpartition(-scores, limit)[:limit] if limit < len(scores) else np.arange(limit)
        return best[np.argsort(-scores[best], kind="stable")]

    print(json.dumps({
        "faiss": median_microseconds(queries, lambda query: index.search(query, limit)),
        "numpy": median_microseconds(queries, by_numpy),
        "rows": [index.search(query, limit)[1][0].tolist() for query in queries],
        "versions": {"faiss": faiss.__version__, "numpy": np.__version__},
    }))


main(sys.argv[1], *(int(word) for word in sys.argv[2:5]))
