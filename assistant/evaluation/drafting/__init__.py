"""Question sets drafted from an article, for a person to edit."""
