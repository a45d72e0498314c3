"""Milliseconds of a two-tower training step in TensorFlow Recommenders, on Book-Crossing's shape.

usage: tfrs_step.py [BATCH 4096] [STEPS 30]
needs: tensorflow 2.15, tensorflow-recommenders 0.7.3

The model of HarperDB's recommenders: the query is the mean of three item embeddings, the candidate a
reader's embedding, 24 dimensions, in-batch softmax, Adagrad at 0.1. Prints one line of JSON.
"""
import json
import os
import sys
import time

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs

READERS, ITEMS, DIMENSIONS, QUESTION = 19_371, 271_357, 24, 3


class Towers(tfrs.Model):
    def __init__(self):
        super().__init__()
        self.items = tf.keras.layers.Embedding(ITEMS, DIMENSIONS)
        self.readers = tf.keras.layers.Embedding(READERS, DIMENSIONS)
        self.task = tfrs.tasks.Retrieval()

    def compute_loss(self, batch, training=False):
        query = tf.reduce_mean(self.items(batch["items"]), axis=1)
        return self.task(query, self.readers(batch["reader"]), compute_metrics=False)


def main(batch=4096, steps=30):
    tf.config.threading.set_intra_op_parallelism_threads(2)
    tf.config.threading.set_inter_op_parallelism_threads(2)
    random = np.random.default_rng(42)
    batches = [
        {
            "reader": tf.constant(random.integers(0, READERS, batch)),
            "items": tf.constant(random.integers(0, ITEMS, (batch, QUESTION))),
        }
        for _ in range(8)
    ]
    model = Towers()
    model.compile(optimizer=tf.keras.optimizers.legacy.Adagrad(0.1))
    step = tf.function(model.train_step)
    for warm in range(3):
        step(batches[warm])
    times = []
    for turn in range(steps):
        start = time.perf_counter()
        step(batches[turn % len(batches)])["loss"].numpy()
        times.append(time.perf_counter() - start)
    print(json.dumps({
        "peer": "tensorflow-recommenders " + tfrs.__version__, "batch": batch,
        "milliseconds": round(1e3 * sorted(times)[len(times) // 2], 2)}))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
