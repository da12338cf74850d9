"""Outbound HTTP: one guarded client for addresses that strangers name."""
