from pathlib import Path

import pytest
from workshop_stage import WHO, KeptInputs, require_https

from talkies.errors import BlobMissing, FetchFailed, NotFound, UnsafeAddress
from talkies.studio.fetching import Fetcher
from talkies.studio.submissions import Source

URL = "https://example.com/face.png"


@pytest.fixture
def inputs(tmp_path: Path) -> KeptInputs:
    return KeptInputs(tmp_path / "inputs")


@pytest.fixture
def fetcher(inputs: KeptInputs) -> Fetcher:
    def download(url: str, path: Path) -> None:
        if url != URL:
            raise FetchFailed
        path.write_bytes(b"from afar")

    return Fetcher(inputs, download=download, require_safe=require_https)


def test_an_asset_becomes_the_blob_that_it_is_now(
    fetcher: Fetcher, inputs: KeptInputs, tmp_path: Path
) -> None:
    (tmp_path / "face").write_bytes(b"face")
    digest = inputs.keep(tmp_path / "face", "ast_1")
    sources = {"portrait": Source(asset_id="ast_1"), "audio": Source(url=URL)}
    found = fetcher.resolved(WHO, sources)
    assert found == {"portrait": Source(sha256=digest), "audio": Source(url=URL)}
    fetcher.bring(found["portrait"], tmp_path / "brought")
    assert (tmp_path / "brought").read_bytes() == b"face"


def test_what_is_not_there_or_not_safe_is_refused(fetcher: Fetcher) -> None:
    with pytest.raises(NotFound):
        fetcher.resolved(WHO, {"portrait": Source(asset_id="ast_9")})
    with pytest.raises(UnsafeAddress):
        fetcher.resolved(WHO, {"portrait": Source(url="http://10.0.0.1/")})


def test_an_address_gives_its_file(fetcher: Fetcher, tmp_path: Path) -> None:
    fetcher.bring(Source(url=URL), tmp_path / "brought")
    assert (tmp_path / "brought").read_bytes() == b"from afar"
    with pytest.raises(FetchFailed):
        fetcher.bring(Source(url="https://example.com/none"), tmp_path / "none")


def test_a_blob_that_has_gone_is_missed(fetcher: Fetcher, tmp_path: Path) -> None:
    with pytest.raises(BlobMissing):
        fetcher.bring(Source(sha256="0" * 64), tmp_path / "none")


def test_nobody_brings_an_asset_whose_owner_was_not_asked(fetcher: Fetcher, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="resolved"):
        fetcher.bring(Source(asset_id="ast_1"), tmp_path / "none")
