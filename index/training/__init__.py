"""How the built-in encoder was made: `python -m index.training`."""
