"""The score as a picture: measured against wanted curves over time, closures, lag and numbers.

A long video shows the whole as an overview and, large, the window in which it is worst.
"""

import numpy as np

from talkies.score import canvas
from talkies.score.canvas import Colour, Image, Panel
from talkies.score.document import written
from talkies.score.report import Grade, Measure, Score, Verdict
from talkies.score.sync import frame_middles, window_correlations

WIDTH, HEIGHT = 1600, 1000
LEFT, RIGHT = 76, 1180
#: Seconds that are shown large; seconds up to which a whole video's curves can be told apart;
#: and seconds over which its agreement is shown beyond that.
WINDOW_SECONDS = 12.0
FINE_SECONDS = 40.0
LOCAL_SECONDS = 4.0

PAPER: Colour = (255, 255, 255)
INK: Colour = (38, 43, 51)
FAINT: Colour = (110, 118, 129)
GRID: Colour = (234, 237, 240)
SILENCE: Colour = (241, 243, 246)
WANTED: Colour = (150, 158, 170)
MEASURED: Colour = (20, 96, 200)
GOOD: Colour = (22, 128, 66)
BAD: Colour = (200, 36, 44)
FOCUS: Colour = (255, 243, 205)

GRADE_COLOURS = {Grade.GOOD: GOOD, Grade.FAIR: (176, 112, 0), Grade.POOR: BAD}
VERDICT_COLOURS = {
    Verdict.OK: GOOD,
    Verdict.WEAK: BAD,
    Verdict.REPORTED: INK,
    Verdict.UNMEASURED: FAINT,
}


def draw_score(score: Score) -> Image:
    """The picture, RGB uint8 of shape (1000, 1600, 3)."""
    image = canvas.blank(WIDTH, HEIGHT, PAPER)
    window = shown_window(score)
    _header(image, score, window)
    _opening(image, score, window)
    _width(image, score, window)
    _overview(image, score, window)
    _lag(image, score)
    _numbers(image, score)
    return image


def shown_window(score: Score) -> tuple[float, float]:
    """Start and end in seconds of what is shown large: everything, or the worst 12 s."""
    curves = score.curves
    length = len(curves.opening) / curves.fps
    if length <= WINDOW_SECONDS * 1.25:
        return 0.0, length
    window = round(WINDOW_SECONDS * curves.fps)
    found = window_correlations(
        curves.opening, curves.opening_wanted, curves.valid, window, max(1, round(curves.fps))
    )
    start = min(found, key=lambda pair: pair[1])[0] / curves.fps if found else 0.0
    return start, min(length, start + WINDOW_SECONDS)


def _header(image: Image, score: Score, window: tuple[float, float]) -> None:
    video = score.video
    end = canvas.text(image, "Lip-sync score: ", (LEFT, 48), INK, 26, canvas.BOLD)
    colour = GRADE_COLOURS[score.grade]
    end = canvas.text(image, str(score.grade), (end, 48), colour, 26, canvas.BOLD)
    canvas.text(image, video.name[:60], (end + 28, 48), INK, 18)
    part = "" if window[0] == 0 and window[1] >= video.seconds - 1 else " · worst 12 s shown large"
    facts = (
        f"{video.width} × {video.height}, {video.fps:g} fps, {video.seconds:.1f} s"
        f" · reference: {score.reference}{part}"
    )
    canvas.text(image, facts, (LEFT, 76), FAINT, 15)


def _opening(image: Image, score: Score, window: tuple[float, float]) -> None:
    curves = score.curves
    times = frame_middles(len(curves.opening), curves.fps)
    measured = np.where(curves.valid, curves.opening, np.nan)
    values = (min(0.0, float(curves.opening.min())), 1.08 * _widest(score))
    panel = _panel(150, 270, window, values)
    _ground(image, panel, score, "Opening of the lips, in D (distance of the outer eye corners)")
    _closures(image, panel, score)
    canvas.curve(image, panel, times, curves.opening_wanted, WANTED, 2)
    canvas.curve(image, panel, times, measured, MEASURED, 2)
    canvas.value_axis(image, panel, _ticks(panel.low, panel.high), FAINT)
    canvas.frame(image, panel, FAINT)
    _legend(image, 132)


