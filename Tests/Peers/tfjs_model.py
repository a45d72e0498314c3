#!/usr/bin/env python3
"""A two-tower model as HarperDB's recommenders are published: trained with TensorFlow
Recommenders, wrapped in BruteForce over all training rows, converted by `tensorflowjs`.

    python3.11 -m venv venv
    venv/bin/pip install 'tensorflow-cpu==2.15.*' tensorflow-recommenders==0.7.3 tensorflowjs \\
        'setuptools<70'
    venv/bin/python Tests/Peers/tfjs_model.py DIR [items readers dimensions]

Writes into DIR:

    graph/          model.json and shards of 2 KB, float32: what `ledge models import-tfjs` reads
    graph-uint8/    the same, weights quantised to one byte
    graph-float16/  the same, to half precision
    layers/         a Keras layers model with both embedding tables
    books.csv, isbn_idxs.csv, user_idxs.csv, ratings.csv   as the book recommender loads them
    expected.json   the ids and scores that TensorFlow gives for some questions
"""

import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs

OUT = pathlib.Path(sys.argv[1])
ITEMS, READERS, DIMENSIONS = (int(word) for word in (sys.argv[2:5] or (40, 12, 8)))
BOOKS_IN = 3
LIKED = min(10, ITEMS // 4)
SHARD_BYTES = 2048


def isbn(number):
    body = f"0{10_000_000 + number:08d}"
    check = (11 - sum(int(c) * (10 - i) for i, c in enumerate(body)) % 11) % 11
    return body + ("X" if check == 10 else str(check))


def taste(reader, generator):
    """Readers of even number like books of even number, the others the others."""
    side = np.arange(reader % 2, ITEMS, 2)
    return sorted(generator.choice(side, min(LIKED, len(side)), replace=False).tolist())


def write_tables(choices):
    def table(name, header, rows):
        with open(OUT / name, "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)

    table(
        "books.csv", ["isbn", "title", "search", "author", "year", "publisher"],
        [[isbn(i), f"Book {i}", f"book {i} {'eve even' if i % 2 == 0 else 'oda odd'}",
          "Eve Even" if i % 2 == 0 else "Oda Odd", 2000 + i % 20, "House"]
         for i in range(ITEMS)])
    table("isbn_idxs.csv", ["isbn", "index"], [[isbn(i), i] for i in range(ITEMS)])
    table("user_idxs.csv", ["user_id", "index"], [[1000 + r, r] for r in range(READERS)])
    table(
        "ratings.csv", ["user_id", "isbn", "rating"],
        [[1000 + reader, isbn(item), 5 + (item + reader) % 6]
         for reader, items in enumerate(choices) for item in items])


class TwoTower(tfrs.Model):
    def __init__(self, query_model, candidate_model):
        super().__init__()
        self._query_model = query_model
        self._candidate_model = candidate_model
        self._task = tfrs.tasks.Retrieval()

    def compute_loss(self, features, training=False):
        return self._task(
            self._query_model(features["isbns"]), self._candidate_model(features["user"]))


def towers():
    books = tf.keras.Input(shape=(BOOKS_IN,))
    rows = tf.keras.layers.Embedding(ITEMS + 1, DIMENSIONS)(books)
    mean = tf.keras.layers.AveragePooling1D(pool_size=BOOKS_IN)(rows)
    query = tf.keras.Model(books, tf.keras.layers.Flatten()(mean))
    user = tf.keras.Input(shape=(1,))
    row = tf.keras.layers.Embedding(READERS + 1, DIMENSIONS)(user)
    return query, tf.keras.Model(user, tf.keras.layers.Flatten()(row))


def convert(source, target, *options, format="tf_saved_model"):
    subprocess.run(
        [sys.executable, "-m", "tensorflowjs.converters.converter", f"--input_format={format}",
         f"--weight_shard_size_bytes={SHARD_BYTES}", *options, str(source), str(target)],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    tf.keras.utils.set_random_seed(7)
    generator = np.random.default_rng(7)
    choices = [taste(reader, generator) for reader in range(READERS)]
    write_tables(choices)
    # As in the notebook: five rows for each liked book of a reader.
    rows = {"isbns": [], "user": []}
    for reader, items in enumerate(choices):
        for _ in range(len(items) * 5):
            rows["isbns"].append(generator.choice(items, BOOKS_IN))
            rows["user"].append(reader)
    dataset = tf.data.Dataset.from_tensor_slices(
        {"isbns": np.array(rows["isbns"]), "user": np.array(rows["user"])})

    model = TwoTower(*towers())
    model.compile(optimizer=tf.keras.optimizers.Adagrad(learning_rate=0.1))
    model.fit(
        dataset.repeat().shuffle(10_000, seed=7).batch(256), steps_per_epoch=100, epochs=2,
        verbose=0)

    index = tfrs.layers.factorized_top_k.BruteForce(model._query_model)
    index.index_from_dataset(
        tf.data.Dataset.zip((
            dataset.map(lambda x: x["user"]).batch(100),
            dataset.batch(100).map(lambda x: model._candidate_model(x["user"])))))

    questions = np.array([choices[reader][:BOOKS_IN] for reader in range(min(READERS, 8))])
    scores, users = index(questions)
    items = model._query_model.layers[1].get_weights()[0]
    readers = model._candidate_model.layers[1].get_weights()[0]
    (OUT / "expected.json").write_text(json.dumps({
        "rows": len(rows["user"]),
        "questions": [{
            "books": [int(i) for i in question], "reader": int(user[0]), "score": float(score[0]),
        } for question, score, user in zip(questions, scores.numpy(), users.numpy())],
        "item_row": [float(x) for x in items[3]],
        "reader_row": [float(x) for x in readers[2]],
    }, indent=1) + "\n")

    with tempfile.TemporaryDirectory() as scratch:
        saved = pathlib.Path(scratch) / "saved"
        tf.saved_model.save(index, str(saved))
        convert(saved, OUT / "graph")
        convert(saved, OUT / "graph-uint8", "--quantize_uint8=*")
        convert(saved, OUT / "graph-float16", "--quantize_float16=*")
        both = tf.keras.Model(
            [model._query_model.input, model._candidate_model.input],
            tf.keras.layers.Dot(axes=1)(
                [model._query_model.output, model._candidate_model.output]))
        both.save(f"{scratch}/both.h5")
        convert(f"{scratch}/both.h5", OUT / "layers", format="keras")


main()
