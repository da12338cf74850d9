import json
from pathlib import Path

import pytest

from talkies.errors import FileMissing, InvalidManifest, InvalidOption, UnsupportedMedia
from talkies.studio.videos.manifest import COLUMNS, MOST_ROWS, Row, read_manifest
from talkies.studio.videos.options import VideoOptions


def rows(folder: Path, text: str, name: str = "jobs.csv", **defaults: object) -> tuple[Row, ...]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_manifest(path, VideoOptions(**defaults))  # type: ignore[typeddict-item]


def problem(folder: Path, text: str, name: str = "jobs.csv") -> InvalidManifest:
    with pytest.raises(InvalidManifest) as caught:
        rows(folder, text, name)
    return caught.value


def test_paths_are_meant_from_the_manifest(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "portrait,audio,transcript\na/face.png,b.wav,words.txt\n")
    assert row.portrait == tmp_path / "a/face.png"
    assert row.audio == tmp_path / "b.wav"
    assert row.options["transcript"] == tmp_path / "words.txt"


def test_absolute_paths_stay(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "portrait,text\n/faces/a.png,Hi\n")
    assert row.portrait == Path("/faces/a.png")
    assert row.audio is None


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_spreadsheets_write_csv_in_their_own_way(tmp_path: Path, delimiter: str) -> None:
    text = "\ufeffportrait,text\r\nface.png,Hi\r\n,\r\n\r\nother.png,Ho\r\n".replace(",", delimiter)
    found = rows(tmp_path, text)
    assert [(row.number, row.options["text"]) for row in found] == [(1, "Hi"), (2, "Ho")]


def test_quoted_cells_may_hold_commas_and_lines(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, 'portrait,text\nface.png,"One, two\nthree"\n')
    assert row.options["text"] == "One, two\nthree"


def test_values_are_read_as_what_they_are(tmp_path: Path) -> None:
    text = (
        "portrait,text,face,seed,speed,motion,score,timing,fps\n"
        "face.png,Hi,2,7,1.5,.5,yes,FALSE,29.97\n"
    )
    (row,) = rows(tmp_path, text)
    assert row.options == {
        "text": "Hi",
        "face": 2,
        "seed": 7,
        "speed": 1.5,
        "motion": 0.5,
        "score": True,
        "timing": False,
        "fps": "29.97",
    }


def test_json_lines_say_the_same(tmp_path: Path) -> None:
    lines = [
        {"portrait": "face.png", "text": "Hi", "face": 2, "score": True, "audio": None},
        {"portrait": "face.png", "audio": "b.wav", "motion": 0.5},
    ]
    text = "\n".join(json.dumps(line) for line in lines)
    first, second = rows(tmp_path, text, "jobs.jsonl")
    assert first.options == {"text": "Hi", "face": 2, "score": True}
    assert second.options == {"motion": 0.5}


def test_only_a_line_feed_ends_a_line_of_json(tmp_path: Path) -> None:
    words = "One\u2028two\u0085three."
    line = json.dumps({"portrait": "face.png", "text": words}, ensure_ascii=False)
    first, second = rows(tmp_path, f"{line}\r\n\r\n{line}\r\n", "jobs.jsonl")
    assert first.options["text"] == second.options["text"] == words


def test_defaults_hold_where_a_row_says_nothing(tmp_path: Path) -> None:
    first, second = rows(
        tmp_path, "portrait,text,resolution\na.png,Hi,480p\nb.png,Ho,\n", resolution="1080p"
    )
    assert (first.options["resolution"], second.options["resolution"]) == ("480p", "1080p")


def test_outputs_are_named_by_output_by_id_or_by_input(tmp_path: Path) -> None:
    text = (
        "id,portrait,audio,text,output\n"
        "one,a.png,,Hi,\n"
        ",a.png,speech.mp3,,\n"
        ",a.png,,Ho,\n"
        ",a.png,,Hu,sub/named.webm\n"
        ",a.png,,Ha,bare\n"
    )
    names = [str(row.output) for row in rows(tmp_path, text)]
    assert names == ["one.mp4", "002-speech.mp4", "003-a.mp4", "sub/named.webm", "bare.mp4"]


def test_the_format_names_the_outputs(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "id,portrait,text\none,a.png,Hi\n", format="gif")
    assert str(row.output) == "one.gif"


def test_a_background_is_a_file_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "navy").write_bytes(b"")
    first, second = rows(tmp_path, "portrait,text,background\na.png,Hi,navy\nb.png,Ho,#fff\n")
    assert first.options["background"] == tmp_path / "navy"
    assert second.options["background"] == "#fff"


