"""The example that `python -m bigfoot demo` runs."""
