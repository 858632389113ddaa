"""Reading container logs from their end, their middle, and while they grow."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from minikube_py.runtime.abilities import LogLine, LogOptions
from minikube_py.runtime.log_file import parse_json_line, parse_line, read_log

ENDED = asyncio.Event()
ENDED.set()


def line(second: int, text: str, tag: str = "F", stream: str = "stdout") -> str:
    return f"2026-01-02T03:04:{second:02}.123456789Z {stream} {tag} {text}\n"


async def read(path: Path, options: LogOptions) -> list[bytes]:
    return [found.data async for found in read_log(path, options, ENDED)]


def test_a_line_is_time_stream_and_text() -> None:
    assert parse_line(line(5, "a b  c").encode()) == LogLine("2026-01-02T03:04:05.123456789Z", "stdout", b"a b  c\n")
    assert parse_line(line(5, "", stream="stderr").encode()) == LogLine(
        "2026-01-02T03:04:05.123456789Z", "stderr", b"\n"
    )


def test_local_time_becomes_utc() -> None:
    found = parse_line(b"2026-01-02T03:04:05.123456789+02:00 stdout F x\n")
    assert found is not None
    assert found.timestamp == "2026-01-02T01:04:05.123456789Z"


@pytest.mark.parametrize("raw", [b"", b"\n", b"half a line", b"2026-01-02T03:04:05Z stdin F x\n", b"a b\n"])
def test_what_a_crash_cut_off_is_no_line(raw: bytes) -> None:
    assert parse_line(raw) is None


def test_dockers_format_says_the_same() -> None:
    raw = b'{"log":"hello\\n","stream":"stderr","time":"2026-01-02T03:04:05.1Z"}\n'
    assert parse_json_line(raw) == LogLine("2026-01-02T03:04:05.1Z", "stderr", b"hello\n")
    assert parse_json_line(b'{"log":"cut') is None


async def test_the_last_lines_are_found_across_blocks_and_parts_count_once(tmp_path: Path) -> None:
    path = tmp_path / "log"
    long = "x" * 8000
    rows = [line(1, str(number)) for number in range(50_000)]
    rows += [line(2, long, "P"), line(2, long, "P"), line(2, "end"), line(3, "last")]
    path.write_text("".join(rows))
    assert await read(path, LogOptions(tail=1)) == [b"last\n"]
    parts = await read(path, LogOptions(tail=2))
    assert b"".join(parts) == (long + long + "end\nlast\n").encode()
    assert len(await read(path, LogOptions(tail=40_000))) == 40_002
    assert len(await read(path, LogOptions(tail=99_999))) == 50_004


async def test_lines_before_a_moment_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(line(1, "old") + line(30, "new"))
    since = datetime(2026, 1, 2, 3, 4, 10, tzinfo=UTC)
    assert await read(path, LogOptions(since=since)) == [b"new\n"]


async def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert await read(tmp_path / "none", LogOptions()) == []


async def test_following_reads_what_is_added_and_stops_at_the_end(tmp_path: Path) -> None:
    path, ended = tmp_path / "log", asyncio.Event()
    path.write_text(line(1, "first"))
    stream = aiter(read_log(path, LogOptions(follow=True), ended))
    assert (await anext(stream)).data == b"first\n"
    with path.open("a") as file:
        file.write(line(2, "second"))
    assert (await anext(stream)).data == b"second\n"
    with path.open("a") as file:
        file.write(line(3, "third"))
    ended.set()
    assert [found.data async for found in stream] == [b"third\n"]
