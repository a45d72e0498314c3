"""The recommender of `ledge bench serve` behind FastAPI and uvicorn.

usage: serve_fastapi.py DIRECTORY PORT hello|numpy|onnxruntime|tensorflow [WORKERS]
needs: fastapi, uvicorn[standard], and numpy; onnx and onnxruntime; or tensorflow and tensorflow-recommenders

DIRECTORY holds the model as `ledge bench serve` writes it. Three keys become the mean of their rows, the reader
with the largest product is found, and the best rated ten of that reader's items are the answer. `tensorflow` saves
a BruteForce layer over the readers and loads it again, as HarperDB's recommenders do; `hello` has no model.
"""
import json
import os
import sys

FOLDER, MODE = "LEDGE_PEER_DIRECTORY", "LEDGE_PEER_MODE"
ANSWERS = 10
BEST, WORST, ENOUGH = 10, 6, 5


def by_numpy(items, readers):
    return lambda indices: int((readers @ items[indices].mean(axis=0)).argmax())


def by_onnxruntime(items, readers):
    import numpy as np
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["items", "indices"], ["rows"]),
            helper.make_node("ReduceMean", ["rows", "axes"], ["query"], keepdims=1),
            helper.make_node("MatMul", ["query", "readers"], ["scores"]),
            helper.make_node("ArgMax", ["scores"], ["best"], axis=1, keepdims=0),
        ],
        "nearest_reader",
        [helper.make_tensor_value_info("indices", TensorProto.INT64, ["count"])],
        [helper.make_tensor_value_info("best", TensorProto.INT64, [1])],
        [
            numpy_helper.from_array(items, "items"),
            # Turned round, so that ONNX Runtime packs it once: it is several times faster than the other way.
            numpy_helper.from_array(np.ascontiguousarray(readers.T), "readers"),
            numpy_helper.from_array(np.array([0], np.int64), "axes"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return lambda indices: int(session.run(["best"], {"indices": np.array(indices, np.int64)})[0][0])


def save_tensorflow(directory):
    import tensorflow as tf
    import tensorflow_recommenders as tfrs

    items, readers = tables(directory)
    query = tf.keras.Sequential([
        tf.keras.layers.Embedding(*items.shape, embeddings_initializer=tf.keras.initializers.Constant(items)),
        tf.keras.layers.GlobalAveragePooling1D(),
    ])
    layer = tfrs.layers.factorized_top_k.BruteForce(query, k=1)
    layer.index(tf.constant(readers))
    layer(tf.constant([[0, 1, 2]], tf.int32))
    tf.saved_model.save(layer, f"{directory}/saved-model")


def by_tensorflow(directory):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    layer = tf.saved_model.load(f"{directory}/saved-model")
    return lambda indices: int(layer(tf.constant([indices], tf.int32))[1].numpy()[0, 0])


def tables(directory):
    import numpy as np

    with open(f"{directory}/shape.json") as file:
        dimensions = json.load(file)["dimensions"]
    return [
        np.fromfile(f"{directory}/{name}.f32", np.float32).reshape(-1, dimensions) for name in ("items", "readers")
    ]


def recommender(directory, mode):
    import numpy as np

    with open(f"{directory}/shape.json") as file:
        shape = json.load(file)
    with open(f"{directory}/items.json") as file:
        records = json.load(file)
    places = {record["isbn"]: place for place, record in enumerate(records)}
    rated = np.fromfile(f"{directory}/reader_items.i32", np.int32).reshape(-1, shape["items_per_reader"])
    ratings = shape["ratings"]
    if mode == "tensorflow":
        nearest = by_tensorflow(directory)
    else:
        nearest = {"numpy": by_numpy, "onnxruntime": by_onnxruntime}[mode](*tables(directory))

    def recommend(keys):
        liked = [places[key] for key in keys]
        reader = nearest(liked)
        others = [(item, rating) for item, rating in zip(rated[reader].tolist(), ratings) if item not in liked]
        threshold = next(
            (t for t in range(BEST, WORST - 1, -1) if sum(rating >= t for _, rating in others) >= ENOUGH), BEST)
        because = {"isbn": keys[0], "title": records[liked[0]]["title"]}
        return [
            {**records[item], "score": rating / BEST, "because": because}
            for item, rating in others if rating >= threshold
        ][:ANSWERS]

    return recommend


def application(directory, mode):
    from fastapi import FastAPI, Response
    from pydantic import BaseModel

    class Question(BaseModel):
        isbns: list[str]

    app = FastAPI()

    @app.get("/book-recommender/hello")
    async def hello():
        return Response("hello", media_type="text/plain")

    if mode != "hello":
        recommend = recommender(directory, mode)

        @app.post("/book-recommender/recommend")
        async def answer(question: Question):
            return Response(json.dumps(recommend(question.isbns)), media_type="application/json")

    return app


def main(directory, port, mode, workers="2"):
    import uvicorn

    os.environ.update({FOLDER: directory, MODE: mode})
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    if mode == "tensorflow":
        # In a process of its own, so that what saving takes is not held by the one that serves.
        if os.fork() == 0:
            save_tensorflow(directory)
            os._exit(0)
        os.wait()
    uvicorn.run(
        "serve_fastapi:app", app_dir=os.path.dirname(os.path.abspath(__file__)), port=int(port),
        workers=int(workers), log_level="critical", access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
elif FOLDER in os.environ:
    app = application(os.environ[FOLDER], os.environ[MODE])
