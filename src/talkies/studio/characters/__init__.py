"""Characters of the service: made, kept, served frame by frame."""
