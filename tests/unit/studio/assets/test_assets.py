from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from file_room import ADMIN, ALICE, BOB, HOUR, MINUTE, NOBODY, PNG, Room

from talkies.db.tables import assets, blobs
from talkies.errors import (
    Conflict,
    InvalidRequest,
    MediaTooLarge,
    NotFound,
    NotReady,
    UnsupportedMedia,
)
from talkies.jobs.records import Status
from talkies.media.sniff import Family
from talkies.studio.assets.assets import Assets, upload_key
from talkies.studio.assets.records import AssetLimits

#: What differs between databases is tested with the blobs.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

WAV = b"RIFF\x24\0\0\0WAVEfmt " + bytes(20)
M4A = b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42" + bytes(20)


class TestUploads:
    def test_an_upload_is_what_its_bytes_are(self, room: Room, tmp_path: Path) -> None:
        asset = room.assets.add_upload(
            ALICE, room.file(WAV), filename="C:\\me\\voice.png", user_id="u1"
        )
        assert (asset.kind, asset.content_type, asset.bytes) == (Family.SOUND, "audio/wav", 36)
        assert (asset.filename, asset.user_id, asset.key_id) == ("voice.png", "u1", "key_alice")
        assert asset.id.startswith("ast_")
        assert asset.ready
        assert room.assets.get(ALICE, asset.id) == asset
        room.assets.fetch(room.assets.sha_of(ALICE, asset.id), tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == WAV

    def test_one_container_is_a_sound_or_a_video_by_its_name(self, room: Room) -> None:
        sound = room.assets.add_upload(ALICE, room.file(M4A), filename="memo.M4A")
        video = room.assets.add_upload(ALICE, room.file(M4A), filename="memo")
        assert (sound.kind, sound.content_type) == (Family.SOUND, "audio/mp4")
        assert (video.kind, video.content_type) == (Family.VIDEO, "video/mp4")

    def test_what_nothing_can_open_is_refused_and_not_kept(self, room: Room) -> None:
        with pytest.raises(UnsupportedMedia, match="PDF") as caught:
            room.assets.add_upload(ALICE, room.file(b"%PDF-1.7"))
        assert "PNG" in caught.value.details["supported"]
        assert room.stored() == []
        assert room.rows(assets) == []

    def test_what_is_over_its_limit_is_refused(self, room: Room) -> None:
        limits = AssetLimits(picture_bytes=30, sound_bytes=40, video_bytes=30)
        small = Assets(room.engine, room.storage, limits=limits, clock=room.clock)
        small.add_upload(ALICE, room.file(WAV))
        with pytest.raises(MediaTooLarge) as caught:
            small.add_upload(ALICE, room.file(PNG + bytes(30)))
        assert caught.value.details == {"bytes": 38, "limit": 30}

    def test_nobody_learns_that_others_have_the_same_file(self, room: Room) -> None:
        first = room.assets.add_upload(ALICE, room.file(WAV), filename="mine.wav")
        second = room.assets.add_upload(BOB, room.file(WAV))
        assert first.id != second.id
        assert second.filename is None
        assert second.created_at == room.clock.at
        assert len(room.stored()) == 1


class TestOwnership:
    def test_only_the_key_that_made_it_and_an_admin_see_it(self, room: Room) -> None:
        asset = room.assets.add_upload(ALICE, room.file())
        assert room.assets.get(ADMIN, asset.id) == asset
        for stranger in (BOB, NOBODY):
            for ask in (room.assets.get, room.assets.sha_of, room.assets.delete):
                with pytest.raises(NotFound):
                    ask(stranger, asset.id)
            assert room.assets.list(stranger) == ()
        with pytest.raises(NotFound):
            room.assets.get(ALICE, "ast_0")

    def test_what_a_session_made_belongs_to_admins(self, room: Room) -> None:
        asset = room.assets.add_upload(ADMIN, room.file())
        assert room.assets.list(NOBODY) == ()
        assert room.assets.list(ADMIN) == (asset,)


class TestLists:
    def test_a_list_is_newest_first_page_by_page(self, room: Room) -> None:
        made = []
        for _ in range(5):
            made.append(room.assets.add_upload(ALICE, room.file()))
            room.clock.at += 1
        room.assets.add_upload(BOB, room.file())
        page = room.assets.list(ALICE, limit=2)
        assert page == (made[4], made[3])
        assert room.assets.list(ALICE, limit=9, after=page[-1].id) == (made[2], made[1], made[0])
        assert len(room.assets.list(ADMIN)) == 6

    def test_a_list_of_one_user(self, room: Room) -> None:
        asset = room.assets.add_upload(ALICE, room.file(), user_id="u1")
        room.assets.add_upload(ALICE, room.file(), user_id="u2")
        assert room.assets.list(ALICE, user_id="u1") == (asset,)


class TestDeletion:
    def test_the_bytes_go_with_their_last_asset(self, room: Room) -> None:
        first = room.assets.add_upload(ALICE, room.file(WAV))
        second = room.assets.add_upload(BOB, room.file(WAV))
        room.assets.delete(ALICE, first.id)
        assert len(room.stored()) == 1
        room.assets.delete(BOB, second.id)
        assert room.stored() == []
        assert room.rows(blobs) == []
        with pytest.raises(NotFound):
            room.assets.delete(BOB, second.id)

    def test_an_unfinished_job_keeps_its_asset(self, room: Room) -> None:
        asset = room.assets.add_upload(ALICE, room.file())
        job = room.job(inputs={"portrait": room.assets.sha_of(ALICE, asset.id)})
        with pytest.raises(Conflict, match="unfinished job"):
            room.assets.delete(ALICE, asset.id)
        room.end(job, Status.FAILED)
        room.assets.delete(ALICE, asset.id)
        # The job may be retried.
        assert len(room.stored()) == 1

    def test_a_job_of_another_key_with_the_same_bytes_is_no_reason(self, room: Room) -> None:
        mine = room.assets.add_upload(ADMIN, room.file(WAV))
        theirs = room.assets.add_upload(BOB, room.file(WAV))
        room.job(of=BOB, inputs={"audio": room.assets.sha_of(BOB, theirs.id)})
        room.assets.delete(ADMIN, mine.id)
        assert len(room.stored()) == 1

    def test_bytes_that_arrive_again_right_now_stay_for_a_while(self, room: Room) -> None:
        path = room.file()
        asset = room.assets.add_upload(ALICE, path)
        room.clock.at += MINUTE
        digest = room.assets.keep(path, content_type="image/png")
        room.assets.delete(ALICE, asset.id)
        room.job(inputs={"portrait": digest})
        assert len(room.stored()) == 1


class TestDirectUploads:
    def send(self, room: Room, url: str, content: bytes) -> None:
        """What a server does with an upload link."""
        split = urlsplit(url)
        key = split.path.removeprefix("/v1/files/")
        signer = room.storage._signer
        terms = signer.verify_upload(key, dict(parse_qsl(split.query)))
        room.storage.put(key, room.file(content), content_type=terms.content_type)

    def test_an_upload_becomes_an_asset_like_any_other(self, room: Room) -> None:
        asset, link = room.assets.begin_upload(
            ALICE, filename="face.png", content_type="image/PNG; q=1", size=28, user_id="u1"
        )
        assert not asset.ready
        assert link.headers == {"Content-Type": "image/png"}
        with pytest.raises(NotReady):
            room.assets.sha_of(ALICE, asset.id)
        with pytest.raises(NotReady, match="not arrived"):
            room.assets.complete_upload(ALICE, asset.id)
        content = room.file().read_bytes()
        self.send(room, link.url, content)
        done = room.assets.complete_upload(ALICE, asset.id)
        assert done.ready
        assert (done.id, done.kind, done.user_id) == (asset.id, Family.PICTURE, "u1")
        assert room.assets.complete_upload(ALICE, asset.id) == done
        assert room.assets.sha_of(ALICE, asset.id) == done.sha256
        assert room.stored("uploads/") == []
        with pytest.raises(NotFound):
            room.assets.complete_upload(BOB, asset.id)

    def test_a_sound_in_a_container_of_videos_is_what_it_was_announced_as(self, room: Room) -> None:
        asset, link = room.assets.begin_upload(
            ALICE, filename=None, content_type="audio/x-m4a", size=len(M4A)
        )
        self.send(room, link.url, M4A)
        assert room.assets.complete_upload(ALICE, asset.id).kind is Family.SOUND

    @pytest.mark.parametrize(
        ("content", "error"),
        [(b"%PDF-1.7" + bytes(20), UnsupportedMedia), (PNG + bytes(21), InvalidRequest)],
    )
    def test_what_was_not_announced_is_removed_and_may_be_sent_again(
        self, room: Room, content: bytes, error: type[Exception]
    ) -> None:
        asset, link = room.assets.begin_upload(
            ALICE, filename="face.png", content_type="image/png", size=28
        )
        self.send(room, link.url, content)
        with pytest.raises(error):
            room.assets.complete_upload(ALICE, asset.id)
        assert room.stored() == []
        self.send(room, link.url, PNG + bytes(20))
        assert room.assets.complete_upload(ALICE, asset.id).ready

    @pytest.mark.parametrize(
        ("kind", "size", "error"),
        [
            ("application/pdf", 10, UnsupportedMedia),
            ("", 10, UnsupportedMedia),
            ("image/png", 0, InvalidRequest),
            ("image/png", -5, InvalidRequest),
            ("image/jpg", 10_000_001, MediaTooLarge),
        ],
    )
    def test_what_could_never_be_taken_is_refused_before_it_is_sent(
        self, room: Room, kind: str, size: int, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            room.assets.begin_upload(ALICE, filename=None, content_type=kind, size=size)
        assert room.rows(assets) == []

    def test_an_awaited_upload_can_be_given_up(self, room: Room) -> None:
        asset, link = room.assets.begin_upload(
            ALICE, filename=None, content_type="image/png", size=28
        )
        self.send(room, link.url, PNG + bytes(20))
        room.assets.delete(ALICE, asset.id)
        assert room.stored() == []
        assert room.rows(assets) == []

    def test_an_asset_that_another_request_completed_is_complete(self, room: Room) -> None:
        asset, link = room.assets.begin_upload(
            ALICE, filename=None, content_type="image/png", size=28
        )
        self.send(room, link.url, PNG + bytes(20))
        stale = room.assets.get(ALICE, asset.id)
        done = room.assets.complete_upload(ALICE, asset.id)

        class Late(Assets):
            """One that saw the asset before the other request completed it."""

            def get(self, principal: object, asset_id: str) -> object:
                found, self.get = stale, super().get
                return found

        late = Late(room.engine, room.storage, clock=room.clock)
        assert late.complete_upload(ALICE, asset.id) == done

    def test_an_upload_has_its_own_place(self, room: Room) -> None:
        asset, link = room.assets.begin_upload(
            ALICE, filename=None, content_type="image/png", size=28
        )
        assert upload_key(asset.id) in link.url
        room.clock.at += 2 * HOUR
        assert room.assets.get(ALICE, asset.id) == asset
