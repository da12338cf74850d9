from pathlib import Path

import pytest
from described import PAGE, TALKER, read

from talkies.engines.base import Visual
from talkies.engines.commands.codes import CODES
from talkies.engines.commands.description import Argument, ProgressKind
from talkies.engines.commands.reading import MOST_BYTES, read_description
from talkies.engines.commands.values import FORMS, OF_AN_ORDER, SETTLED
from talkies.errors import Misconfigured


def refused(text: str, folder: Path, name: str = "talker") -> Misconfigured:
    with pytest.raises(Misconfigured) as caught:
        read(text, folder, name)
    assert caught.value.details["file"] == str(folder / f"{name}.toml")
    return caught.value


def test_the_page_s_example_says_what_it_says(tmp_path: Path) -> None:
    found = read(TALKER, tmp_path)
    assert found.id == "talker"
    assert found.licence.commercial_use is False
    assert found.intake.visuals == {Visual.PORTRAIT}
    assert found.intake.sizes["256"] == ((256, 256), (192, 320))
    assert found.intake.least_seconds == 1.0
    assert list(found.presets) == ["standard", "draft"]
    assert found.presets["draft"].vram_gib == 0.0
    assert found.weights[0].include == ("talker.safetensors", "config.json")
    assert found.command.arguments[0] == Argument(words=("{python}",))
    assert found.command.arguments[-1].when == "pose"
    assert found.progress[0].kind is ProgressKind.BEGINS
    assert found.progress[2].share == 15.0
    assert found.watchdog.repeats == 20
    assert found.most_seconds is None


def test_the_page_names_every_value_form_and_code() -> None:
    page = PAGE.read_text()
    for name in (*SETTLED, *OF_AN_ORDER, "preset"):
        assert f"`{{{name}}}`" in page
    for form in FORMS[1:]:
        assert f"`{{name:{form}}}`" in page
    for code in CODES:
        assert f"`{code}`" in page


