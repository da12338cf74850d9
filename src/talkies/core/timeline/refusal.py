"""The errors of timelines and edits that say something impossible."""

from talkies.errors.characters import TimelineInvalid


def timeline_invalid(where: str, problem: str, hint: str = "") -> TimelineInvalid:
    """The error for a place, as `tracks.visemes[3].start`, and what is wrong there."""
    return TimelineInvalid(
        f"The timeline cannot be used: {where} {problem}.", hint=hint, details={"where": where}
    )


def edit_invalid(where: str, problem: str) -> TimelineInvalid:
    """The error for a field of an edit, as `clip.start`."""
    return TimelineInvalid(f"The edit cannot be made: {where} {problem}.", details={"where": where})


def edit_refused(where: str, problem: str, hint: str) -> TimelineInvalid:
    """The error for a place in the JSON of edits, as `edits[2].clip.start`."""
    return TimelineInvalid(
        f"The edits cannot be read: {where} {problem}.", hint=hint, details={"where": where}
    )


def within(place: str, error: TimelineInvalid) -> TimelineInvalid:
    """The error of a part, with the part's own place before it."""
    where = f"{place}.{error.details['where']}"
    return TimelineInvalid(
        f"{place}: {error.message}", hint=error.hint, details={**error.details, "where": where}
    )


def file_invalid(where: str, problem: str, hint: str = "") -> TimelineInvalid:
    """The error for a place in a file of another program."""
    return TimelineInvalid(
        f"The file cannot be read: {where} {problem}.", hint=hint, details={"where": where}
    )
