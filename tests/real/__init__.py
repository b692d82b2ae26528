"""The same code against a real server and under bigfoot: the results must be equal."""
