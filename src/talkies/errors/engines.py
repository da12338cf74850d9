"""What goes wrong with engines of other repositories, their weights and the GPUs they run on."""

from talkies.errors.base import TalkiesError
from talkies.errors.work import EngineFailure, MissingDependency


class EngineNotInstalled(MissingDependency):
    """The engine is known, but it is not installed here."""

    code = "ENGINE_NOT_INSTALLED"
    default_hint = "`talkies engines` says what is missing and which command brings it."


class EngineBroken(MissingDependency):
    """The engine's own environment is broken."""

    code = "ENGINE_ENV_BROKEN"
    default_hint = "Run `talkies doctor --engine NAME`, and install the engine again."


class GpuUnavailable(MissingDependency):
    """There is no GPU that this engine can use."""

    code = "GPU_UNAVAILABLE"
    status = 503
    retryable = True
    default_hint = "Let another worker take it; `talkies doctor --engine NAME` says why."


class LicenceForbids(TalkiesError):
    """The engine's licence does not allow what this installation is for."""

    code = "LICENCE_FORBIDS"
    status = 403
    exit_status = 2
    default_hint = "Choose an engine that allows commercial use; `talkies engines` says which do."


class WeightsMissing(MissingDependency):
    """A file of the engine's weights is missing or damaged."""

    code = "WEIGHTS_MISSING_OR_CORRUPT"
    default_hint = "Run `talkies weights pull NAME`: it brings and verifies what is missing."


class WeightsUnmappable(MissingDependency):
    """The weights lie on a file system that cannot map files into memory."""

    code = "WEIGHTS_ON_NETWORK_VOLUME"
    default_hint = "Copy the weights to a local disk and name it by MODEL_STORAGE_PATH."


class DownloadFailed(TalkiesError):
    """Weights could not be downloaded."""

    code = "DOWNLOAD_FAILED"
    status = 502
    exit_status = 5
    retryable = True
    default_hint = "Run the same command again: it goes on where it stopped."


class GpuOutOfMemory(EngineFailure):
    """The GPU has too little memory for this video."""

    code = "GPU_OOM"
    default_hint = "Ask for a smaller preset or resolution, or use a GPU with more memory."


class HostOutOfMemory(EngineFailure):
    """The engine was killed, which happens when the machine's memory is full."""

    code = "HOST_OOM_OR_KILLED"
    retryable = True
    default_hint = "Free some memory, or ask for a shorter video."


class EngineStalled(EngineFailure):
    """The engine made no progress any more and was ended."""

    code = "ENGINE_STALLED"
    retryable = True
    default_hint = "The end of its log is in `details`; `talkies doctor --engine NAME` tries it."


class EngineNoOutput(EngineFailure):
    """The engine ended without an error and without a usable video."""

    code = "ENGINE_NO_OUTPUT"
    retryable = True


class PodFailure(EngineFailure):
    """A remote machine did not do what it was asked to."""

    code = "POD_FAILURE"
    status = 502
    retryable = True
    default_hint = "`talkies pods list` shows the pods and what they last said."


class NoPodAvailable(TalkiesError):
    """No remote machine can take the job."""

    code = "NO_POD_AVAILABLE"
    status = 503
    exit_status = 4
    retryable = True
    default_hint = "`talkies pods list` shows the pods and why each is left out."
