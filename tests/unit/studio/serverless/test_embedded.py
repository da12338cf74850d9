"""Files inside a request become files on the disk, and nothing else does."""

import base64
import hashlib
from pathlib import Path

import pytest

from talkies.errors import InvalidRequest, MediaTooLarge
from talkies.studio.serverless.embedded import EMBEDDED_BYTES, extracted

ROLES = ("portrait", "audio", "background")


def data(content: bytes, head: str = "image/png;base64") -> str:
    return f"data:{head},{base64.b64encode(content).decode()}"


def test_addresses_and_everything_else_stay_as_they_are(tmp_path: Path) -> None:
    document = {"portrait": "https://example.com/a.png", "text": "data:text/plain;base64,aGk="}

    rest, files = extracted(document, ROLES, tmp_path)

    assert rest == document
    assert files == {}


def test_a_file_is_taken_out_with_what_is_known_of_it(tmp_path: Path) -> None:
    rest, files = extracted({"portrait": data(b"a face"), "text": "Hi."}, ROLES, tmp_path)

    file = files["portrait"]
    assert rest == {"text": "Hi."}
    assert file.path.read_bytes() == b"a face"
    assert (file.bytes, file.content_type) == (6, "image/png")
    assert file.sha256 == hashlib.sha256(b"a face").hexdigest()


def test_a_background_may_stand_in_output(tmp_path: Path) -> None:
    document = {"output": {"background": data(b"a wall"), "fps": 25}}

    rest, files = extracted(document, ROLES, tmp_path)

    assert rest == {"output": {"fps": 25}}
    assert files["background"].path.read_bytes() == b"a wall"


def test_spelling_is_forgiven_where_the_standard_does(tmp_path: Path) -> None:
    broken_lines = "\n".join(base64.b64encode(b"a face" * 20).decode()[i : i + 10] for i in (0, 10))
    document = {
        "portrait": f"DATA:;base64,{broken_lines}",
        "audio": data(b"a voice", "audio/wav;codecs=1;BASE64"),
    }

    _, files = extracted(document, ROLES, tmp_path)

    assert files["portrait"].content_type == "application/octet-stream"
    assert files["audio"].path.read_bytes() == b"a voice"


@pytest.mark.parametrize(
    "text", ["data:", "data:image/png,abc", "data:;base64,a", "data:;base64,é"]
)
def test_what_is_no_base64_is_refused_by_its_field(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        extracted({"audio": text}, ROLES, tmp_path)

    assert "audio" in refusal.value.message


def test_all_files_together_have_a_limit(tmp_path: Path) -> None:
    half = data(b"x" * (EMBEDDED_BYTES // 2 + 1))

    with pytest.raises(MediaTooLarge):
        extracted({"portrait": half, "audio": half}, ROLES, tmp_path)
    with pytest.raises(MediaTooLarge):
        extracted({"portrait": data(b"x" * (EMBEDDED_BYTES + 9))}, ROLES, tmp_path)


def test_a_file_of_just_the_limit_is_taken(tmp_path: Path) -> None:
    _, files = extracted({"portrait": data(b"x" * EMBEDDED_BYTES)}, ROLES, tmp_path)

    assert files["portrait"].bytes == EMBEDDED_BYTES
