#!/usr/bin/env python3
"""HarperDB's own Python SDK (PyPI: harperdb==0.4.2) against a running Ledge node.

Calls each of the SDK's operations and the object wrapper, and checks what comes back.

    pip install harperdb==0.4.2
    echo '{"load_hosts": ["*"]}' > node.json
    HDB_ADMIN_USERNAME=admin HDB_ADMIN_PASSWORD=secret \\
        ledge serve --root /some/dir --config node.json &
    python3 Tests/Scripts/harperdb_sdk.py http://127.0.0.1:9925 admin secret /some/dir
"""

import contextlib
import http.server
import pathlib
import sys
import tempfile
import threading
import time

import harperdb

URL, USER, PASSWORD, ROOT = sys.argv[1:5]
DB = harperdb.HarperDB(url=URL, username=USER, password=PASSWORD, timeout=30)
done = set()


def call(name, *arguments, **named):
    done.add(name)
    return getattr(DB, name)(*arguments, **named)


def expect(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def finished(answer):
    """Waits for the job that an answer names; its id is the last word."""
    job_id = answer["message"].split(" ")[-1]
    for _ in range(200):
        job = call("get_job", job_id)[0]
        if job["status"] != "IN_PROGRESS":
            return job
        time.sleep(0.05)
    sys.exit(f"FAILED: the job {job_id} did not end")


@contextlib.contextmanager
def serving(text):
    """An address on this machine that answers with a CSV."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/csv")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/dogs.csv"
    server.shutdown()


def schemas_and_tables():
    call("create_schema", "sdk")
    call("create_table", "sdk", "dog", "id")
    expect("sdk" in call("describe_all"), "describe_all")
    expect("dog" in call("describe_schema", "sdk"), "describe_schema")
    expect(call("describe_table", "sdk", "dog")["hash_attribute"] == "id", "describe_table")


def records():
    rows = [{"id": 1, "name": "Penny"}, {"id": 2, "name": "Harper", "age": 5}]
    expect(call("insert", "sdk", "dog", rows)["inserted_hashes"] == [1, 2], "insert")
    expect(call("update", "sdk", "dog", [{"id": 1, "age": 7}])["update_hashes"] == [1], "update")
    expect(call("search_by_hash", "sdk", "dog", [1])[0]["age"] == 7, "search_by_hash")
    expect(len(call("search_by_value", "sdk", "dog", "name", "*")) == 2, "search_by_value")
    expect(call("sql", "SELECT COUNT(*) FROM sdk.dog") == [{"COUNT(*)": 2}], "sql")
    expect(call("delete", "sdk", "dog", [2])["deleted_hashes"] == [2], "delete")
    call("insert", "sdk", "dog", [{"id": 3, "colour": "red"}])
    call("drop_attribute", "sdk", "dog", "colour")


def bulk():
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("id,name\n10,Rex\n11,Bella\n")
        file.flush()
        job = finished(call("csv_data_load", "sdk", "dog", file.name))
    expect(job["message"] == "successfully loaded 2 of 2 records", job)
    path = pathlib.Path(ROOT) / "csv" / "dogs.csv"
    path.write_text("id,name\n12,Max\n")
    job = finished(call("csv_file_load", "sdk", "dog", str(path)))
    expect(job["status"] == "COMPLETE", job)
    with serving("id,name\n13,Luna\n") as address:
        job = finished(call("csv_url_load", "sdk", "dog", address))
    expect(job["message"] == "successfully loaded 1 of 1 records", job)
    expect(call("search_jobs_by_start_date", "2020-01-01", "2099-01-01"), "jobs by date")


def users_and_roles():
    role = call("add_role", "sdk_role", {"super_user": False})
    call("add_user", role["id"], "sdk_user", "pw")
    call("alter_user", role["id"], "sdk_user", "pw2")
    expect(call("user_info", "sdk_user")["username"] == USER, "user_info")
    call("alter_role", role["id"], {"super_user": False, "structure_user": True})
    expect(any(u["username"] == "sdk_user" for u in call("list_users")), "list_users")
    expect(any(r["role"] == "sdk_role" for r in call("list_roles")), "list_roles")
    call("drop_user", "sdk_user")
    call("drop_role", role["id"])


def cluster_and_system():
    subscriptions = [{"channel": "sdk:dog", "subscribe": True, "publish": False}]
    call("add_node", "edge", "127.0.0.1", 12345, subscriptions)
    call("update_node", "edge", "127.0.0.1", 12345, subscriptions)
    call("cluster_status")
    call("remove_node", "edge")
    call("registration_info")
    call("get_fingerprint")
    call("set_license", "key", "company")
    call("read_log")
    expect("memory" in call("system_information"), "system_information")


def exports():
    folder = str(pathlib.Path(ROOT) / "export")
    job = finished(call("export_local", folder, hash_values=[10], sql="SELECT * FROM sdk.dog"))
    expect(job["status"] == "COMPLETE", job)
    job = finished(
        call("export_to_s3", "key", "secret", "bucket", "name", sql="SELECT 1"))
    expect(job["status"] == "ERROR", job)
    finished(call("delete_files_before", "sdk", "dog", "2000-01-01"))


def wrapper():
    database = harperdb.HarperDBWrapper(url=URL, username=USER, password=PASSWORD, timeout=30)
    schema = database.create_schema("objects")
    table = schema.create_table("cat", "id")
    expect(table.id and table.created_time and table.updated_time, "table times")
    one = table.upsert({"id": "1", "name": "Tom"})
    expect(one["name"] == "Tom" and one.to_dict() == {"id": "1", "name": "Tom"}, "record")
    table.upsert([{"id": "1", "name": "Tim"}, {"id": "2", "name": "Kit"}])
    expect(len(table) == 2 and table["1"]["name"] == "Tim", "upsert")
    expect(table.search_by_value("name", "K*")[0]["id"] == "2", "search")
    expect(table.attributes == ["id", "name"], "attributes")
    expect(one.created_time and one.updated_time, "record times")
    del table["1"]
    expect(len(schema) == 1 and [t.name for t in schema] == ["cat"], "iteration")
    expect(any(s for s in database), "schemas")
    table.drop()
    schema.drop()


for step in [
    schemas_and_tables, records, bulk, users_and_roles, cluster_and_system, exports, wrapper,
]:
    step()
    print(f"ok  {step.__name__}")
call("drop_table", "sdk", "dog")
call("drop_schema", "sdk")
everything = {n for n in vars(DB) if callable(getattr(DB, n)) and not n.startswith("_")}
expect(everything == done, f"not called: {everything - done}")
print(f"all {len(done)} operations of the SDK and its object wrapper work")
