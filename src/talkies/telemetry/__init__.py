"""Logs, metrics and the context they carry."""
