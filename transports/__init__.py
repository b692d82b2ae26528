"""Seams: where a real client library meets the world. They translate; they never decide."""
