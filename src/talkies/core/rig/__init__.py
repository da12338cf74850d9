"""The model of a character: states, sequences, ways between them, playing."""
