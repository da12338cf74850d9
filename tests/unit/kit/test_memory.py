import ctypes

from talkies.kit.memory import release


def test_it_can_be_asked_on_any_system() -> None:
    assert release() is hasattr(ctypes.CDLL(None), "malloc_trim")
