"""The assistant for programs: routes over HTTP, and what every request passes."""
