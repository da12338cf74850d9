"""The process that makes a job: steps in, progress and results out; it dies with its worker."""
