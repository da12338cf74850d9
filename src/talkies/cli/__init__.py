"""The command line: arguments in, progress and errors out."""
