"""SadTalker's options: their names, ranges and defaults, and what other engines make of them."""

from dataclasses import replace

import pytest

from talkies.api.seeds.sadtalker_options import (
    FRAMINGS,
    SadTalkerOptions,
    engine_options,
    ignored,
    motion_of,
    read_options,
)
from talkies.engines.base import Capabilities
from talkies.engines.portrait import PortraitEngine
from talkies.errors import InvalidRequest

PORTRAIT = PortraitEngine().capabilities
KNOWING: Capabilities = replace(
    PORTRAIT,
    id="sadtalker",
    option_schema={"type": "object", "properties": {"enhancer": {}, "pose_style": {}}},
)


def test_the_defaults_are_the_seeds() -> None:
    assert read_options({}).model_dump() == {
        "preprocess": "full",
        "enhancer": None,
        "background_enhancer": None,
        "expression_scale": 1.0,
        "pose_style": 0,
        "batch_size": 2,
        "still": False,
        "input_yaw": None,
        "input_pitch": None,
        "input_roll": None,
        "keep_intermediate": False,
        "default_size": None,
    }


def test_every_field_is_read_as_the_seeds_worker_writes_it() -> None:
    read = read_options(
        {
            "preprocess": "crop",
            "enhancer": "gfpgan",
            "background_enhancer": "realesrgan",
            "expression_scale": "1.2",
            "pose_style": "45",
            "batch_size": "4",
            "still": "true",
            "input_yaw": "-20,30, 10",
            "input_pitch": "0",
            "input_roll": "",
            "keep_intermediate": "false",
            "default_size": "256",
            "something_else": "1",
        }
    )
    assert read == SadTalkerOptions(
        preprocess="crop",
        enhancer="gfpgan",
        background_enhancer="realesrgan",
        expression_scale=1.2,
        pose_style=45,
        batch_size=4,
        still=True,
        input_yaw=(-20, 30, 10),
        input_pitch=(0,),
        default_size=256,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("preprocess", "none"),
        ("enhancer", "gfpgan; rm -rf"),
        ("background_enhancer", "gfpgan"),
        ("expression_scale", "-0.1"),
        ("expression_scale", "3.1"),
        ("expression_scale", "nan"),
        ("expression_scale", "inf"),
        ("pose_style", "46"),
        ("pose_style", "-1"),
        ("pose_style", "1.5"),
        ("batch_size", "0"),
        ("batch_size", "65"),
        ("still", "perhaps"),
        ("input_yaw", "a,b"),
        ("input_pitch", "91"),
        ("input_roll", ",".join(["1"] * 65)),
        ("default_size", "300"),
        ("default_size", "²"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_options({name: value})
    fields = caught.value.details["fields"]
    assert isinstance(fields, list)
    assert all(isinstance(f, dict) and f["pointer"].startswith(f"/{name}") for f in fields)


class TestOtherEngines:
    def test_the_usual_is_no_reason_to_warn(self) -> None:
        usual = read_options({"default_size": "256", "keep_intermediate": "false", "still": "0"})
        assert ignored(usual, PORTRAIT) == ()

    def test_what_has_no_effect_is_said(self) -> None:
        asked = read_options({"enhancer": "gfpgan", "input_yaw": "10", "expression_scale": "2"})
        warnings = ignored(asked, PORTRAIT)
        assert len(warnings) == 3
        assert all("portrait" in warning for warning in warnings)
        assert "`enhancer`" in warnings[0]

    def test_what_every_engine_hears_is_not_called_ignored(self) -> None:
        assert ignored(read_options({"still": "true", "preprocess": "crop"}), PORTRAIT) == ()

    def test_an_engine_that_knows_an_option_gets_it(self) -> None:
        asked = read_options({"enhancer": "gfpgan", "pose_style": "3", "input_yaw": "10"})
        assert engine_options(asked, KNOWING) == {"enhancer": "gfpgan", "pose_style": 3}
        assert [w for w in ignored(asked, KNOWING) if "input_yaw" not in w] == []

    def test_one_that_does_not_gets_none(self) -> None:
        assert engine_options(read_options({"enhancer": "gfpgan"}), PORTRAIT) == {}

    def test_still_keeps_the_head_where_it_is(self) -> None:
        assert motion_of(read_options({"still": "true"})) == 0.0
        assert motion_of(read_options({})) is None

    def test_every_way_of_cropping_has_a_framing(self) -> None:
        choices = SadTalkerOptions.model_json_schema()["properties"]["preprocess"]["enum"]
        assert set(FRAMINGS) == set(choices)
