"""The seeds' pods: their form, their states, their links, and their bad days."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from loopback import Hit, Reply, Server
from pod_server import VIDEO, PodServer, Script
from pod_stage import QUICK, order, sadtalker, ways

from talkies.errors import MediaTooLarge, PodFailure
from talkies.pods.client import Look, Order, RemoteState
from talkies.pods.pod import TokenPlace
from talkies.pods.sadtalker_client import Paths, SadTalkerClient
from talkies.pods.wire import Limits


@contextmanager
def client(
    pod: PodServer, *, limits: Limits = QUICK, paths: Paths | None = None, **given: object
) -> Iterator[SadTalkerClient]:
    made = SadTalkerClient(
        sadtalker(pod.url, **given), ways(), limits, paths=paths or Paths(), whole_seconds=10
    )
    try:
        yield made
    finally:
        made.close()


def failure_of(pod: PodServer, folder: Path, **given: object) -> PodFailure:
    """How the whole way to a video fails."""
    path = folder / "video.mp4"
    with client(pod, **given) as one, pytest.raises(PodFailure) as raised:
        whole(one, order(folder), path)
    assert not path.exists()
    return raised.value


def whole(one: SadTalkerClient, wanted: Order, path: Path) -> None:
    accepted = one.submit(wanted)
    look = accepted.look if accepted.remote_id is None else one.look(accepted.remote_id)
    if look.error is not None:
        raise look.error
    one.fetch(accepted.remote_id, look, path)


def test_a_video_is_made(tmp_path: Path) -> None:
    with PodServer(Script(key="k")) as pod, client(pod, api_key="k") as one:
        one.probe()
        wanted = order(tmp_path, options={"pose_style": 3, "size": 512, "enhancer": "none", "x": 1})
        accepted = one.submit(wanted)
        assert accepted.remote_id == "job-0"
        look = one.look("job-0")
        assert look.state is RemoteState.SUCCEEDED
        one.fetch("job-0", look, tmp_path / "video.mp4")
        one.cancel("job-0")
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    form = pod.jobs["job-0"].form
    for part in (b'name="source_image"', b"\x89PNG portrait", b'name="driven_audio"', b"RIFF"):
        assert part in form
    for name, value in (("preprocess", "full"), ("pose_style", "3"), ("default_size", "512")):
        assert f'name="{name}"\r\n\r\n{value}\r\n'.encode() in form
    assert b"enhancer" not in form
    assert b'name="x"' not in form
    assert len(form) == int(pod.seen[1].headers["content-length"])


def test_a_still_head_is_asked_for(tmp_path: Path) -> None:
    with PodServer() as pod, client(pod) as one:
        one.submit(order(tmp_path, motion=0.0))
    assert b'name="still"\r\n\r\ntrue\r\n' in pod.jobs["job-0"].form


def test_an_older_path_answers_with_the_video(tmp_path: Path) -> None:
    script = Script(direct=True, link="/elsewhere/{id}.mp4")
    paths = Paths(create="/generate_talking_video")
    with PodServer(script) as pod, client(pod, paths=paths) as one:
        accepted = one.submit(order(tmp_path))
        assert accepted.remote_id is None
        assert accepted.look.state is RemoteState.SUCCEEDED
        one.fetch(None, accepted.look, tmp_path / "video.mp4")
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    assert pod.seen[0].path == "/generate_talking_video"


@pytest.mark.parametrize("body", ['{"status": "failed", "error": "%s"}', '{"detail": "%s"}'])
def test_our_secrets_are_not_quoted_from_a_pod_that_says_them(tmp_path: Path, body: str) -> None:
    said = body % "no Bearer tok/en, no ?token=tok%2Fen, no X-API-Key: apikey"
    status = 400 if "detail" in body else 200
    with Server(lambda _: Reply(status=status, body=said.encode())) as server:
        secrets = {"token": "tok/en", "api_key": "apikey"}
        one = SadTalkerClient(sadtalker(server.url(""), **secrets), ways(), QUICK)
        with pytest.raises(PodFailure) as raised:
            raise one.look("job-0").error or AssertionError
    assert raised.value.message.endswith("no Bearer …, no ?token=…, no X-API-Key: …")


@pytest.mark.parametrize("name", ["download_url", "downloadUrl", "video_path", "videoPath"])
def test_the_video_may_have_any_of_the_seeds_names(tmp_path: Path, name: str) -> None:
    body = f'{{"{name}": "/v.mp4", "storage": null}}'.encode()
    with Server(lambda _: Reply(body=body)) as server:
        one = SadTalkerClient(sadtalker(server.url("")), ways(), QUICK)
        assert one.submit(order(tmp_path)).look.link == "/v.mp4"


def test_the_video_may_lie_in_a_storage(tmp_path: Path) -> None:
    body = b'{"storage": {"provider": "s3", "url": "https://bucket.example/v.mp4"}}'
    with Server(lambda _: Reply(body=body)) as server:
        one = SadTalkerClient(sadtalker(server.url("")), ways(), QUICK)
        assert one.submit(order(tmp_path)).look.link == "https://bucket.example/v.mp4"


@pytest.mark.parametrize(
    ("place", "sent"), [(TokenPlace.HEADER, "t&o"), (TokenPlace.QUERY, "t%26o")]
)
def test_the_token_goes_into_the_header_or_the_query_and_the_key_into_its_own(
    tmp_path: Path, place: TokenPlace, sent: str
) -> None:
    facts = {"token": "t&o", "api_key": "k", "token_place": place}
    with PodServer(Script(token=sent, key="k")) as pod, client(pod, **facts) as one:  # type: ignore[arg-type]
        accepted = one.submit(order(tmp_path))
        one.fetch(accepted.remote_id, accepted.look, tmp_path / "video.mp4")
    assert all(("token=" in seen.path) == (place is TokenPlace.QUERY) for seen in pod.seen)


SECRETS = {"token": "secret", "api_key": "secret"}


@pytest.mark.parametrize(
    ("script", "reason", "said"),
    [
        (Script(odd="refuse"), "refused", "does not accept our key"),
        (Script(odd="broken"), "answer", "answered 500"),
        (Script(odd="busy"), "busy", "no room now"),
        (Script(odd="nonsense"), "answer", "no JSON object"),
        (Script(odd="huge"), "answer", "more than is taken"),
        (Script(odd="fail"), "job", "Can't get the coeffs"),
        (Script(odd="empty"), "answer", "empty file"),
        (Script(odd="cut"), "unreachable", "broke off"),
        (Script(downloads=False, link="http://127.0.0.1:9/secret"), "answer", "not contacted"),
        (Script(downloads=False, link="http://169.254.169.254/x"), "answer", "not contacted"),
        (Script(downloads=False, link="file:///etc/passwd"), "answer", "not contacted"),
        (Script(direct=True, link=""), "answer", "without a job and without a video"),
    ],
)
def test_every_bad_day_is_a_failure_with_a_reason(
    tmp_path: Path, script: Script, reason: str, said: str
) -> None:
    with PodServer(script) as pod:
        failure = failure_of(pod, tmp_path)
    assert failure.details["reason"] == reason
    assert said in failure.message
    assert failure.details["pod"] in failure.message


def test_a_pod_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with PodServer() as gone:
        pass
    assert failure_of(gone, tmp_path).details["reason"] == "unreachable"
    with pytest.raises(PodFailure, match="has an address that is not there"):
        SadTalkerClient(sadtalker("http://nowhere.example"), ways(), QUICK).probe()


def test_a_pod_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    waiting = threading.Event()

    def answer(_: Hit) -> Reply:
        waiting.wait(60)
        return Reply()

    with Server(answer) as server:
        one = SadTalkerClient(sadtalker(server.url("")), ways(), Limits(ask_seconds=0.2))
        with pytest.raises(PodFailure, match="in time"):
            one.probe()
        waiting.set()


def test_what_is_under_way_can_be_cut_off(tmp_path: Path) -> None:
    with PodServer(Script(direct=True, seconds=30)) as pod, client(pod) as one:
        timer = threading.Timer(0.1, one.close)
        timer.start()
        with pytest.raises(PodFailure):
            one.submit(order(tmp_path))
        timer.join()
        pod.leaving.set()


def test_a_job_that_the_pod_forgot_is_lost(tmp_path: Path) -> None:
    script = Script()
    with PodServer(script) as pod, client(pod) as one:
        accepted = one.submit(order(tmp_path))
        script.odd = "lost"
        assert one.look(str(accepted.remote_id)).state is RemoteState.LOST


def test_a_state_that_nobody_knows_is_said_to_be_that(tmp_path: Path) -> None:
    with PodServer(Script(odd="unknown")) as pod, client(pod) as one:
        assert one.submit(order(tmp_path)).look.state is RemoteState.UNKNOWN


def test_the_pods_own_link_is_followed_where_it_has_no_download(tmp_path: Path) -> None:
    with Server(lambda _: Reply(body=b"elsewhere")) as other:
        script = Script(downloads=False, link=other.url("/v.mp4"), key="secret")
        with PodServer(script) as pod:
            facts = sadtalker(pod.url, **SECRETS)
            one = SadTalkerClient(facts, ways(other.place), QUICK)
            accepted = one.submit(order(tmp_path))
            one.fetch(accepted.remote_id, accepted.look, tmp_path / "video.mp4")
    assert (tmp_path / "video.mp4").read_bytes() == b"elsewhere"
    assert "secret" not in str(other.hits)


def test_a_redirect_to_another_host_carries_no_secrets(tmp_path: Path) -> None:
    with Server(lambda _: Reply(body=b"bucket")) as bucket:
        hop = Reply(status=302, headers={"location": bucket.url("/v.mp4")})
        with Server(lambda _: hop) as server:
            facts = sadtalker(server.url(""), **SECRETS)
            one = SadTalkerClient(facts, ways(bucket.place), QUICK)
            one.fetch("job-1", Look(state=RemoteState.SUCCEEDED), tmp_path / "video.mp4")
    assert (tmp_path / "video.mp4").read_bytes() == b"bucket"
    assert "secret" in str(server.hits)
    assert "secret" not in str(bucket.hits)


def test_a_redirect_into_the_private_network_is_not_followed(tmp_path: Path) -> None:
    with Server(lambda _: Reply(body=b"secrets of others")) as private:
        hop = Reply(status=302, headers={"location": private.url("/admin")})
        with Server(lambda _: hop) as server:
            one = SadTalkerClient(sadtalker(server.url("")), ways(), QUICK)
            with pytest.raises(PodFailure, match="not contacted"):
                one.fetch("job-1", Look(state=RemoteState.SUCCEEDED), tmp_path / "video.mp4")
    assert private.connections == 0


def test_redirects_do_not_go_on_for_ever(tmp_path: Path) -> None:
    hop = Reply(status=302, headers={"location": "/again"})
    with Server(lambda _: hop) as server:
        one = SadTalkerClient(sadtalker(server.url("")), ways(), QUICK)
        with pytest.raises(PodFailure, match="redirects for ever"):
            one.fetch("job-1", Look(state=RemoteState.SUCCEEDED), tmp_path / "video.mp4")


def test_too_much_is_neither_sent_nor_taken(tmp_path: Path) -> None:
    with PodServer() as pod:
        with (
            client(pod, limits=Limits(most_sent=100)) as one,
            pytest.raises(MediaTooLarge),
        ):
            one.submit(order(tmp_path))
        assert not pod.seen
        assert (
            "more than is taken"
            in failure_of(pod, tmp_path, limits=Limits(most_received=99)).message
        )


def test_what_the_pod_does_not_take_is_said_in_its_words(tmp_path: Path) -> None:
    body = b'{"detail": "source_image must be\\u0007 an image"}'
    with Server(lambda _: Reply(status=422, body=body)) as server:
        one = SadTalkerClient(sadtalker(server.url("")), ways(), QUICK)
        with pytest.raises(PodFailure, match="source_image must be  an image"):
            one.submit(order(tmp_path))


def test_an_id_that_is_no_id_is_not_asked_for(tmp_path: Path) -> None:
    with Server(lambda _: Reply(body=b'{"id": "../../admin", "status": "queued"}')) as server:
        one = SadTalkerClient(sadtalker(server.url("")), ways(), QUICK)
        with pytest.raises(PodFailure, match="cannot be asked for"):
            one.submit(order(tmp_path))


def test_a_pod_without_a_health_route_is_believed_to_be_well() -> None:
    own = Reply(status=404, body=b'{"detail": "Not Found"}')
    with Server(lambda _: own) as server:
        SadTalkerClient(sadtalker(server.url("")), ways(), QUICK).probe()
    with Server(lambda _: Reply(status=500)) as server, pytest.raises(PodFailure):
        SadTalkerClient(sadtalker(server.url("")), ways(), QUICK).probe()


@pytest.mark.parametrize("status", [404, 502, 503, 524])
def test_a_proxy_whose_pod_is_away_is_not_taken_for_the_pod(status: int) -> None:
    page = Reply(status=status, body=b"<html>404: pod not found</html>")
    with Server(lambda _: page) as server:
        one = SadTalkerClient(sadtalker(server.url("")), ways(), QUICK)
        for ask in (one.probe, lambda: one.look("job-1")):
            with pytest.raises(PodFailure, match="not behind its address") as raised:
                ask()
            assert raised.value.details["reason"] == "unreachable"


def test_only_an_older_path_may_take_as_long_as_a_render(tmp_path: Path) -> None:
    slow = Script(direct=True, seconds=1, link="/elsewhere/v.mp4")
    quick = Limits(transfer_seconds=5, stall_seconds=0.2)
    with (
        PodServer(slow) as pod,
        client(pod, limits=quick) as one,
        pytest.raises(PodFailure, match="in time"),
    ):
        one.submit(order(tmp_path))
    with PodServer(slow) as pod, client(pod, limits=quick, paths=Paths(create="/old")) as one:
        assert one.submit(order(tmp_path)).remote_id is None
