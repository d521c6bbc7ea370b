"""Alembic migrations of the built-in registry."""
