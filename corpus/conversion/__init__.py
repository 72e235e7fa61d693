"""What turns one kind of file into Markdown, each in a module of its own; `corpus.converter` runs them."""
