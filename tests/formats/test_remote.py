"""Models at addresses, by the real command against a local server that counts its bytes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from selu_lint.errors import SeluLintError
from selu_lint.formats import find_models, read
from tests.commands.command import BROKEN, CLEAN, MODELS, run

pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")

GIB = 1 << 30


class Server(ThreadingHTTPServer):
    """Serves a folder, in parts or as a whole, and counts what it sends."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ranges = True
        self.sent = 0
        self.requests = 0
        self.status: int | None = None
        super().__init__(("127.0.0.1", 0), Handler)

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, body: bool) -> None:
        self.server.requests += 1
        path = self.server.folder / self.path.lstrip("/")
        if self.server.status is not None or not path.is_file():
            self.send_response(self.server.status or 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        size = path.stat().st_size
        start, end = 0, size
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked and self.server.ranges:
            start = int(asked[1])
            end = min(size, int(asked[2]) + 1 if asked[2] else size)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        else:
            self.send_response(200)
        if self.server.ranges:
            self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - start))
        self.end_headers()
        if body:
            with path.open("rb") as file:
                file.seek(start)
                while start < end:
                    block = file.read(min(1 << 16, end - start))
                    self.server.sent += len(block)
                    start += len(block)
                    try:
                        self.wfile.write(block)
                    except OSError:
                        return

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def archive_of_1_gib(path: Path) -> None:
    """Write the broken model with weights of 1 GiB, which are a hole in the file."""
    with zipfile.ZipFile(BROKEN) as source, zipfile.ZipFile(path, "w") as target:
        for name in ("metadata.json", "config.json"):
            target.writestr(name, source.read(name))
        weights = source.read("model.weights.h5")
        target.writestr("model.weights.h5", weights)
        info = target.getinfo("model.weights.h5")
        info.file_size = info.compress_size = len(weights) + GIB
        assert target.fp is not None
        target.fp.seek(GIB, 1)
        target.start_dir = target.fp.tell()


def hdf5_of_1_gib(path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    shutil.copy(MODELS / "cnn_broken.h5", path)
    with h5py.File(path, "a") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple((GIB // 4,))
        kind = h5py.h5t.NATIVE_FLOAT
        h5py.h5d.create(file.id, b"optimizer_slots", kind, space, dcpl=properties)


@pytest.mark.parametrize(
    ("name", "write"), [("m.keras", archive_of_1_gib), ("m.h5", hdf5_of_1_gib)]
)
def test_weights_of_1_gib_stay_where_they_are(server: Server, name: str, write) -> None:
    write(server.folder / name)
    assert (server.folder / name).stat().st_size > GIB
    result = run("check", "--format", "json", server.address(name))
    assert result.returncode == 1, result.stderr + result.stdout
    (file,) = json.loads(result.stdout)["files"]
    expected = json.loads(run("check", "--format", "json", server.folder / name).stdout)
    assert file["findings"] == expected["files"][0]["findings"]
    assert len(file["findings"]) == 4
    print(f"{name}: {server.sent:,} bytes in {server.requests} requests")
    assert server.sent < 1_000_000
    assert server.requests < 30


@pytest.mark.parametrize("name", ["cnn_broken.keras", "cnn_broken.h5", "cnn_broken.json"])
def test_server_that_sends_whole_files_only(server: Server, name: str) -> None:
    shutil.copy(MODELS / name, server.folder)
    server.ranges = False
    document = read(server.address(name))
    assert document.architecture == read(MODELS / name).architecture
    assert document.path == server.address(name)


def test_several_addresses_and_files_in_several_processes(server: Server) -> None:
    for index in range(6):
        shutil.copy(BROKEN, server.folder / f"{index}.keras")
    addresses = [server.address(f"{index}.keras") for index in range(6)]
    result = run("check", "--jobs", "3", *addresses, CLEAN)
    assert "7 files checked: 24 findings" in result.stdout


def test_limits_apply_to_addresses(server: Server) -> None:
    shutil.copy(BROKEN, server.folder)
    (server.folder / "selu-lint.toml").write_text("[limits]\nspool-bytes = 1000\nmembers = 2")
    address = server.address(BROKEN.name)
    for ranges, limit in ((True, "members"), (False, "spool-bytes")):
        server.ranges = ranges
        result = run("check", address, cwd=server.folder)
        assert result.returncode == 2
        assert f"refused; raise the limit '{limit}'" in result.stdout


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (404, "there is nothing at this address"),
        (403, "cannot be fetched: the server answers 403"),
        (500, "cannot be fetched: the server answers 500"),
    ],
)
def test_answers_that_are_no_model(server: Server, status: int, problem: str) -> None:
    server.status = status
    with pytest.raises(SeluLintError, match=problem) as caught:
        read(server.address("m.keras?token=secret"))
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_broken_models_and_other_files(server: Server) -> None:
    (server.folder / "cut.keras").write_bytes(BROKEN.read_bytes()[:5000])
    (server.folder / "page.h5").write_text("<!doctype html>")
    (server.folder / "empty.keras").touch()
    for name, problem in (
        ("cut.keras", "truncated or broken zip archive"),
        ("page.h5", "a web page"),
        ("empty.keras", "the file is empty"),
    ):
        with pytest.raises(SeluLintError, match=problem):
            read(server.address(name))


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://127.0.0.1:9/m.keras", "the server cannot be reached"),
        ("nonsense://m.keras", "cannot be fetched: Protocol not known: nonsense"),
        ("memory://missing.keras", "nothing at this address"),
    ],
)
def test_addresses_that_lead_nowhere(address: str, problem: str) -> None:
    with pytest.raises(SeluLintError, match=problem):
        read(address)


def test_folders_of_a_storage_are_listed() -> None:
    import fsspec

    system = fsspec.filesystem("memory")
    system.pipe("/registry/b/one.keras", BROKEN.read_bytes())
    system.pipe("/registry/a.h5", (MODELS / "cnn_broken.h5").read_bytes())
    system.pipe("/registry/notes.txt", b"hello")
    system.pipe("/empty/notes.txt", b"hello")
    try:
        found = list(find_models("memory://registry"))
        assert found == ["memory:///registry/a.h5", "memory:///registry/b/one.keras"]
        assert [read(each).format for each in found] == ["hdf5", "keras-archive"]
        assert list(find_models("memory://empty")) == ["memory://empty"]
    finally:
        system.rm("/registry", recursive=True)
        system.rm("/empty", recursive=True)


def test_missing_package_is_named(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['fsspec'] = None\n"
        "from selu_lint.linter import check_file\nfrom selu_lint.settings import Settings\n"
        "print(check_file('s3://bucket/m.keras', Settings()).error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "pip install 'selu-lint[remote]'" in done.stdout
