"""Articles in, chunks out."""
