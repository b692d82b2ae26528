"""The contract of HTTP: whatever a test may promise, every client gets."""
