from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from media_made_up import RATE, tone

from talkies.media.chunk_notes import ChunkNotes, Chunks
from talkies.media.samples import Sound
from talkies.media.video import VideoWriter, probe
from talkies.media.yuv import Planes, to_planes

SIZE = {"width": 64, "height": 48, "fps": Fraction(25)}


def picture(number: int) -> Planes:
    blocks = np.random.default_rng(number).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return to_planes(blocks.repeat(8, 0).repeat(8, 1))


def write(path: Path, shows: str, earlier: Path | None = None) -> frozenset[int]:
    """A video of a picture for each letter, in chunks of ten."""
    keys = tuple(shows[start : start + 10] for start in range(0, len(shows), 10))
    sound = Sound(tone(len(shows) / 25), RATE)
    chunks = Chunks(length=10, keys=keys, earlier=earlier)
    with VideoWriter(path, **SIZE, sound=sound, chunks=chunks) as writer:  # type: ignore[arg-type]
        while writer.frames < len(shows):
            if writer.frames // 10 in writer.kept:
                writer.keep()
            else:
                writer.write(picture(ord(shows[writer.frames])))
        return writer.kept


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray() for frame in file.decode(video=0)]


def test_chunks_show_what_their_frames_do_wherever_they_come_from(tmp_path: Path) -> None:
    first, second = tmp_path / "first.mp4", tmp_path / "second.mp4"
    assert write(first, "aabbccddeeffgghhiijjkkllmmnnoopqrst") == frozenset()
    kept = write(second, "aabbccddeeffXghhiijjkkllmmnnoopqrst", first)
    assert kept == {0, 2, 3}
    one, other = decoded(first), decoded(second)
    assert len(one) == len(other) == 35
    assert not all(np.array_equal(one[n], other[n]) for n in range(10, 20))
    assert all(np.array_equal(one[n], other[n]) for n in (*range(10), *range(20, 35)))
    info = probe(second)
    assert (info.frames, info.fps, info.has_sound) == (35, 25, True)


def test_the_index_stands_first_and_the_notes_last(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", "aaaa")
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat") < data.index(b"talkies.chunks/1")


def test_notes_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes((16).to_bytes(4, "big") + b"free" + bytes(8))
    notes = ChunkNotes(
        settings="s", chunks=Chunks(length=5, keys=("a", "b")), sums=("1" * 64, "2" * 64)
    )
    notes.append_to(path)
    assert ChunkNotes.of(path) == notes


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0",
        bytes(100),
        b"\0\0\0\1free" + b"\xff" * 8,
        b"\0\0\0\x08free" * 2_000,
        b"\0\0\1\0uuid" + bytes(16) + b"{}",
    ],
)
def test_files_without_notes_have_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(data)
    assert ChunkNotes.of(tmp_path / "a.mp4") is None
    assert ChunkNotes.of(tmp_path / "none.mp4") is None


@pytest.mark.parametrize(
    "document",
    [
        b"[]",
        b"{}",
        b"{",
        b'{"schema":"talkies.chunks/2"}',
        b'{"schema":"talkies.chunks/1","settings":"","length":0,"keys":[],"sums":[]}',
        b'{"schema":"talkies.chunks/1","settings":"","length":5,"keys":["a"],"sums":[]}',
    ],
)
def test_notes_that_make_no_sense_are_none(tmp_path: Path, document: bytes) -> None:
    path = tmp_path / "a.mp4"
    notes = ChunkNotes(settings="", chunks=Chunks(length=5, keys=()), sums=())
    path.write_bytes(b"")
    notes.append_to(path)
    head = path.read_bytes()[4:24]
    path.write_bytes((24 + len(document)).to_bytes(4, "big") + head + document)
    assert ChunkNotes.of(path) is None


def test_a_copy_of_the_streams_has_no_notes(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", "aabbccddeeff")
    with (
        av.open(str(tmp_path / "a.mp4")) as source,
        av.open(str(tmp_path / "b.mp4"), "w") as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    assert ChunkNotes.of(tmp_path / "a.mp4") is not None
    assert ChunkNotes.of(tmp_path / "b.mp4") is None


def test_only_mp4s_have_chunks_and_only_writers_with_chunks_keep(tmp_path: Path) -> None:
    chunks = Chunks(length=5, keys=("a",))
    with pytest.raises(ValueError, match="no chunks"):
        VideoWriter(tmp_path / "a.webm", **SIZE, format="webm", chunks=chunks)  # type: ignore[arg-type]
    with VideoWriter(tmp_path / "a.mp4", **SIZE) as writer:  # type: ignore[arg-type]
        writer.write(picture(1))
        assert writer.kept == frozenset()
        with pytest.raises(ValueError, match="no chunks"):
            writer.keep()
        with pytest.raises(ValueError, match="encodes"):
            writer.splice(b"", key=True)
