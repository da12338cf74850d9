from urllib.parse import unquote

import pytest

from talkies.storage.filenames import NAME_MAX, attachment, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("talk.mp4", "talk.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\talk.mp4", "talk.mp4"),
        ("a\r\nSet-Cookie: x.mp4", "aSet-Cookie: x.mp4"),
        # The mark that turns a text around makes `exe.4pm` of `mp4.exe`.
        ("talk\u202egpj.exe", "talkgpj.exe"),
        ("x" * 100 + ".mp4", "x" * (NAME_MAX - 4) + ".mp4"),
        ("a." + "y" * 100, "a." + "y" * 15),
        ("no ending", "no ending"),
        ("...", "download"),
        ("", "download"),
        ("/", "download"),
    ],
)
def test_a_name_becomes_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("talk.mp4", "talk.mp4"),
        ("Grüße.mp4", "Grue.mp4"),
        ("你好.mp4", "download.mp4"),
        ("🎬", "download"),
        ('say "hi"; x=100%.mp4', "say _hi_; x=100_.mp4"),
    ],
)
def test_a_disposition_is_ascii_and_says_the_name_twice(name: str, plain: str) -> None:
    header = attachment(name)
    assert header.isascii()
    first, _, encoded = header.partition("; filename*=UTF-8''")
    assert first == f'attachment; filename="{plain}"'
    assert unquote(encoded) == name
    assert not set(encoded) & set(" ;,\"'()")
