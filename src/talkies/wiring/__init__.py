"""The composition root: builds the parts and joins them; nobody else does."""
