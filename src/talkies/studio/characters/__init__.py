"""Characters of the service: made or brought by jobs, kept as bundles, shown frame by frame."""
