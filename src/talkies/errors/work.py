"""What went wrong in the work: a part that is missing, an output, an engine, the time."""

from talkies.errors.base import TalkiesError


class DeadlineExceeded(TalkiesError):
    """The job was not finished before its deadline."""

    code = "DEADLINE_EXCEEDED"
    status = 504
    exit_status = 6
    default_hint = "Give it more time with `deadline_seconds`, or make a shorter video."


class MissingDependency(TalkiesError):
    """A part that is not installed is needed."""

    code = "MISSING_DEPENDENCY"
    status = 501
    exit_status = 4


class FontMissing(MissingDependency):
    """No installed font can write this script."""

    code = "FONT_MISSING"


class OutputFailure(TalkiesError):
    """The result could not be written."""

    code = "OUTPUT_FAILURE"
    exit_status = 5


class OutputUnwritable(OutputFailure):
    """The output path cannot be written."""

    code = "OUTPUT_UNWRITABLE"
    default_hint = "Choose a folder that exists and that you may write to."


class OutputExists(OutputFailure):
    """The output exists already."""

    code = "OUTPUT_EXISTS"
    status = 409
    default_hint = "Add --overwrite (-y) to replace it, or choose another output path."


class DiskFull(OutputFailure):
    """The disk is full."""

    code = "DISK_FULL"
    status = 507
    retryable = True
    default_hint = "Free some space, or use another disk: for the output, or (TMPDIR) for the work."


class EngineFailure(TalkiesError):
    """The work failed inside."""

    code = "ENGINE_FAILURE"
    exit_status = 6
    default_hint = "Try again. If it stays, run `talkies doctor` and report what it says."


class ChildCrashed(EngineFailure):
    """A child process ended without an answer."""

    code = "CHILD_CRASHED"
    retryable = True


class ChildTimedOut(EngineFailure):
    """A child process took longer than it may."""

    code = "CHILD_TIMED_OUT"
    retryable = True


class WorkerLost(EngineFailure):
    """Every process that worked on the job died."""

    code = "WORKER_LOST"
    default_hint = "Look into the log of the workers, mend what kills them, and retry the job."


class BatchIncomplete(TalkiesError):
    """Some videos of a manifest failed."""

    code = "BATCH_INCOMPLETE"
    exit_status = 7
    retryable = True
    default_hint = "Mend what the failed rows name and run the same command: finished ones stay."


class Canceled(TalkiesError):
    """The work was canceled."""

    code = "CANCELED"
    status = 409
    exit_status = 130
