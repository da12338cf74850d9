"""Which part of a picture becomes the video, and at what size."""
