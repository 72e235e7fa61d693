"""Chunks in, hits out."""
