"""Fakes: one file per protocol. Script in, bytes or objects out, records left."""
