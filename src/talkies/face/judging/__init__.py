"""Whether a video of a face would look right, and why not."""
