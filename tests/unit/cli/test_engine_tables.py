"""How engines are laid out, in terminals of any width."""

from dataclasses import replace
from pathlib import Path

import pytest

from talkies.cli.engine_tables import listing, page
from talkies.cli.root_flags import at_root, home_of
from talkies.cli.tables import columns
from talkies.cli.trying import lengths_of
from talkies.engines.base import READY, Capabilities, Preset, Readiness, Speed, VideoFormat
from talkies.engines.home import EngineHome
from talkies.engines.installation import Installation
from talkies.engines.registry import EngineRegistry, ListedEngine
from talkies.errors import InvalidOption
from talkies.studio.upstreams.known import find_upstream

SPEED = Speed(
    device="A100 80 GB", seconds_per_video_second=64.8, vram_gib=48.0, source="authors' table"
)
FACTS = Capabilities(
    id="photoreal",
    summary="Photoreal: a portrait or a video talks, with head and body, by a large model. Slow.",
    follows_performance=False,
    formats=frozenset({VideoFormat.MP4}),
    licence="Apache-2.0",
    commercial_use=True,
    vram_gib=13.0,
    seconds_per_video_second=64.8,
    presets=(
        Preset(name="standard", summary="480p in 8 steps.", speeds=(SPEED,)),
        Preset(name="small", summary="In little.", speeds=(replace(SPEED, vram_gib=13.0),)),
    ),
    option_schema={
        "type": "object",
        "properties": {
            "preset": {"type": "string", "enum": ["standard", "small"]},
            "steps": {
                "type": "integer",
                "minimum": 1,
                "maximum": 100,
                "default": 40,
                "description": "Denoising steps.",
            },
            "still": {"type": "boolean", "default": False, "description": "No motion."},
            "model": {"type": "string", "enum": ["bf16", "fp8"], "default": "bf16"},
            "name": {"type": "string", "default": ""},
        },
    },
)
MISSING = Readiness(reason="it is not installed", mend="talkies engines install photoreal")


def engine(readiness: Readiness = READY) -> ListedEngine:
    return ListedEngine(id="photoreal", capabilities=FACTS, readiness=readiness)


def test_a_row_has_what_a_choice_hangs_on() -> None:
    head, row, *under = listing([engine()], 80)
    assert head.split() == ["ENGINE", "READY", "GPU", "MEMORY", "SPEED", "COMMERCIAL", "LICENCE"]
    assert row.split() == ["photoreal", "yes", "13", "GiB+", "65", "s/s", "yes", "Apache-2.0"]
    assert (
        " ".join(under) == "  Photoreal: a portrait or a video talks, with head and body, by a "
        "large model.   Slow."
    )


@pytest.mark.parametrize("width", [40, 80, 120])
def test_nothing_is_wider_than_the_terminal_but_commands(width: int) -> None:
    lines = listing([engine(MISSING)], width)[2:]
    assert [line for line in lines if columns(line) > width and "→" not in line] == []
    (command,) = (line for line in lines if "→" in line)
    assert command.endswith("→ talkies engines install photoreal")


def test_a_broken_engine_says_why() -> None:
    broken = ListedEngine(id="warp", capabilities=None, readiness=Readiness(reason="no warp"))
    assert listing([broken], 80)[1:] == ["warp    no", "  Not ready: no warp"]


def test_a_page_tells_all_there_is() -> None:
    record = Installation(
        engine="photoreal",
        talkies="1",
        begun_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T01:00:00Z",
        repository="/data/repositories/photoreal",
        revision="0123456789abcdef",
        local_changes=True,
        environment="/data/environments/photoreal",
        python="3.10.13",
        weights="/data/weights/photoreal",
        weights_bytes=31_000_000_000,
    )
    text = "\n".join(page(engine(MISSING), None, record, 80))
    for part in (
        "no: it is not installed",
        "→ talkies engines install photoreal",
        "Apache-2.0; commercial use is allowed",
        "at 0123456789ab, with changes of yours",
        "/data/weights/photoreal, 31.0 GB",
        "65 s/s, 48 GiB on A100 80 GB (authors' table)",
        "steps  <integer 1…100>  [default: 40]",
        "still  <boolean>  [default: false]",
        "model  <bf16|fp8>  [default: bf16]",
        "name  <string>\n",
    ):
        assert part in text + "\n", part
    assert "preset  <" not in text


def test_every_engine_of_ours_has_a_page(tmp_path: Path) -> None:
    home = EngineHome(root=tmp_path)
    registry = EngineRegistry(home)
    for one in registry.list():
        description = None
        if one.id not in {"character", "portrait"}:
            description = find_upstream(registry, home, one.id).description
        lines = list(page(one, description, None, 80))
        wide = [line for line in lines if columns(line) > 80 and "/" not in line]
        assert [line for line in wide if "  <" not in line] == [], one.id


def test_commands_name_the_root_that_was_given() -> None:
    assert at_root("talkies engines install x", Path("/my data")).endswith(" --root '/my data'")
    assert at_root("apt-get install git", Path("/data")) == "apt-get install git"
    assert at_root("talkies engines", None) == "talkies engines"


def test_engines_lie_where_the_environment_says(tmp_path: Path) -> None:
    environ = {
        "TALKIES_ENGINES_ROOT": str(tmp_path / "root"),
        "MODEL_STORAGE_PATH": str(tmp_path / "models"),
        "SADTALKER_VENV": str(tmp_path / "venv"),
    }
    home = home_of(None, environ)
    assert home.root == tmp_path / "root"
    assert home.weights("x") == tmp_path / "models/x"
    assert home.environment("sadtalker") == tmp_path / "venv"
    assert home_of(tmp_path / "other", environ).root == tmp_path / "other"


def test_settings_that_are_wrong_elsewhere_do_not_matter(tmp_path: Path) -> None:
    environ = {"ENGINES_ROOT": str(tmp_path), "API_PORT": "many"}
    environ |= {"SADTALKER_CHECKPOINT_DIR": str(tmp_path / "checkpoints")}
    home = home_of(None, environ)
    assert home.root == tmp_path
    assert home.weights("sadtalker") == tmp_path / "checkpoints"
    assert home_of(None, {"API_PORT": "many"}).root.name == "talkies"


def test_lengths_are_written_by_comma() -> None:
    assert lengths_of("5, 20") == (5.0, 20.0)
    for text in ("", "five", "0", "5,,20", "1e9", "nan"):
        with pytest.raises(InvalidOption):
            lengths_of(text)
