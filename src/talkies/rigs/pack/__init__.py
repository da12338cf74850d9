"""Every drawing of a character, decoded once and read in a millisecond."""
