import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from talkies.errors import Forbidden, InvalidRequest, LinkExpired, Misconfigured
from talkies.storage.links import LinkSigner, UploadTerms

SECRET = b"k" * 32
KEY = "videos/job_1.mp4"
TERMS = UploadTerms(content_type="image/png", size=10)


class Watch:
    def __init__(self) -> None:
        self.now = 1_800_000_000_500

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def signer(watch: Watch) -> LinkSigner:
    return LinkSigner(SECRET, watch)


def parts(link: str) -> tuple[str, dict[str, str]]:
    split = urlsplit(link)
    return split.path.removeprefix("/v1/files/"), dict(parse_qsl(split.query))


def test_a_link_says_what_it_reads_until_when_and_under_which_name(signer: LinkSigner) -> None:
    key, query = parts(signer.sign(KEY, 60, "My talk.mp4"))
    assert key == KEY
    assert query["expires"] == "1800000060"
    assert signer.verify(key, query) == "My talk.mp4"
    assert signer.verify(*parts(signer.sign(KEY, 60))) is None


@pytest.mark.parametrize(
    "name", ["ü 你好 🎬.mp4", "a&b=c;d.mp4", "\ud800x.mp4", "../../etc/passwd"]
)
def test_any_name_is_carried_safely(signer: LinkSigner, name: str) -> None:
    kept = signer.verify(*parts(signer.sign(KEY, 60, name)))
    assert kept
    assert "/" not in kept


def test_a_link_is_good_to_its_last_second_and_then_expired(
    signer: LinkSigner, watch: Watch
) -> None:
    link = signer.sign(KEY, 60)
    watch.now = 1_800_000_059_999
    signer.verify(*parts(link))
    watch.now += 1
    with pytest.raises(LinkExpired) as caught:
        signer.verify(*parts(link))
    assert caught.value.status == 410
    assert "fresh" in caught.value.hint


@pytest.mark.parametrize(
    "change",
    [
        {"expires": "1900000000"},
        {"expires": "99999999999999999999999"},
        {"expires": "soon"},
        {"filename": "other.mp4"},
        {"signature": "A" * 43},
        {"signature": "ünsigned"},
        {"signature": "\ud800"},
        {"signature": ""},
    ],
)
def test_a_changed_link_is_refused_and_never_called_expired(
    signer: LinkSigner, watch: Watch, change: dict[str, str]
) -> None:
    key, query = parts(signer.sign(KEY, 60, "talk.mp4"))
    watch.now += 3_600_000
    with pytest.raises(Forbidden):
        signer.verify(key, query | change)
    with pytest.raises(Forbidden):
        signer.verify("videos/job_2.mp4", query)
    with pytest.raises(Forbidden):
        signer.verify(key, {})


def test_another_secret_makes_other_links(signer: LinkSigner, watch: Watch) -> None:
    with pytest.raises(Forbidden):
        LinkSigner(b"m" * 32, watch).verify(*parts(signer.sign(KEY, 60)))


def test_a_name_that_was_not_signed_is_refused(signer: LinkSigner) -> None:
    key, query = parts(signer.sign(KEY, 60))
    with pytest.raises(Forbidden):
        signer.verify(key, query | {"filename": "evil.html"})


def test_an_upload_link_binds_type_and_size(signer: LinkSigner) -> None:
    key, query = parts(signer.sign_upload("uploads/1", 60, TERMS))
    assert signer.verify_upload(key, query) == TERMS
    for change in ({"size": "11"}, {"content_type": "text/html"}):
        with pytest.raises(Forbidden):
            signer.verify_upload(key, query | change)


def test_a_link_to_read_does_not_write_nor_the_other_way_round(signer: LinkSigner) -> None:
    key, reads = parts(signer.sign(KEY, 60))
    _, writes = parts(signer.sign_upload(KEY, 60, TERMS))
    with pytest.raises(Forbidden):
        signer.verify_upload(key, reads)
    with pytest.raises(Forbidden):
        signer.verify(key, writes)


def test_an_upload_link_expires(signer: LinkSigner, watch: Watch) -> None:
    link = signer.sign_upload(KEY, 60, TERMS)
    watch.now += 60_000
    with pytest.raises(LinkExpired):
        signer.verify_upload(*parts(link))


def test_only_keys_are_signed(signer: LinkSigner) -> None:
    with pytest.raises(InvalidRequest):
        signer.sign("../secret", 60)


def test_a_short_secret_is_a_wrong_setting() -> None:
    with pytest.raises(Misconfigured, match="31 bytes"):
        LinkSigner(b"k" * 31)


def test_fields_cannot_flow_into_each_other(signer: LinkSigner) -> None:
    """What one field ends with, another cannot begin with."""
    signed = {signer.sign("a/b", 60, name) for name in ("c", "cd", json.dumps("c"))}
    assert len({parts(link)[1]["signature"] for link in signed}) == 3
