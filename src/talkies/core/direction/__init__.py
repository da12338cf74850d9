"""Direction: from what is said to what a character does, by rules and a seed."""
