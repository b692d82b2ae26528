"""The example that `python -m bigfoot demo` runs: a small shop, its tests, and a look at what they leave behind."""
