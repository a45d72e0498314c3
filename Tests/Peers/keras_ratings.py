"""Trains the seeds' rating models with Keras on the split of `ledge train --split-out`, and prints JSON.

usage: keras_ratings.py SPLIT_DIRECTORY [dot|mlp] [BATCH] [EPOCHS] [DIMENSIONS]

Needs tensorflow 2.15 from PyPI. The nets are those of the seeds: embeddings of 5 dimensions, their dot product, or
dense layers of 128 and 32 over both; Adam at 0.001; mean squared error. Nothing of this runs with the tests.
"""
import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf

L = tf.keras.layers


def rows(path):
    table = np.loadtxt(path, delimiter="\t")
    return table[:, 0].astype("int32"), table[:, 1].astype("int32"), table[:, 2].astype("float32")


def net(kind, readers, items, dimensions):
    reader, item = L.Input([1]), L.Input([1])
    p = L.Flatten()(L.Embedding(readers, dimensions)(reader))
    q = L.Flatten()(L.Embedding(items, dimensions)(item))
    if kind == "dot":
        out = L.Dot(axes=1)([q, p])
    else:
        x = L.Concatenate()([q, p])
        for width in (128, 32):
            x = L.Dense(width, activation="relu")(x)
        out = L.Dense(1)(x)
    model = tf.keras.Model([reader, item], out)
    model.compile("adam", "mean_squared_error")
    return model


def main(split, kind="dot", batch="1024", epochs="5", dimensions="5"):
    train, test = rows(f"{split}/rating.train.tsv"), rows(f"{split}/rating.test.tsv")
    readers = int(max(train[0].max(), test[0].max())) + 1
    items = int(max(train[1].max(), test[1].max())) + 1
    model = net(kind, readers, items, int(dimensions))
    for epoch in range(int(epochs)):
        start = time.perf_counter()
        history = model.fit(list(train[:2]), train[2], batch_size=int(batch), epochs=1, verbose=0)
        seconds = time.perf_counter() - start
        error = model.evaluate(list(test[:2]), test[2], batch_size=4096, verbose=0)
        print(json.dumps({
            "peer": "keras " + tf.__version__, "kind": kind, "batch": int(batch), "epoch": epoch + 1,
            "seconds": round(seconds, 3), "train_mse": round(history.history["loss"][0], 4),
            "test_mse": round(float(error), 4)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
