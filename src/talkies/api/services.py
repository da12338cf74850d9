"""What the API is given to work with: the use cases, and plain values from the settings."""
