"""Engines of other repositories, each written down as data: the command engine."""