#: What is changed in the example, the place that is named, and words of what is said of it.
FAULTS = [
    ("quality = 60", "qualty = 60", "qualty", "is not known; here are id, summary"),
    ("quality = 60", "", "quality", "is missing"),
    ("quality = 60", 'quality = "60"', "quality", "a whole number, not a string"),
    ("quality = 60", "quality = true", "quality", "a whole number, not true or false"),
    ("quality = 60", "quality = 101", "quality", "0 to 100"),
    ("quality = 60", 'quality = 60\nid = "other"', "id", "the name of the file"),
    ("load_seconds = 20.0", "load_seconds = -1", "load_seconds", "at least 0"),
    ("load_seconds = 20.0", "most_seconds = 0.5", "most_seconds", "at least 1"),
    ("load_seconds = 20.0", 'load_seconds = "x"', "load_seconds", "is a number, not a string"),
    ("load_seconds = 20.0", 'most_seconds = "x"', "most_seconds", "is a number, not a string"),
    ('["portrait"]', '["potrait"]', "intake.visuals[0]", "one of 'portrait', 'source_video'"),
    ('["portrait"]', '"portrait"', "intake.visuals", "a list, not a string"),
    ('["portrait"]', "[]", "intake.visuals", "cannot be"),
    ("sound_rate = 16000", "sound_rate = 16", "intake.sound_rate", "cannot be"),
    ("least_seconds = 1.0", "least_seconds = 40", "intake.segment_seconds", "cannot be"),
    ("least_seconds = 1.0", "longest_side = 8", "intake.longest_side", "cannot be"),
    ('sizes_by = "resolution"', "", "intake.sizes_by", "chooses among the lists"),
    ('sizes_by = "resolution"', 'sizes_by = "size"', "intake.sizes_by", "is not an option"),
    ('"256" = [[256, 256]', '"257" = [[256, 256]', "intake.sizes", "each choice of the option"),
    ("[[256, 256], [192, 320]]", "[]", "intake.sizes.256", "[width, height]"),
    ("[[256, 256], [192, 320]]", "[[256]]", "intake.sizes.256[0]", "takes 2 values, not 1"),
    ("[intake.sizes]", "[intake.chunking]\nframes = 9\noverlap = 9\n[intake.sizes]",
     "intake.chunking.overlap", "less than the frames"),
    ('entry = "generate.py"', 'entry = "../x.py"', "repository.entry", "stay in its folder"),
    ('url = "https://github.com/somebody/talker"', 'url = "--upload-pack=touch x"',
     "repository.url", "an address that git can clone"),
    ('url = "https://github.com/somebody/talker"', 'url = "ext::sh -c x"', "repository.url",
     "an address that git can clone"),
    ('"8f14e45fceea167a5a36dedd4bea2543c1c5d2f4"', '"--force"', "repository.revision",
     "is a commit"),
    ('"checkpoints/auxiliary"', '"{repository}/../x"', "command.links", "stay in its folder"),
    ("silence_seconds = 600.0", "silence_seconds = nan", "watchdog.silence_seconds",
     "is a number, not nan"),
    ("load_seconds = 20.0", "most_seconds = inf", "most_seconds", "is a number, not inf"),
    ('python = "3.10"', 'python = "three"', "environment.python", 'as "3.10"'),
    ('"talker.requirements.txt"', '"a/b.txt"', "environment.requirements", "beside this one"),
    ('"{repository}/third_party"', '"{scratch}"', "environment.variables.PYTHONPATH", "no value"),
    ("gigabytes = 2.5", 'url = "https://x"', "weights[0]", "either a repository or a url"),
    ("gigabytes = 2.5", 'to = "/etc"', "weights[0].to", "stay in its folder"),
    ('repository = "somebody/talker"', 'url = "https://x"', "weights[0].to", "from a url"),
    ("[options.enhance]", "[options.frames]", "options.frames", "is not a name for an option"),
    ('type = "boolean"', 'type = "bool"', "options.enhance.type", "is one of 'string'"),
    ('type = "boolean"', 'type = "boolean"\nmaximum = 2', "options.enhance.minimum", "numbers"),
    ('type = "boolean"', 'type = "boolean"\npattern = "a"', "options.enhance.pattern", "strings"),
    ("default = false", "default = 0", "options.enhance.default", "of the type boolean, not 0"),
    ("default = false", "default = []", "options.enhance.default", "is a string, not a list"),
    ("minimum = 4\n", "minimum = 30\n", "options.steps.default", "is 30 to 50, not 20"),
    ('pattern = "(', 'pattern = "((', "options.pose.pattern", "no regular expression"),
    ('default = "512"', 'default = "513"', "options.resolution.default", "is one of '256', '512'"),
    ('smaller = "draft"', 'smaller = "tiny"', "presets.standard.smaller", "is not a preset"),
    ("[presets.draft]", '[presets.draft]\nsmaller = "standard"', "presets.draft.smaller",
     "standard → draft → standard"),
    ('resolution = "256", steps = 8', "stepps = 8", "presets.draft.options.stepps",
     "is not an option"),
    ('resolution = "256", steps = 8', "steps = 80", "presets.draft.options.steps", "4 to 50"),
    ("[presets.draft]", '[presets.draft]\nweights = "fp8"', "presets.draft.weights", "no variant"),
    ("vram_gib = 10.0", "vram_gib = -1", "presets.standard.speeds", "above 0"),
    ("[[presets.draft.speeds]]", "[[presets.standard.speeds]]", "presets.draft.speeds", "missing"),
    ('["--save", "{output}"]', '["--save", "{outptu}"]', "command.arguments[4]", "is no value"),
    ('["--save", "{output}"]', '["--save", "{output"]', "command.arguments[4]", "a single '{'"),
    ('["--save", "{output}"]', '["--save", "{output:yaml}"]', "command.arguments[4]", "forms are"),
    ('["--save", "{output}"]', "[]", "command.arguments[4]", "is empty"),
    ('["--save", "{output}"]', "3", "command.arguments[4]", "a table, not a whole number"),
    ('["--save", "{output}"]', '["--save", "{weights}/{prompt}"]', "command.arguments[4]",
     "free text"),
    ('["--save", "{output}"]', '["--save", "x{pose:words}"]', "command.arguments[4]",
     "a whole word"),
    ('["--save", "{output}"]', '["--save", "{prompt:words}"]', "command.arguments[4]",
     "an option that has a pattern"),
    ('when = "enhance" },', 'when = "enhanced" },', "command.arguments[5].when", "is no value"),
    ('when = "enhance" },', 'when = "a == b" },', "command.arguments[5].when", "not a condition"),
    ('when = "enhance" },', 'when = "resolution=1024" },', "command.arguments[5].when",
     "'1024' is no choice"),
    ('when = "enhance" },', 'when = "enhance", if = "x" },', "command.arguments[5].if",
     "not known; here are words, when"),
    ('"checkpoints/auxiliary"', '"/etc/x"', "command.links", "stay in its folder"),
    ('"checkpoints/auxiliary"', '"{repo}"', "command.links", "is no value"),
    ('= "{weights}"', '= "{weight}"', "command.links.checkpoints/auxiliary", "is no value"),
    ('"job.json" =', '"../job.json" =', "command.files", "stay in its folder"),
    ("{prompt:json}", "{prompt}", "command.files.job.json", "{prompt:json} without quotes"),
    ("{prompt:json}", "{pose:words}", "command.files.job.json", "for command lines"),
    ("{sound:json}", "1", "command.arguments", "does not say {sound}"),
    ('folders = ["temp"]', 'folders = ["../temp"]', "command.folders", "stay in its folder"),
    ('folders = ["temp"]', 'cwd = "here"', "command.cwd", "is one of 'scratch', 'repository'"),
    ('kind = "begins"', 'kind = "starts"', "progress[0].kind", "is one of 'begins', 'bar'"),
    ("share = 5", "share = -5", "progress[0].share", "not below 0"),
    ("share = 5", 'share = 5\ntotal = "{step}"', "progress[0].total", "is no value"),
    ('pattern = "Model loaded"', 'pattern = "("', "progress[0].pattern", "no regular expression"),
    (r"(?P<done>\d+)", r"(\d+)", "progress[1].pattern", "has the groups"),
    ('glob = "output.mp4"', 'glob = "/tmp/*"', "output.glob", "stay in its folder"),
    ('glob = "output.mp4"', 'glob = "{out}.mp4"', "output.glob", "is no value"),
    ('glob = "output.mp4"', 'glob = "x"\nfps = 0', "output.fps", "1 to 120"),
    ("silence_seconds = 600.0", "silence_seconds = 0", "watchdog.silence_seconds", "above 0"),
    ("silence_seconds = 600.0", "repeats = 1", "watchdog.repeats", "at least 2"),
    ('code = "FACE_NOT_FOUND"', 'code = "NO_FACE"', "failures[0].code", "these are: GPU_OOM"),
    ('"landmarks not found"', '"["', "failures[0].pattern", "no regular expression"),
    ('"landmarks not found"', '""', "failures[0].pattern", "is empty"),
    ("[[failures]]", '[warm]\nadapter = "no/path"\n[[failures]]', "warm.adapter", "module"),
    ("[[failures]]", '[warm]\nadapter = "a"\nload = { x = "{visual}" }\n[[failures]]',
     "warm.load.x", "is no value"),
    ("[[failures]]", '[warm]\nadapter = "a"\nrender = { x = "{y}" }\n[[failures]]',
     "warm.render.x", "is no value"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "says"), FAULTS, ids=lambda value: str(value)[:30])
