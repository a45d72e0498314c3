#!/usr/bin/env python3
"""Ask two nodes without a pause while the trainer publishes one version after another.

Usage: version_changes.py [LEDGE] [--requests 10000] [--versions 10]

Starts the three nodes of Cluster/Topologies/three-nodes.json with the release build, trains bundles
on the shipped sample, and counts every answer that is not a list of ten books. Prints the counts,
the versions seen and the latencies; exits with 1 if one request failed. Standard library only.
"""
import argparse
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

NODES = [9936, 9946]
LOGIN = {"HDB_ADMIN_USERNAME": "bench", "HDB_ADMIN_PASSWORD": "a bench password"}


def books_of_sample():
    """Three ISBNs that the sample holds."""
    with open("Models/Sample/books.csv", encoding="utf-8") as file:
        next(file)
        return [next(file).split(",")[0] for _ in range(3)]


def served(port):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/status")
        status = json.loads(connection.getresponse().read())
        return (status["models"][0]["serving"] or {}).get("version")
    except OSError:
        return None


def wait_for(version):
    deadline = time.time() + 60
    while any(served(port) != version for port in NODES):
        if time.time() > deadline:
            sys.exit(f"waited in vain for version {version}")
        time.sleep(0.02)


class Asker(threading.Thread):
    """Asks until it has asked often enough and the last version is out."""

    def __init__(self, port, body, count, is_over):
        super().__init__()
        self.port, self.body, self.count, self.is_over = port, body, count, is_over
        self.latencies, self.failures, self.versions = [], [], set()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while len(self.latencies) < self.count or not self.is_over.is_set():
            start = time.perf_counter()
            try:
                connection.request("POST", "/book-recommender/recommend", self.body)
                answer = connection.getresponse()
                books = json.loads(answer.read())
                if answer.status != 200 or len(books) != 10:
                    self.failures.append(answer.status)
                self.versions.add(answer.getheader("X-Model-Version"))
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.failures.append(repr(error))
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self.latencies.append(time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ledge", nargs="?", default=".build/release/ledge")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--versions", type=int, default=10)
    options = parser.parse_args()
    environment = {**os.environ, **LOGIN}
    with tempfile.TemporaryDirectory() as root:
        bundles = []
        for version in range(1, options.versions + 2):
            bundles.append(f"{root}/bundle-{version}")
            subprocess.run(
                [options.ledge, "train", "Models/Recipes/books.json", "--data", "Models/Sample",
                 "--out", bundles[-1], "--version", str(version)],
                check=True, capture_output=True)
        cluster = subprocess.Popen(
            [options.ledge, "cluster", "up", "Cluster/Topologies/three-nodes.json",
             "--root", f"{root}/cluster"],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(1)
            publish(options.ledge, bundles[0], environment)
            wait_for(1)
            code = hammer(options, bundles[1:], environment)
        finally:
            cluster.send_signal(signal.SIGTERM)
            cluster.wait(timeout=30)
    sys.exit(code)


def publish(ledge, bundle, environment):
    subprocess.run([ledge, "models", "publish", bundle], check=True, env=environment,
                   capture_output=True)


def hammer(options, bundles, environment):
    body = json.dumps({"isbns": books_of_sample()})
    is_over = threading.Event()
    count = options.requests // 4
    askers = [Asker(port, body, count, is_over) for port in NODES for _ in range(2)]
    for asker in askers:
        asker.start()
    for version, bundle in enumerate(bundles, start=2):
        publish(options.ledge, bundle, environment)
        wait_for(version)
    is_over.set()
    for asker in askers:
        asker.join()
    latencies = sorted(x for asker in askers for x in asker.latencies)
    failures = [x for asker in askers for x in asker.failures]
    versions = {x for asker in askers for x in asker.versions}
    print(json.dumps({
        "requests": len(latencies), "failures": len(failures), "examples": failures[:3],
        "versions_seen": len(versions),
        "p50_ms": round(latencies[len(latencies) // 2] * 1e3, 2),
        "p99_ms": round(latencies[len(latencies) * 99 // 100] * 1e3, 2),
        "max_ms": round(latencies[-1] * 1e3, 2)}))
    return 1 if failures else 0


if __name__ == "__main__":
    main()
