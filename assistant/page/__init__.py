"""The chat page: what it shows, what the browser keeps of it, and its tabs."""
