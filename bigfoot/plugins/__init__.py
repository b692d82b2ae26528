"""Import paths of bigfoot 0.10."""
