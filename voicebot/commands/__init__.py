"""Commands that are more than a line: one module a group, each with register(app)."""
