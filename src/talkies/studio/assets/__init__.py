"""Inputs that are kept: uploads, deduplicated by their content."""
