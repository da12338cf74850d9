import hashlib
from pathlib import Path

import pytest

from talkies.api.multipart import Form, FormLimits, FormReader, display_name
from talkies.errors import InvalidRequest, MalformedBody, MediaTooLarge

LIMITS = FormLimits(file_bytes=1_000, text_bytes=100)

FACE = b"\x89PNG\r\n--not the boundary\r\n"


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    named = f'Content-Disposition: form-data; name="{name}"'
    if filename is not None:
        named += f'; filename="{filename}"\r\nContent-Type: image/png'
    return f"--edge\r\n{named}\r\n\r\n".encode() + content + b"\r\n"


def read(folder: Path, *parts: bytes, end: bytes = b"--edge--\r\n", step: int = 1 << 20) -> Form:
    body = b"".join([*parts, end])
    reader = FormReader(b"edge", folder, LIMITS)
    try:
        for place in range(0, len(body), step):
            reader.write(body[place : place + step])
        return reader.finish()
    finally:
        reader.close()


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_files_go_to_the_folder_and_texts_stay_however_they_arrive(
    tmp_path: Path, step: int
) -> None:
    form = read(
        tmp_path, part("text", "Grüße".encode()), part("portrait", FACE, "me.png"), step=step
    )
    file = form.files["portrait"]
    assert form.text("text") == "Grüße"
    assert file.path.read_bytes() == FACE
    assert (file.bytes, file.filename, file.content_type) == (len(FACE), "me.png", "image/png")
    assert file.sha256 == hashlib.sha256(FACE).hexdigest()
    assert file.path.parent == tmp_path


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        (r"C:\\photos\\me.png", "me.png"),
        ("/", ""),
        ("tab\there.png", "tabhere.png"),
        ("x" * 400, "x" * 300),
    ],
)
def test_a_name_of_a_file_is_for_display_alone(given: str, shown: str) -> None:
    assert display_name(given) == shown


def test_no_name_of_the_clients_reaches_the_disk(tmp_path: Path) -> None:
    file = read(tmp_path, part("portrait", FACE, "../../escape.png")).files["portrait"]
    assert file.filename == "escape.png"
    assert [path.name for path in tmp_path.iterdir()] == ["part-1"]


def test_utf8_names_are_read_as_browsers_write_them(tmp_path: Path) -> None:
    assert read(tmp_path, part("portrait", FACE, "Gesicht-ü.png")).files["portrait"].filename == (
        "Gesicht-ü.png"
    )


def test_a_file_input_left_empty_is_no_file(tmp_path: Path) -> None:
    assert read(tmp_path, part("audio", b"", "")).files == {}


def test_an_empty_file_with_a_name_is_a_file(tmp_path: Path) -> None:
    assert read(tmp_path, part("audio", b"", "a.wav")).files["audio"].bytes == 0


def test_repeated_texts_are_kept_and_refused_where_one_is_wanted(tmp_path: Path) -> None:
    form = read(tmp_path, part("voice", b"a"), part("voice", b"b"))
    assert form.texts["voice"] == ("a", "b")
    with pytest.raises(InvalidRequest, match="2 times"):
        form.text("voice")


def test_a_blank_text_is_as_good_as_absent(tmp_path: Path) -> None:
    form = read(tmp_path, part("voice", b""))
    assert form.text("voice") is None
    assert form.text("other") is None


def test_one_role_has_one_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="more than one file"):
        read(tmp_path, part("audio", FACE, "a"), part("audio", FACE, "b"))


@pytest.mark.parametrize(
    ("parts", "end"),
    [
        ([b"nothing of the kind"], b""),
        ([part("text", b"cut off")], b""),
        ([part("text", b"cut off")], b"--ed"),
        ([b"--edge\r\n\r\nno headers\r\n"], b"--edge--\r\n"),
        ([part("", b"no name")], b"--edge--\r\n"),
        ([part("n" * 300, b"long name")], b"--edge--\r\n"),
        ([part("text", b"\xff\xfe")], b"--edge--\r\n"),
        ([b"--edge\r\nbad header line\r\n\r\nx\r\n"], b"--edge--\r\n"),
        ([part(f"t{number}", b"") for number in range(65)], b"--edge--\r\n"),
    ],
)
def test_what_is_no_form_is_refused_as_that(tmp_path: Path, parts: list[bytes], end: bytes) -> None:
    with pytest.raises(MalformedBody):
        read(tmp_path, *parts, end=end)


def test_an_impossible_boundary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MalformedBody, match="boundary"):
        FormReader(b"b" * 300, tmp_path, LIMITS)


def test_a_file_over_its_limit_is_refused_while_it_arrives(tmp_path: Path) -> None:
    reader = FormReader(b"edge", tmp_path, LIMITS)
    with pytest.raises(MediaTooLarge, match="1,000"):
        reader.write(part("portrait", bytes(1_001), "me.png"))
    reader.close()


def test_texts_together_are_limited(tmp_path: Path) -> None:
    with pytest.raises(MediaTooLarge):
        read(tmp_path, part("a", b"x" * 60), part("b", b"x" * 60))
