"""Synthetic exports, and a private database server, for these tests."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tests" / "mysql")]

from coursera_export import export  # noqa: E402
from private_server import NoServer, PrivateServer  # noqa: E402
from synthetic_coursera import Course, awkward  # noqa: E402


@pytest.fixture(scope="session")
def exports(tmp_path_factory):
    """Folders with the same awkward course in format 1 and in format 2."""
    folder = tmp_path_factory.mktemp("exports")
    course = awkward(Course(users=40))
    for form in (1, 2):
        export(course, form, folder / str(form))
    return {form: folder / str(form) for form in (1, 2)}


@pytest.fixture(scope="session")
def server():
    folder = tempfile.mkdtemp(prefix="moocdb-", dir="/tmp")  # a short name
    try:
        server = PrivateServer(Path(folder), ("--innodb-buffer-pool-size=64M",)).start()
        yield server
        server.stop()
    except NoServer as error:
        pytest.fail(str(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(server):
    """An empty database of the test's own."""
    name = f"coursera_test_{time.monotonic_ns()}"
    server.run(f"CREATE DATABASE `{name}` DEFAULT CHARACTER SET utf8mb4")
    yield name
    server.run(f"DROP DATABASE `{name}`")