def _width(image: Image, score: Score, window: tuple[float, float]) -> None:
    curves = score.curves
    times = frame_middles(len(curves.width), curves.fps)
    measured = np.where(curves.valid, curves.width, np.nan)
    both = np.concatenate([curves.width, curves.width_wanted])
    low, high = min(-0.1, float(both.min())) * 1.1, max(0.1, float(both.max())) * 1.1
    panel = _panel(500, 150, window, (low, high))
    _ground(image, panel, score, "Change of the mouth's width, relative to rest")
    canvas.time_axis(image, panel, FAINT, GRID)
    canvas.curve(image, panel, times, curves.width_wanted, WANTED, 2)
    canvas.curve(image, panel, times, measured, MEASURED, 2)
    canvas.value_axis(image, panel, _ticks(low, high), FAINT, "{:+.1g}")
    canvas.frame(image, panel, FAINT)
    _words(image, panel, score, 690)


def _overview(image: Image, score: Score, window: tuple[float, float]) -> None:
    """All of the video: its curves where they can be told apart, else how well they agree."""
    length = len(score.curves.opening) / score.curves.fps
    fine = length <= FINE_SECONDS
    panel = _panel(755, 80, (0.0, length), (0.0, _widest(score) if fine else 1.0))
    canvas.fill(image, (panel.left, panel.top, RIGHT, panel.top + panel.height), PAPER)
    if window != (0.0, length):
        canvas.shade(image, panel, window, FOCUS)
    canvas.time_axis(image, panel, FAINT, GRID)
    shown = "opening" if fine else f"r of the opening over {LOCAL_SECONDS:g} s"
    canvas.text(image, f"The whole video: {shown}, missed closures", (LEFT, 745), INK, 14)
    (_fine if fine else _local)(image, panel, score)
    for closure in score.closures:
        if not closure.hit:
            canvas.text(image, "×", (int(panel.x(closure.start)) - 4, 768), BAD, 13, canvas.BOLD)
    canvas.frame(image, panel, FAINT)


def _fine(image: Image, panel: Panel, score: Score) -> None:
    curves = score.curves
    times = frame_middles(len(curves.opening), curves.fps)
    canvas.curve(image, panel, times, curves.opening_wanted, WANTED, 1)
    canvas.curve(image, panel, times, np.where(curves.valid, curves.opening, np.nan), MEASURED, 1)


