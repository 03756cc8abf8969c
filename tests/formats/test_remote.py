"""Models at addresses, by the real command against a local server that counts its bytes."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from selu_lint.errors import SeluLintError
from selu_lint.formats import find_models, read
from selu_lint.limits import Limits
from selu_lint.reports import FORMATS
from selu_lint.storage import remote, waiting
from selu_lint.storage.addresses import redacted
from tests.commands.command import BROKEN, CLEAN, MODELS, run, run_process

pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")

GIB = 1 << 30


class Server(ThreadingHTTPServer):
    """Serves a folder, in parts or as a whole, and counts what it sends."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stopping = Event()
        self.ranges = True
        self.sent = 0
        self.requests = 0
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.hostile = ""
        self.asked: list[dict[str, str]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that went away: the command writes to the same stream."""

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
        self.server.asked.append(dict(self.headers))
        if self.server.hostile:
            HOSTILE[self.server.hostile](self)
            return
        path = self.server.folder / self.path.lstrip("/").partition("?")[0]
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
        for name, value in self.server.headers.items():
            self.send_header(name, value)
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


def _endlessly(handler: Handler, pause: float = 0, block: bytes = b"x" * 65536) -> None:
    """Send until nobody reads any more, yet never more than 64 MiB or for a minute."""
    for _ in range(min(1024, round(60 / pause) if pause else 1024)):
        try:
            handler.wfile.write(block)
            handler.wfile.flush()
        except OSError:
            break
        handler.server.sent += len(block)
        if handler.server.stopping.wait(pause):
            break
    handler.close_connection = True


def _part_without_end(handler: Handler) -> None:
    handler.send_response(206)
    handler.send_header("Content-Range", f"bytes 0-32767/{GIB}")
    handler.end_headers()
    _endlessly(handler, block=b"PK\x03\x04" * 1000)


def _whole_without_end(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    _endlessly(handler)


def _silence(handler: Handler) -> None:
    handler.server.stopping.wait(60)
    handler.close_connection = True


def _silence_in_the_body(handler: Handler) -> None:
    handler.send_response(206)
    handler.send_header("Content-Range", "bytes 0-32767/100000")
    handler.send_header("Content-Length", "32768")
    handler.end_headers()
    handler.wfile.write(b"PK")
    _silence(handler)


def _drip(handler: Handler) -> None:
    handler.send_response(206)
    handler.send_header("Content-Range", "bytes 0-32767/100000")
    handler.send_header("Content-Length", "32768")
    handler.end_headers()
    _endlessly(handler, pause=0.05, block=b"x")


def _drip_of_a_whole(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    _endlessly(handler, pause=0.05, block=b"x")


def _drip_of_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    _endlessly(handler, pause=0.05, block=b"x")


def _redirects(handler: Handler) -> None:
    handler.send_response(302)
    handler.send_header("Location", f"/again{handler.server.requests}")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def _compressed(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.end_headers()
    _endlessly(handler, block=gzip.compress(bytes(1 << 20)))


HOSTILE: dict[str, Callable[[Handler], None]] = {
    each.__name__.strip("_"): each
    for each in (
        _part_without_end, _whole_without_end, _silence, _silence_in_the_body, _drip,
        _drip_of_a_whole, _drip_of_headers, _redirects, _compressed,
    )
}  # fmt: skip


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.stopping.set()
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_several_addresses_and_files_in_several_processes(server: Server) -> None:
    for index in range(6):
        shutil.copy(BROKEN, server.folder / f"{index}.keras")
    addresses = [server.address(f"{index}.keras") for index in range(6)]
    result = run_process("check", "--jobs", "3", *addresses, CLEAN)
    assert "7 files checked: 24 findings" in result.stdout


@pytest.mark.slow
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
        "from selu_lint.formats import find_models\n"
        "paths = find_models('s3://bucket/m.keras')\n"
        "print(*(check_file(path, Settings()).error for path in paths))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "pip install 'selu-lint[remote]'" in done.stdout


@pytest.mark.parametrize(
    ("hostile", "problem"),
    [
        ("whole_without_end", "the model takes more than 1 MiB: refused"),
        ("part_without_end", "the file changed while it was read"),
        ("silence", "the server sent nothing for 0.3 seconds"),
        ("silence_in_the_body", "the server sent nothing for 0.3 seconds"),
        ("drip", "reading it takes more than 1 seconds: refused; raise the limit 'remote-seconds'"),
        ("drip_of_a_whole", "reading it takes more than 1 seconds: refused"),
        ("drip_of_headers", "reading it takes more than 1 seconds: refused"),
        ("redirects", "cannot be fetched: "),
        ("compressed", "the server sends it compressed, though asked not to"),
    ],
)
def test_hostile_servers_cost_little(
    hostile: str, problem: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SILENT_SECONDS", 0.3)
    server.hostile = hostile
    limits = Limits(spool_bytes=1 << 20, remote_seconds=1 if "drip" in hostile else 30)
    with pytest.raises(SeluLintError, match=re.escape(problem)) as caught:
        read(server.address("m.keras"), limits)
    assert str(caught.value).isprintable()
    # The sockets' own buffers take some of it.
    assert server.sent < 32 << 20
    assert server.requests < 20


@pytest.mark.slow
def test_nothing_is_left_open_that_says_so_at_the_end(server: Server) -> None:
    server.hostile = "drip_of_a_whole"
    (server.folder / "selu-lint.toml").write_text("[limits]\nremote-seconds = 1\n")
    done = run("check", server.address("m.keras"), cwd=server.folder)
    assert "reading it takes more than 1 seconds" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
def test_file_that_changes_between_reads(server: Server, header: str) -> None:
    hdf5_of_1_gib(server.folder / "m.h5")
    server.headers[header] = "one"
    file = remote.open_remote(server.address("m.h5"), Limits()).open()
    assert file.read(4) == b"\x89HDF"
    server.headers[header] = "two"
    file.seek(GIB // 2)
    with pytest.raises(SeluLintError, match="the file changed while it was read; check it again"):
        file.read(4)
    assert all(each["Accept-Encoding"] == "identity" for each in server.asked)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://user:pa%20ss@host/m.keras", "https://***@host/m.keras"),
        ("https://user@host:8080/a@b/m.keras", "https://***@host:8080/a@b/m.keras"),
        ("https://user:pa/ss@host/m.keras", "https://***@host/m.keras"),
        ("https://host:8080/a@b.keras", "https://host:8080/a@b.keras"),
        ("s3://bucket/a@b.keras?versionId=3", "s3://bucket/a@b.keras?versionId=***"),
        ("https://h/m?token=abc&X-Sig=d/e;f=g&bare", "https://h/m?token=***&X-Sig=***;f=***&***"),
        ("simplecache::https://u:p@h/m", "simplecache::https://***@h/m"),
        ("models/a@b?c=d", "models/a@b?c=d"),
    ],
)
def test_what_opens_an_address_is_not_shown(address: str, shown: str) -> None:
    assert redacted(address) == shown
    assert redacted(shown) == shown


@pytest.mark.slow
def test_credentials_stand_in_no_output(server: Server) -> None:
    shutil.copy(BROKEN, server.folder / "m.keras")
    host = f"127.0.0.1:{server.server_port}"
    address = f"http://user:s3cret@{host}/m.keras?token=s3cret2"
    gone = f"http://user:s3cret@{host}/gone.keras?token=s3cret2"
    shown = f"http://***@{host}/m.keras?token=***"
    for format_ in FORMATS:
        done = run("check", "--format", format_, address, gone, cwd=server.folder)
        assert done.returncode == 2
        assert "s3cret" not in done.stdout + done.stderr
    assert any("Authorization" in each for each in server.asked)
    for command in ("fix", "profile", "check -v --pass-over", "fix --format json"):
        for each in (address, gone):
            done = run(*command.split(), each, cwd=server.folder)
            assert "s3cret" not in done.stdout + done.stderr
    done = run("check", "--write-baseline", "known.json", address, cwd=server.folder)
    assert f'"{shown}"' in (server.folder / "known.json").read_text()
    assert "s3cret" not in (server.folder / "known.json").read_text() + done.stdout + done.stderr
    other = address.replace("s3cret2", "another")
    assert run("check", "--baseline", "known.json", other, cwd=server.folder).returncode == 0
    # Two that differ in what opens them are two.
    assert "2 files checked: 8 findings" in run("check", address, other).stdout


def test_storage_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem

    never = Event()

    class Silent(MemoryFileSystem):  # type: ignore[misc,unused-ignore]
        protocol = "silent"

        def info(self, path: str, **more: object) -> dict[str, object]:
            never.wait(60)
            return {}

    fsspec.register_implementation("silent", Silent, clobber=True)
    monkeypatch.setattr(waiting, "SILENT_SECONDS", 30)
    with pytest.raises(SeluLintError, match="raise the limit 'remote-seconds'"):
        read("silent://m.keras", Limits(remote_seconds=1))
    never.set()


def test_a_file_in_a_storage_that_changes_between_reads_is_refused() -> None:
    fsspec = pytest.importorskip("fsspec")
    system, path = fsspec.filesystem("memory"), "/changing/model.keras"
    data = BROKEN.read_bytes().ljust(4 * remote.BLOCK, b"\0")
    system.pipe_file(path, data)
    try:
        source = remote.open_remote(f"memory:/{path}", Limits())
        with source.open() as file:
            assert file.read(16) == data[:16]
            file.seek(2 * remote.BLOCK)
            assert file.read(16) == bytes(16)
            system.pipe_file(path, data[::-1])
            file.seek(3 * remote.BLOCK)
            with pytest.raises(SeluLintError, match="the file changed while it was read"):
                file.read(16)
    finally:
        system.rm(path)
