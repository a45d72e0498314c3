"""Prints the versions of the peers' packages that this Python has, as one line of JSON."""
import importlib.metadata
import json
import platform

PACKAGES = (
    "faiss-cpu", "numpy", "fastapi", "uvicorn", "onnxruntime", "tensorflow-cpu", "tensorflow", "tensorflow-recommenders")


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


versions = {"Python": platform.python_version(), **{package: version(package) for package in PACKAGES}}
print(json.dumps({name: number for name, number in versions.items() if number}))
