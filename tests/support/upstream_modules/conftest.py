"""Keeps pytest from taking an upstream's `test_*.py` for one of our tests."""

collect_ignore_glob = ["*"]
