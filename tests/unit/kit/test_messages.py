import io
import json
import struct

import pytest

from talkies.errors import EngineFailure, FaceUnusable, MediaTooLarge
from talkies.kit.messages import described, rebuilt, receive, relaying_errors, send


def message(text: bytes, payload: bytes = b"") -> io.BytesIO:
    return io.BytesIO(struct.pack(">I", len(text)) + text + payload)


def test_messages_arrive_in_order_with_their_bytes() -> None:
    stream = io.BytesIO()
    send(stream, {"width": 3}, b"\0\1\2")
    send(stream, {"ended": True})
    stream.seek(0)
    assert receive(stream) == ({"width": 3, "bytes": 3}, b"\0\1\2")
    assert receive(stream) == ({"ended": True, "bytes": 0}, b"")
    with pytest.raises(EOFError):
        receive(stream)


def test_a_view_of_any_shape_is_sent_as_its_bytes() -> None:
    stream = io.BytesIO()
    send(stream, {}, memoryview(b"abcd").cast("B", (2, 2)))
    stream.seek(0)
    assert receive(stream)[1] == b"abcd"


@pytest.mark.parametrize(
    "stream",
    [
        io.BytesIO(b"\0\0"),
        io.BytesIO(b"\xff\xff\xff\xff" + bytes(100)),
        message(b"not json"),
        message(b"\xff\xfe"),
        message(b"[1]"),
        message(b"{}"),
        message(b'{"bytes": -1}'),
        message(b'{"bytes": "9"}'),
        message(b'{"bytes": 999999999999}'),
        message(b'{"bytes": 9}', b"short"),
        message(b"[" * 100_000),
        message(b'{"bytes": 0, "error": "x"}'),
    ],
)
def test_what_is_no_message_is_the_end(stream: io.BytesIO) -> None:
    with pytest.raises(EOFError):
        receive(stream)


def test_errors_arrive_as_themselves() -> None:
    stream = io.BytesIO()
    with relaying_errors(stream):
        raise FaceUnusable("Turned away", hint="Look here", details={"yaw": 60.5, "tries": [1.0]})
    stream.seek(0)
    with pytest.raises(FaceUnusable, match="Turned away") as caught:
        receive(stream)
    assert (caught.value.hint, caught.value.details) == ("Look here", {"yaw": 60.5, "tries": [1.0]})


def test_memory_that_does_not_suffice_is_a_file_that_is_too_large() -> None:
    stream = io.BytesIO()
    with relaying_errors(stream):
        raise MemoryError
    stream.seek(0)
    with pytest.raises(MediaTooLarge):
        receive(stream)


def test_other_errors_are_not_relayed() -> None:
    with pytest.raises(ZeroDivisionError), relaying_errors(io.BytesIO()):
        raise ZeroDivisionError


def test_descriptions_of_any_kind_become_an_error() -> None:
    assert type(rebuilt({"code": "NEWER_THAN_US", "message": "m"})) is EngineFailure
    assert rebuilt({"code": ["x"], "details": 7}).details == {}
    whole = FaceUnusable("m", hint="h", details={"a": None})
    assert described(rebuilt(json.loads(json.dumps(described(whole))))) == described(whole)
