"""Engines of other repositories on this machine: installed, examined, tried, measured, removed."""
