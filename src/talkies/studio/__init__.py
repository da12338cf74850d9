"""Use cases: the words of the product."""