def test_a_fault_is_named_with_its_place(
    old: str, new: str, place: str, says: str, tmp_path: Path
) -> None:
    assert old in TALKER
    error = refused(TALKER.replace(old, new, 1), tmp_path)
    assert error.details["place"] == place
    assert says in error.message
    assert error.message.startswith(f"talker.toml: {place} ")


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    text = TALKER.replace("{output}", "{outptu}").replace("{sound:json}", "{sund:json}")
    text = text.replace('smaller = "draft"', 'smaller = "tiny"').replace(
        "quality = 60", "quality = -1"
    )
    faults = refused(text, tmp_path).details["faults"]
    assert isinstance(faults, list)
    places = [str(fault).partition(" ")[0] for fault in faults]
    assert places == [
        "quality",
        "presets.standard.smaller",
        "command.arguments[4]",
        "command.files.job.json",
        "command.arguments",
    ]


def test_there_is_no_engine_without_presets_or_a_program(tmp_path: Path) -> None:
    head, _, rest = TALKER.partition("[presets.standard]")
    without = f"{head}[presets]\n[command]{rest.partition('[command]')[2]}"
    assert refused(without, tmp_path).details["place"] == "presets"
    head, _, rest = TALKER.partition("arguments = [")
    without = f"{head}arguments = []{rest.partition(chr(10) + ']')[2]}"
    assert refused(without, tmp_path).details["place"] == "command.arguments"


def test_a_preset_without_speeds_is_refused(tmp_path: Path) -> None:
    text = TALKER.replace("[presets.draft]", "[presets.draft]\nspeeds = []")
    head, _, rest = text.partition("[[presets.draft.speeds]]")
    text = head + "[command]" + rest.partition("[command]")[2]
    assert refused(text, tmp_path).details["place"] == "presets.draft.speeds"


def test_the_first_argument_is_the_program_and_has_no_condition(tmp_path: Path) -> None:
    text = TALKER.replace('  "{python}",\n', '  { words = ["{python}"], when = "seed" },\n')
    assert refused(text, tmp_path).details["place"] == "command.arguments[0]"


@pytest.mark.parametrize("name", ["auto", "Talker", "a.b", "x" * 41])
def test_an_id_that_could_be_something_else_is_refused(name: str, tmp_path: Path) -> None:
    assert refused(TALKER, tmp_path, name).details["place"] == "id"


def test_sizes_may_be_one_list(tmp_path: Path) -> None:
    text = TALKER.replace('sizes_by = "resolution"', "").replace('"256" =', '"" =')
    text = text.replace('"512" = [[512, 512], [384, 640]]', "")
    assert read(text, tmp_path).intake.sizes == {"": ((256, 256), (192, 320))}


def test_free_text_may_stand_behind_a_name(tmp_path: Path) -> None:
    word = '["--save", "{output}", "--prompt={prompt}", "{prompt}"]'
    found = read(TALKER.replace('["--save", "{output}"]', word), tmp_path)
    assert found.command.arguments[4].words[2:] == ("--prompt={prompt}", "{prompt}")


def test_a_file_that_is_no_description_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    for data, says in (
        (b"\xff\xfe", "is not UTF-8"),
        (b"a = ", "is not TOML"),
        (b"#" * (MOST_BYTES + 1), "more than"),
    ):
        path.write_bytes(data)
        with pytest.raises(Misconfigured, match=says):
            read_description(path)
    with pytest.raises(Misconfigured, match="No such file"):
        read_description(tmp_path / "none.toml")