def _local(image: Image, panel: Panel, score: Score) -> None:
    curves = score.curves
    window = round(LOCAL_SECONDS * curves.fps)
    found = window_correlations(
        curves.opening, curves.opening_wanted, curves.valid, window, max(1, window // 4)
    )
    times = np.array([(start + window / 2) / curves.fps for start, _ in found])
    values = np.array([r for _, r in found])
    canvas.curve(image, panel, times, values, MEASURED, 2)
    canvas.value_axis(image, panel, (0.0, 1.0), FAINT)


def _widest(score: Score) -> float:
    curves = score.curves
    return max(0.1, float(curves.opening.max()), float(curves.opening_wanted.max()))


def _lag(image: Image, score: Score) -> None:
    title = "Correlation of the opening when the picture is assumed late by …"
    canvas.text(image, title, (LEFT, 886), INK, 14)
    if score.lags is None:
        canvas.text(image, "could not be measured", (LEFT, 910), FAINT, 14)
        return
    seconds, r = score.lags.seconds, score.lags.correlation
    reach = (float(seconds[0]), float(seconds[-1]))
    panel = _panel(896, 70, reach, (min(0.0, float(r.min())), 1.0))
    canvas.time_axis(image, panel, FAINT, GRID)
    canvas.curve(image, panel, seconds, r, MEASURED, 2)
    lag = score["lag"].value
    if lag is not None:
        peak = panel.x(lag / 1000)
        canvas.fill(image, (float(peak) - 1, panel.top, float(peak) + 1, panel.top + 70), BAD)
        canvas.text(image, f"{lag:+.0f} ms", (int(peak) + 8, panel.top + 62), BAD, 14, canvas.BOLD)
    canvas.value_axis(image, panel, (0.0, 1.0), FAINT)
    canvas.frame(image, panel, FAINT)


def _numbers(image: Image, score: Score) -> None:
    left, y = RIGHT + 40, 132
    canvas.text(image, "Measures", (left, y), INK, 17, canvas.BOLD)
    for measure in score.measures:
        y += 42
        _number(image, measure, left, y)
    y += 20
    for warning in score.warnings[:3]:
        for line in _wrapped(warning, 52):
            y += 18
            canvas.text(image, line, (left, y + 20), FAINT, 13)


def _number(image: Image, measure: Measure, left: int, y: int) -> None:
    colour = VERDICT_COLOURS[measure.verdict]
    canvas.text(image, measure.title, (left, y), INK, 13)
    end = canvas.text(image, written(measure), (left, y + 18), colour, 15, canvas.BOLD)
    target = "" if measure.bound is None else f"target {measure.bound}"
    remark = measure.note or target
    canvas.text(image, remark[:44], (max(end, left + 80) + 12, y + 18), FAINT, 13)


def _ground(image: Image, panel: Panel, score: Score, title: str) -> None:
    for silence in score.silences:
        canvas.shade(image, panel, silence, SILENCE)
    canvas.text(image, title, (LEFT, panel.top - 10), INK, 14)


def _closures(image: Image, panel: Panel, score: Score) -> None:
    """A tick and the letter for lips that met, a cross in red for lips that did not."""
    bottom = panel.top + panel.height
    for closure in score.closures:
        if not panel.start <= closure.start < panel.end:
            continue
        colour = GOOD if closure.hit else BAD
        left, right = float(panel.x(closure.start)), float(panel.x(closure.end))
        canvas.fill(image, (left, bottom + 4, max(right, left + 3), bottom + 9), colour)
        mark = closure.symbol if closure.hit else f"{closure.symbol}×"
        canvas.text(image, mark, (int(left), bottom + 24), colour, 13, canvas.BOLD)


def _words(image: Image, panel: Panel, score: Score, y: int) -> None:
    end = 0
    for text, start, _ in score.words:
        x = int(panel.x(start))
        if panel.start <= start < panel.end and x >= end:
            end = canvas.text(image, text, (x, y), INK, 13) + 6


def _legend(image: Image, y: int) -> None:
    x = LEFT + 560
    for label, colour in (("measured", MEASURED), ("wanted", WANTED)):
        canvas.fill(image, (x, y - 6, x + 26, y - 3), colour)
        x = canvas.text(image, label, (x + 32, y), INK, 13) + 24
    canvas.fill(image, (x, y - 12, x + 20, y + 2), SILENCE)
    canvas.text(image, "pause", (x + 26, y), INK, 13)


def _panel(
    top: int, height: int, window: tuple[float, float], values: tuple[float, float]
) -> Panel:
    return Panel(
        left=LEFT, top=top, width=RIGHT - LEFT, height=height,
        start=window[0], end=window[1], low=values[0], high=values[1],
    )  # fmt: skip


def _ticks(low: float, high: float) -> list[float]:
    step = 0.05 if high - low < 0.35 else 0.1  # noqa: PLR2004 -- few enough labels to read
    return [index * step for index in range(int(np.ceil(low / step)), int(high / step) + 1)]


def _wrapped(sentence: str, width: int) -> list[str]:
    lines = [""]
    for word in sentence.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
