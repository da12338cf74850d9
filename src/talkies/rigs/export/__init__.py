"""Played timelines as videos: drawings, camera, background and captions, frame by frame."""
