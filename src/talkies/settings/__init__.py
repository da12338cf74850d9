"""Settings: the only reader of the environment."""

from talkies.settings.model import Settings
from talkies.settings.reading import load
from talkies.settings.secret_file import signing_secret

__all__ = ["Settings", "load", "signing_secret"]
