"""Building a character from one drawing: expressions, poses, and the drawings between them."""
