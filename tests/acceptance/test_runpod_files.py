"""The files for RunPod are what RunPod takes, and their settings are ours."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from talkies.api.form_fields import checked
from talkies.api.v1.video_bodies import VideoBody
from talkies.settings import load
from talkies.settings.model import Settings, about
from talkies.settings.reading import names

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/runpod"
GUIDE = ROOT / "docs/guides/runpod-serverless.md"

#: Fields by RunPod's REST API, version 1, as of 2026.
TEMPLATE = frozenset(
    {
        *("name", "category", "isServerless", "isPublic", "imageName", "dockerEntrypoint"),
        *("dockerStartCmd", "containerDiskInGb", "volumeInGb", "volumeMountPath", "ports", "env"),
        *("readme", "containerRegistryAuthId"),
    }
)
ENDPOINT = frozenset(
    {
        *("name", "templateId", "computeType", "gpuTypeIds", "gpuCount", "allowedCudaVersions"),
        *("cpuFlavorIds", "vcpuCount", "dataCenterIds", "networkVolumeId", "workersMin"),
        *("workersMax", "scalerType", "scalerValue", "idleTimeout", "executionTimeoutMs"),
        "flashboot",
    }
)
POD = frozenset(
    {
        *("name", "imageName", "dockerEntrypoint", "dockerStartCmd", "computeType", "cloudType"),
        *("gpuTypeIds", "gpuCount", "containerDiskInGb", "networkVolumeId", "volumeInGb"),
        *("volumeMountPath", "ports", "env", "templateId", "allowedCudaVersions"),
    }
)
FIELDS = {
    "serverless-template": TEMPLATE,
    "pod-template": TEMPLATE,
    "serverless-endpoint": ENDPOINT,
    "installer-pod": POD,
    "network-volume": frozenset({"name", "size", "dataCenterId"}),
}

#: Variables that RunPod itself reads.
RUNPODS_OWN = frozenset({"RUNPOD_INIT_TIMEOUT"})

SECRET = re.compile(r"\{\{ RUNPOD_SECRET_[a-z0-9_]+ \}\}")


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def variables() -> set[str]:
    """Every name that a setting is found by."""
    said = ((field, about(field)) for field in Settings.model_fields)
    return {name for field, one in said if one is not None for name in names(field, one)}


def test_every_file_is_examined() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_a_file_has_runpods_fields_alone(name: str) -> None:
    assert set(document(name)) <= FIELDS[name]


@pytest.mark.parametrize("name", ["serverless-template", "pod-template", "installer-pod"])
def test_its_variables_are_settings_with_good_values(name: str) -> None:
    given: dict[str, str] = document(name)["env"]

    assert set(given) - RUNPODS_OWN <= variables()
    filled = {
        variable: SECRET.sub("https://filled-in-0123456789", value)
        for variable, value in given.items()
        if variable not in RUNPODS_OWN
    }
    assert load(environ=filled, env_file=None).notices == ()


@pytest.mark.parametrize("name", ["serverless-template", "pod-template", "installer-pod"])
def test_no_file_holds_a_secret(name: str) -> None:
    for variable, value in document(name)["env"].items():
        if re.search("KEY|TOKEN|SECRET", variable):
            assert SECRET.fullmatch(value), variable


def test_the_endpoint_scales_as_the_seed_wants_it() -> None:
    endpoint = document("serverless-endpoint")

    assert (endpoint["workersMin"], endpoint["workersMax"]) == (0, 5)
    assert endpoint["gpuTypeIds"][0] == "NVIDIA L40S"
    assert endpoint["executionTimeoutMs"] == 6 * 3_600_000


def test_the_pod_has_the_seeds_port_and_volume() -> None:
    pod = document("pod-template")

    assert pod["volumeMountPath"] == "/data"
    assert "8888/http" in pod["ports"]
    assert pod["env"]["API_PORT"] == "8888"


def test_the_volume_has_room_for_the_weights_and_the_environment() -> None:
    text = (ROOT / "src/talkies/engines/library/infinitetalk.toml").read_text()
    sources = tomllib.loads(text)["weights"]
    largest = sum(
        source["gigabytes"] for source in sources if "lora" in source.get("variants", ["lora"])
    )

    assert 80 < largest < 90
    assert document("network-volume")["size"] >= largest + 30


def test_the_installer_puts_things_where_the_workers_look() -> None:
    installer, worker = document("installer-pod"), document("serverless-template")

    assert installer["volumeMountPath"] == "/runpod-volume"
    for variable in ("ENGINES_ROOT", "MODEL_STORAGE_PATH"):
        assert installer["env"][variable] == worker["env"][variable]
        assert worker["env"][variable].startswith(installer["volumeMountPath"])
    assert installer["dockerStartCmd"][-1] in worker["env"]["ENGINES"].split(",")


def test_the_guides_requests_are_what_the_api_takes() -> None:
    blocks = re.findall(r"```json\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    requests = [found for block in blocks if "input" in (found := json.loads(block))]

    assert len(requests) >= 2
    for request in requests:
        fields = request["input"]
        if "do" not in fields:
            checked(VideoBody, fields)


@pytest.mark.parametrize("page", [GUIDE, FOLDER / "README.md"])
def test_variables_on_the_pages_are_settings(page: Path) -> None:
    named = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", page.read_text()))

    assert named - variables() - RUNPODS_OWN - ELSEWHERE == set()


#: Names in capitals on the pages that are no settings: codes of errors, states, placeholders.
ELSEWHERE = frozenset(
    {
        *("WEIGHTS_ON_NETWORK_VOLUME", "MEDIA_TOO_LARGE", "GPU_OOM", "GPU_UNAVAILABLE"),
        *(
            "HOST_OOM_OR_KILLED",
            "ENGINE_STALLED",
            "ENGINE_NOT_INSTALLED",
            "DOWNLOAD_FAILED",
            "DEADLINE_EXCEEDED",
        ),
        *("IN_QUEUE", "IN_PROGRESS", "TIMED_OUT", "QUEUE_DELAY", "TEMPLATE_ID", "VOLUME_ID"),
        *("ENDPOINT_ID", "RUNPOD_LOG_LEVEL"),
    }
)
