#!/usr/bin/env python3
"""Loads one CSV file with a node and with sqlite3's .import, in turn, and prints the ratio.

    import_against_sqlite3.py .build/release/ledge ratings.csv.gz [--rounds 3] [--most 2.0]

The file has a header and no key column: both sides make a key for each row. sqlite3 writes into
the table that a node would have made (same columns, no row ids, write-ahead log, full syncing), with
a random key as its default. What counts is the time of the job for the node and of the whole
process for sqlite3, which reads and types nothing but text. While the last load runs, single records
are inserted, and the slowest of them is shown beside the mean time of a batch.

Ends with 1 if the ratio of the best times is above --most.
"""

import argparse
import base64
import csv
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

LOGIN = "bench", "a password for one run"
BATCH_RECORDS = 5_000


class Node:
    def __init__(self, program: str, folder: pathlib.Path, csv_folder: pathlib.Path):
        environment = dict(
            os.environ, HDB_ADMIN_USERNAME=LOGIN[0], HDB_ADMIN_PASSWORD=LOGIN[1])
        self.process = subprocess.Popen(
            [program, "serve", "--root", folder, "--operations-port", "0", "--functions-port", "0",
             "--csv-folder", csv_folder, "--log-level", "error"],
            stdout=subprocess.PIPE, text=True, env=environment)
        self.url = re.search(r"operations (\S+)", self.process.stdout.readline()).group(1)

    def ask(self, **body):
        token = base64.b64encode(":".join(LOGIN).encode()).decode()
        request = urllib.request.Request(
            self.url, json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": "Basic " + token})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def load(self, file: pathlib.Path, inserting: bool) -> tuple[float, float]:
        """Seconds of the job, and of the slowest single insert meanwhile."""
        self.ask(operation="create_table", database="d", table="t", primary_key="id")
        self.ask(operation="create_table", database="d", table="single", primary_key="id")
        job = self.ask(
            operation="csv_file_load", database="d", table="t", file_path=str(file))["job_id"]
        slowest = 0.0
        while True:
            if inserting:
                start = time.perf_counter()
                self.ask(operation="insert", database="d", table="single", records=[{"n": 1}])
                slowest = max(slowest, time.perf_counter() - start)
            else:
                time.sleep(0.05)
            state, = self.ask(operation="get_job", id=job)
            if state["status"] != "IN_PROGRESS":
                break
        if not state["message"].startswith("successfully loaded"):
            raise SystemExit(f"the load failed: {state['message']}")
        return (state["end_datetime"] - state["start_datetime"]) / 1_000, slowest

    def stop(self):
        self.process.terminate()
        self.process.wait()


def sqlite_seconds(file: pathlib.Path, folder: pathlib.Path, columns: list[str]) -> float:
    made = "NOT NULL ON CONFLICT REPLACE DEFAULT"
    names = ", ".join(f'"{name}"' for name in columns)
    script = f"""
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE t({names}, id {made} (lower(hex(randomblob(16)))) PRIMARY KEY,
    __createdtime__ {made} (unixepoch() * 1000),
    __updatedtime__ {made} (unixepoch() * 1000)) WITHOUT ROWID;
.mode csv
.import --skip 1 {file} t
SELECT count(*) FROM t;
"""
    start = time.perf_counter()
    # It warns of each row that lacks the columns with defaults, into nothing.
    result = subprocess.run(
        ["sqlite3", folder / "reference.sqlite"], input=script, text=True, check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    if int(result.stdout.split()[-1]) == 0:
        raise SystemExit("sqlite3 imported nothing")
    return seconds


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("file", type=pathlib.Path)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--most", type=float, default=2.0)
    chosen = arguments.parse_args()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder).resolve()
        text = home / "csv" / "input.csv"
        text.parent.mkdir()
        opener = gzip.open if chosen.file.suffix == ".gz" else open
        with opener(chosen.file, "rb") as source, text.open("wb") as target:
            shutil.copyfileobj(source, target)
        with text.open(newline="") as rows:
            reader = csv.reader(rows)
            columns = next(reader)
            count = sum(1 for _ in reader)
        for number in range(chosen.rounds):
            root = home / str(number)
            root.mkdir()
            theirs.append(sqlite_seconds(text, root, columns))
            node = Node(chosen.program, root / "node", text.parent)
            try:
                ours.append(node.load(text, inserting=False)[0])
            finally:
                node.stop()
            print(f"round {number + 1}: ledge {ours[-1]:.2f} s, sqlite3 {theirs[-1]:.2f} s")
            shutil.rmtree(root)
        node = Node(chosen.program, home / "last", text.parent)
        try:
            seconds, slowest = node.load(text, inserting=True)
        finally:
            node.stop()
    batch = seconds * BATCH_RECORDS / count
    print(
        f"slowest insert during a load: {slowest * 1_000:.0f} ms "
        f"(a batch takes {batch * 1_000:.0f} ms)")
    ratio = min(ours) / min(theirs)
    print(f"{count} rows, best of {chosen.rounds}: {ratio:.2f} times sqlite3")
    return 0 if ratio <= chosen.most else 1


if __name__ == "__main__":
    raise SystemExit(main())
