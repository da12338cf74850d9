"""Timelines as files of other programs: one format a module, each saying what it cannot keep."""
