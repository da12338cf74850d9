"""The command lines of the engines that we describe, as the upstream programs understand them."""

from pathlib import Path

import pytest
from prepared_stage import speech
from upstream_checkouts import STAND_INS, described, install
from upstream_stage import LARGE, arguments, asked, context, engine, order, run

from talkies.engines.base import Visual
from talkies.engines.registry import LIBRARY
from talkies.media.video import probe

ENGINES = sorted(path.stem for path in LIBRARY.glob("*.toml"))


def test_every_description_has_a_stand_in() -> None:
    assert sorted(path.name for path in STAND_INS.iterdir() if path.is_dir()) == ENGINES


@pytest.mark.parametrize("engine_id", ENGINES)
def test_every_preset_runs_with_the_files_of_its_own_variant_alone(
    tmp_path: Path, engine_id: str
) -> None:
    description = described(engine_id)
    for name, preset in description.presets.items():
        checkout = install(tmp_path / name, engine_id, preset.weights)
        # A sound that every engine refuses after it has loaded its weights keeps this quick.
        made = order(checkout, tmp_path / name / "in", preset=name, video=_needs_video(engine_id))
        checkout.tell("oom")
        with pytest.raises(Exception, match="memory"):
            run(checkout, made)
        assert checkout.runs()[-1]["arguments"]


def _needs_video(engine_id: str) -> bool:
    return described(engine_id).intake.visuals == {Visual.SOURCE_VIDEO}


@pytest.mark.parametrize(
    "engine_id", [each for each in ENGINES if Visual.SOURCE_VIDEO in described(each).intake.visuals]
)
def test_engines_that_take_a_video_are_given_it(tmp_path: Path, engine_id: str) -> None:
    checkout = install(tmp_path, engine_id)
    made = order(checkout, tmp_path / "in", seconds=4, video=True)
    assert probe(run(checkout, made)).frames in range(96, 102)


