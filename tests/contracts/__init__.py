"""Contracts: one suite for each kind of seam, which every seam runs."""
