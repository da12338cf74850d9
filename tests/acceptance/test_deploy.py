"""Images, compose and Kubernetes: linted, valid, true to the settings, and installed for real."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from ports import free_port

from talkies.settings.model import SECTIONS, about
from talkies.settings.reading import names

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "deploy/docker"
K8S = ROOT / "deploy/k8s"
COMPOSE = ROOT / "deploy/compose"
BIN = Path(sys.executable).parent

IMAGES = sorted(DOCKER.glob("*.Dockerfile"))
MANIFESTS = sorted(K8S.glob("*.yaml"))

#: Variables of programs beside ours.
OTHERS = {"POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_DB", "PATH", "PYTHONUNBUFFERED"}


def settings_names() -> set[str]:
    fields = [(name, about(name)) for section in SECTIONS for name in section.__annotations__]
    return {each for name, said in fields if said is not None for each in names(name, said)}


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.stem)
def test_an_image_is_written_as_it_should_be(image: Path) -> None:
    done = subprocess.run([BIN / "hadolint", image], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.stem)
def test_an_image_runs_as_nobody_in_particular_and_holds_no_weights(image: Path) -> None:
    text = image.read_text()
    assert text.count("\nFROM ") + text.startswith("FROM ") == 2, (
        "built in one stage, run in another"
    )
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text
    assert "GIT_SHA=$GIT_SHA" in text
    assert "weights pull" not in text


def test_what_an_image_copies_is_sent_to_the_builder() -> None:
    ignore = (ROOT / ".dockerignore").read_text().split()
    sent = [line[1:] for line in ignore if line.startswith("!")]
    for image in IMAGES:
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", image.read_text(), re.MULTILINE):
            for source in line.split():
                assert (ROOT / source).exists()
                assert any(source == s or source.startswith(f"{s}/") for s in sent), source


def test_compose_is_valid_and_names_settings() -> None:
    file = COMPOSE / "compose.yaml"
    command = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", file]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    named = {
        name
        for service in documents(file)[0]["services"].values()
        for name in service.get("environment", {})
    }
    example = re.findall(r"^#?([A-Z0-9_]+)=", (COMPOSE / ".env.example").read_text(), re.MULTILINE)
    assert {*named, *example} - settings_names() - OTHERS == set()


def test_the_workflows_are_valid() -> None:
    files = sorted((ROOT / ".github/workflows").glob("*.yml"))
    command = [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert len(files) == 2


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.stem)
def test_a_manifest_is_valid(manifest: Path) -> None:
    command = [BIN / "kubernetes-validate", "--strict", "--no-warn", manifest]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_manifests_name_settings_and_what_they_mount() -> None:
    everything = [document for path in MANIFESTS for document in documents(path)]
    config = next(d for d in everything if d["kind"] == "ConfigMap")
    given = {*config["data"], *re.findall(r"--from-literal=([A-Z0-9_]+)=", _text("config"))}
    claims = {d["metadata"]["name"] for d in everything if d["kind"] == "PersistentVolumeClaim"}
    assert claims == {"sadtalker-checkpoints-pvc", "sadtalker-outputs-pvc"}
    for deployment in (d for d in everything if d["kind"] == "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        (container,) = pod["containers"]
        given |= {variable["name"] for variable in container.get("env", ())}
        assert {"secretRef": {"name": "ai-secrets"}} in container["envFrom"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        assert {mount["name"] for mount in container["volumeMounts"]} <= set(volumes)
        wanted = [v["persistentVolumeClaim"]["claimName"] for v in volumes.values() if len(v) > 1
                  and "persistentVolumeClaim" in v]  # fmt: skip
        assert set(wanted) <= claims
    assert given - settings_names() - OTHERS == set()


def test_every_worker_scales_by_the_queue_of_its_engine() -> None:
    for path in K8S.glob("worker-*.yaml"):
        deployment, scaler = documents(path)
        engine = deployment["metadata"]["labels"]["engine"]
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert container["args"] == ["worker", "--engines", engine]
        (trigger,) = scaler["spec"]["triggers"]
        assert scaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
        assert f'talkies_queue_depth{{queue="render.{engine}"}}' in trigger["metadata"]["query"]
        assert scaler["spec"]["maxReplicaCount"] == 5
        if "nvidia.com/gpu" in container["resources"]["limits"]:
            assert scaler["spec"]["minReplicaCount"] == 0


def _text(name: str) -> str:
    return (K8S / f"{name}.yaml").read_text()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the CPU image has at the end of its build, made by its own steps in a clean folder."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("image") / "talkies"
    for line in re.findall(r"^COPY (?!--from)(.+) /source/\S*$", _image("cpu"), re.MULTILINE):
        for name in line.split():
            place = source / name
            place.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, place)
    # Lines of the copy are not to be counted as covered.
    environment = {k: v for k, v in os.environ.items() if "COVERAGE" not in k}
    subprocess.run(
        ["sh", source / "deploy/docker/install.sh", source, target, sys.executable],
        env=environment,
        check=True,
        capture_output=True,
    )
    return target


def _image(name: str) -> str:
    return (DOCKER / f"{name}.Dockerfile").read_text()


def environment_of(installed: Path, folder: Path, port: int) -> dict[str, str]:
    """The variables of the image, but for its folders and its port."""
    text = _image("cpu").replace("\\\n", " ")
    given = dict(re.findall(r"(\b[A-Z_]+)=(\S+)", text.split("\nENV ", 1)[1].splitlines()[0]))
    return {
        **given,
        "PATH": f"{installed}/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "GIT_SHA": "0123abc",
        "API_HOST": "127.0.0.1",
        "API_PORT": str(port),
        "DATA_DIR": str(folder / "talkies"),
        "ENGINES_ROOT": str(folder / "engines"),
        "API_KEYS": "tk_deploy",
    }


@contextmanager
def started(command: list[str | Path], environment: dict[str, str], folder: Path) -> Iterator[str]:
    """A server that answers, at its address."""
    url = f"http://127.0.0.1:{environment['API_PORT']}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _await(url, process, folder / "log")
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=240) in {0, -signal.SIGTERM}


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{url}/livez", timeout=120).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())


def test_the_image_s_steps_give_a_service_that_answers(installed: Path, tmp_path: Path) -> None:
    environment = environment_of(installed, tmp_path, free_port())
    with started(["sh", DOCKER / "start.sh", "serve"], environment, tmp_path) as url:
        health = httpx.get(f"{url}/healthz", timeout=120).json()
        assert health["git_sha"] == "0123abc"
        engines = httpx.get(
            f"{url}/v1/engines", headers={"X-API-Key": "tk_deploy"}, timeout=120
        ).json()
        assert "portrait" in [engine["id"] for engine in engines["data"]]
        check = ["sh", DOCKER / "healthcheck.sh"]
        assert subprocess.run(check, env=environment, check=False).returncode == 0
    check = ["sh", DOCKER / "healthcheck.sh"]
    after = subprocess.run(check, env=environment, check=False, capture_output=True)
    assert after.returncode != 0


def test_the_image_has_what_a_gpu_fleet_needs(installed: Path) -> None:
    command = [installed / "bin/python", "-c", "import huggingface_hub, runpod, psycopg, boto3"]
    subprocess.run(command, check=True)
    listed = subprocess.run(
        [installed / "bin/pip", "list", "--format=freeze"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.lower()
    assert not re.search(r"^(torch|tensorflow|nvidia-)", listed, re.MULTILINE)


def test_a_command_s_name_runs_that_command(installed: Path, tmp_path: Path) -> None:
    environment = environment_of(installed, tmp_path, 1)
    done = subprocess.run(
        ["sh", DOCKER / "start.sh", "--version"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.startswith("talkies ")


def test_a_volume_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = str(tmp_path / "file" / "data")
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": place, "ENGINES_ROOT": place}
    done = subprocess.run(
        ["sh", DOCKER / "start.sh"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 5
    assert place in done.stderr


def test_the_launcher_of_pods_serves_on_its_port(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TALKIES_VENV": str(BIN.parent),
        "API_HOST": "127.0.0.1",
        "API_PORT": str(port),
        "UVICORN_ARGS": "--log-level warning --no-access-log",
        "DATA_DIR": str(tmp_path / "data"),
        "API_KEYS": "tk_deploy",
    }
    with started([ROOT / "deploy/run.sh"], environment, tmp_path) as url:
        assert httpx.get(f"{url}/health", timeout=120).json()["status"] == "ok"
    assert "8888" in (ROOT / "deploy/run.sh").read_text()


def test_the_launcher_refuses_an_open_server_with_what_mends_it(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "TALKIES_VENV": str(BIN.parent)}
    environment |= {"API_PORT": "0", "DATA_DIR": str(tmp_path / "data")}
    command = [ROOT / "deploy/run.sh"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "talkies keys create" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_launcher_says_what_is_missing(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "TALKIES_VENV": str(tmp_path)}
    command = [ROOT / "deploy/run.sh"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "make setup" in done.stderr