@pytest.mark.parametrize("output", ["/etc/talk.mp4", "../talk.mp4", "a/../../talk.mp4"])
def test_no_output_leads_out_of_the_folder(tmp_path: Path, output: str) -> None:
    error = problem(tmp_path, f"portrait,text,output\na.png,Hi,{output}\n")
    assert "leads out" in error.message
    assert error.details["row"] == 1


def test_two_rows_do_not_write_one_file(tmp_path: Path) -> None:
    error = problem(tmp_path, "portrait,text,output\na.png,Hi,x.mp4\na.png,Ho,X.webm\n")
    assert "row 1" in error.message
    assert error.details["row"] == 2


def test_an_unknown_column_is_mended(tmp_path: Path) -> None:
    error = problem(tmp_path, "portait,text\na.png,Hi\n")
    assert error.hint == "Did you mean “portrait”?"
    far = problem(tmp_path, "portrait,text,xyzzy\na.png,Hi,1\n")
    assert "portrait" in far.hint


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("jobs.csv", "", "no rows"),
        ("jobs.csv", "portrait,text\n", "no rows"),
        ("jobs.csv", "portrait,text\n,Hi\n", "no portrait"),
        ("jobs.csv", "portrait,text\na.png,Hi,what\n", "more cells"),
        ("jobs.csv", "portrait,text,text\na.png,Hi,Ho\n", "“text” twice"),
        ("jobs.csv", "portrait,text,face\na.png,Hi,left\n", "“left” is no whole number"),
        ("jobs.csv", "portrait,text,speed\na.png,Hi,fast\n", "“fast” is no number"),
        ("jobs.csv", "portrait,text,score\na.png,Hi,maybe\n", "neither yes nor no"),
        ("jobs.csv", "portrait,text,options\na.png,Hi,steps=8\n", "no object of JSON"),
        ("jobs.csv", f"portrait,text,options\na,b,{'[' * 100_000}\n", "no object of JSON"),
        ("jobs.jsonl", '{"portrait": "a", "text": "b", "options": {"c": [1]}}\n', "no object"),
        ("jobs.csv", 'portrait,text\na.png,"' + "x" * 140_000 + '"\n', "CSV"),
        ("jobs.jsonl", "not json\n", "not JSON"),
        ("jobs.jsonl", "[1]\n", "not a JSON object"),
        ("jobs.jsonl", '{"portrait": ["a"]}\n', "neither text"),
        ("jobs.jsonl", '{"portrait": "a\\u0000b"}\n', "NUL"),
        ("jobs.jsonl", "[" * 100_000 + "\n", "not JSON"),
        ("jobs.txt", "portrait,text\na.png,Hi\n", "no manifest by its name"),
    ],
)
def test_what_is_no_manifest_is_told(tmp_path: Path, name: str, text: str, said: str) -> None:
    error = problem(tmp_path, text, name)
    assert said in error.message
    assert error.hint


def test_one_picture_of_faces_is_not_for_many_videos(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="show_faces"):
        rows(tmp_path, "portrait,text\na.png,Hi\n", show_faces=Path("seen.png"))


def test_an_endless_manifest_is_refused(tmp_path: Path) -> None:
    error = problem(tmp_path, "portrait,text\n" + "a.png,Hi\n" * (MOST_ROWS + 1))
    assert "10,000" in error.message


def test_a_missing_manifest_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        read_manifest(tmp_path / "jobs.csv", {})


def test_a_binary_manifest_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnsupportedMedia):
        read_manifest(path, {})


def test_engines_get_their_own_options_and_source_videos(tmp_path: Path) -> None:
    text = (
        "source_video,audio,text,preset,options,prompt\n"
        'talk.mov,a.wav,,fast,"{""steps"": 8}",She nods.\n'
        "talk.mov,,Hi,,,\n"
    )
    first, second = rows(tmp_path, text)
    assert first.portrait is None
    assert first.options == {
        "source_video": tmp_path / "talk.mov",
        "preset": "fast",
        "options": {"steps": 8},
        "prompt": "She nods.",
    }
    assert [str(row.output) for row in (first, second)] == ["001-a.mp4", "002-talk.mp4"]


def test_a_line_of_json_has_options_as_they_are(tmp_path: Path) -> None:
    line = {"portrait": "face.png", "text": "Hi", "options": {"steps": 8, "still": True}}
    (row,) = rows(tmp_path, json.dumps(line), "jobs.jsonl")
    assert row.options["options"] == {"steps": 8, "still": True}


def test_one_source_video_may_be_for_every_row(tmp_path: Path) -> None:
    found = rows(tmp_path, "text\nHi\nHo\n", source_video=Path("/talk.mp4"))
    assert [str(row.output) for row in found] == ["001-talk.mp4", "002-talk.mp4"]


def test_every_option_of_a_video_is_a_column_but_those_of_the_run() -> None:
    assert set(VideoOptions.__annotations__) - set(COLUMNS) == {"overwrite", "show_faces"}
