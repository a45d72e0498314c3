#!/usr/bin/env python3
"""scikit-learn's PCA and Barnes-Hut t-SNE on the same rows as `ledge models project`.

    python3 -m venv venv && venv/bin/pip install scikit-learn
    ledge models project BUNDLE --out map
    ledge models project BUNDLE --out pca --method pca
    venv/bin/python Tests/Peers/sklearn_tsne.py map [pca]

Prints the seconds that scikit-learn takes for both, its KL divergence, and that of the map in
projection.json by the same measure: exact affinities over all pairs, exact q. Then the share of
each point's 10 nearest neighbours among the rows that are among its 10 nearest on the map.
"""

import json
import pathlib
import sys
import time

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.manifold._t_sne import _joint_probabilities_nn
from sklearn.neighbors import NearestNeighbors

folder = pathlib.Path(sys.argv[1])
rows = np.loadtxt(folder / "vecs.tsv", delimiter="\t", dtype=np.float32)
projection = json.loads((folder / "projection.json").read_text())
ours = np.array([[point["x"], point["y"]] for point in projection["points"]])
perplexity = projection["perplexity"]
k = min(len(rows) - 1, int(3 * perplexity + 1))


def divergence(places):
    """KL of the whole map: sparse p as scikit-learn has it, exact q in blocks."""
    distances = NearestNeighbors(n_neighbors=k).fit(rows).kneighbors_graph(mode="distance")
    distances.data **= 2
    p = _joint_probabilities_nn(distances, perplexity, 0).tocoo()
    total = -len(places)
    for start in range(0, len(places), 1000):
        block = places[start:start + 1000]
        total += (1 / (1 + ((block[:, None] - places[None]) ** 2).sum(-1))).sum()
    squared = ((places[p.row] - places[p.col]) ** 2).sum(-1)
    return float((p.data * np.log(p.data * total * (1 + squared))).sum())


def kept(places, count=10):
    def nearest(x):
        return NearestNeighbors(n_neighbors=count).fit(x).kneighbors(return_distance=False)
    return np.mean([
        len(set(a) & set(b)) / count for a, b in zip(nearest(rows), nearest(places))])


start = time.perf_counter()
components = PCA(2).fit(rows)
print(f"PCA   {time.perf_counter() - start:6.2f} s, "
      f"explained variance ratio {components.explained_variance_ratio_}")
start, processor = time.perf_counter(), time.process_time()
tsne = TSNE(perplexity=perplexity, random_state=0)
theirs = tsne.fit_transform(rows)
print(f"t-SNE {time.perf_counter() - start:6.2f} s ({time.process_time() - processor:.0f} s of "
      f"processor time), {tsne.n_iter_ + 1} steps, "
      f"KL divergence by its own word {tsne.kl_divergence_:.4f}")
for name, places in [("scikit-learn", theirs.astype(float)), ("ledge", ours)]:
    print(f"{name:12}  KL divergence {divergence(places):.4f}, "
          f"neighbours kept {kept(places):.4f}")
if len(sys.argv) > 2:
    pca = json.loads((pathlib.Path(sys.argv[2]) / "projection.json").read_text())
    mapped = np.array([[point["x"], point["y"]] for point in pca["points"]])
    print("PCA: largest difference of a coordinate",
          np.abs(components.transform(rows) - mapped).max(),
          "ratios", pca["explained_variance_ratio"])
