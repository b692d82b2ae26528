"""One file per bug that was found, each with the test that found it."""