def test_infinitetalk_gets_what_its_job_needs(tmp_path: Path) -> None:
    checkout = install(tmp_path, "infinitetalk")
    made = order(
        checkout, tmp_path / "in", preset="best-720", prompt='a "b"\n\\c {d}', teacache=0.2
    )
    understood = arguments(checkout, made)
    weights = checkout.weights
    expected = {
        "task": "infinitetalk-14B",
        "size": "infinitetalk-720",
        "mode": "streaming",
        "frame_num": 81,
        "max_frame_num": made.frames,
        "motion_frame": 9,
        "sample_steps": 40,
        "sample_shift": 11.0,
        "sample_text_guide_scale": 5.0,
        "sample_audio_guide_scale": 4.0,
        "base_seed": 7,
        "ckpt_dir": str(weights / "Wan2.1-I2V-14B-480P"),
        "infinitetalk_dir": str(weights / "InfiniteTalk/single/infinitetalk.safetensors"),
        "wav2vec_dir": str(weights / "chinese-wav2vec2-base"),
        "quant": None,
        "lora_dir": None,
        "use_teacache": True,
        "teacache_thresh": 0.2,
        "use_apg": False,
        "num_persistent_param_in_dit": None,
        "offload_model": True,
    }
    assert {name: understood[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("preset", "lora", "steps", "persistent", "quant"),
    [
        ("standard", "FusionX_LoRA", 8, None, None),
        ("draft-offload", "lightx2v", 4, 0, None),
        ("best-offload", None, 40, 0, None),
        ("best-fp8", None, 40, None, "fp8"),
        ("best-fp8-offload", None, 40, 0, "fp8"),
    ],
)
def test_infinitetalk_never_has_a_lora_with_quantised_weights(
    tmp_path: Path,
    preset: str,
    lora: str | None,
    steps: int,
    persistent: int | None,
    quant: str | None,
) -> None:
    checkout = install(tmp_path, "infinitetalk")
    understood = arguments(checkout, order(checkout, tmp_path / "in", preset=preset))
    assert understood["sample_steps"] == steps
    assert understood["num_persistent_param_in_dit"] == persistent
    assert understood["quant"] == quant
    assert (understood["infinitetalk_dir"] is None) == (quant is not None)
    if lora is None:
        assert understood["lora_dir"] is None
    else:
        assert lora in understood["lora_dir"][0]
        assert len(understood["lora_dir"]) == len(understood["lora_scale"]) == 1
        assert understood["sample_text_guide_scale"] == 1.0
        assert understood["sample_audio_guide_scale"] == 2.0
    if quant is not None:
        file = Path(understood["quant_dir"])
        assert file.is_file()
        assert Path(str(file).replace("safetensors", "json")).is_file()
        assert (file.parent / "t5_fp8.safetensors").is_file()


def test_sadtalker_gets_turns_of_the_head_as_numbers_of_their_own(tmp_path: Path) -> None:
    checkout = install(tmp_path, "sadtalker")
    turned = {"input_yaw": "-20,30,10", "enhancer": "gfpgan", "preprocess": "full", "size": 512}
    understood = arguments(checkout, order(checkout, tmp_path / "in", **turned))
    assert understood["input_yaw"] == [-20, 30, 10]
    assert understood["input_pitch"] is None
    assert understood["enhancer"] == "gfpgan"
    assert (understood["size"], understood["preprocess"], understood["still"]) == (
        512,
        "full",
        True,
    )
    plain = arguments(checkout, order(checkout, tmp_path / "in", preset="draft", still=False))
    assert (plain["enhancer"], plain["preprocess"], plain["still"]) == (None, "resize", False)


def test_echomimic_gets_the_config_that_is_there_and_the_length_of_the_sound(
    tmp_path: Path,
) -> None:
    checkout = install(tmp_path, "echomimic")
    made = order(checkout, tmp_path / "in", seconds=5, preset="draft", steps=9)
    understood = arguments(checkout, made)
    assert Path(understood["config_path"]).is_file()
    assert Path(understood["transformer_path"]).is_file()
    assert understood["video_length"] == 125
    assert understood["num_inference_steps"] == 9
    assert understood["num_skip_start_steps"] <= 9
    assert understood["sample_size"] == [512, 512]
    assert understood["teacache_threshold"] == 0.0


def test_echomimic_never_enlarges_or_cuts_what_it_was_given(tmp_path: Path) -> None:
    for size, listed in described("echomimic").intake.sizes.items():
        for width, height in listed:
            assert width % 16 == height % 16 == 0
            assert width * height <= int(size) ** 2
            assert width * height > 0.95 * int(size) ** 2
    checkout = install(tmp_path, "echomimic")
    made = order(checkout, tmp_path / "in", seconds=1.4, canvas=(576, 1024))
    told = probe(run(checkout, made))
    assert (told.width, told.height) == (576, 1024)


def test_wav2lip_gets_lists_of_numbers_and_names_without_a_folder(tmp_path: Path) -> None:
    checkout = install(tmp_path, "wav2lip")
    boxed = {"pads": "-5,20,0,0", "box": "1,90,2,60", "smooth": False}
    understood = arguments(checkout, order(checkout, tmp_path / "in", **boxed))
    assert understood["pads"] == [-5, 20, 0, 0]
    assert understood["box"] == [1, 90, 2, 60]
    assert understood["nosmooth"] is True
    for name in ("face", "audio", "outfile"):
        assert "/" not in understood[name]
        assert understood[name].count(".") == 1


def test_musetalk_gets_the_configuration_of_its_own_version(tmp_path: Path) -> None:
    checkout = install(tmp_path, "musetalk")
    understood = arguments(checkout, order(checkout, tmp_path / "in", preset="small"))
    assert understood["unet_config"] == "models/musetalkV15/musetalk.json"
    assert understood["version"] == "v15"
    assert understood["batch_size"] == 1
    assert understood["use_float16"] is True


def test_latentsync_gets_the_512_model_and_a_video_of_the_portrait(tmp_path: Path) -> None:
    checkout = install(tmp_path, "latentsync")
    wanted = asked(tmp_path / "in", speech((1.3, True)))
    engine(checkout, LARGE).render(wanted, context(tmp_path / "work"))
    understood = checkout.runs()[-1]["arguments"]
    assert understood["unet_config_path"] == "configs/unet/stage2_512.yaml"
    assert understood["guidance_scale"] == 1.5
    assert understood["enable_deepcache"] is True
    assert understood["video_path"] == "source.mp4"
