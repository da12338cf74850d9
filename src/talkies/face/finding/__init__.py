"""Find faces in a picture, and the 468 points of each."""
