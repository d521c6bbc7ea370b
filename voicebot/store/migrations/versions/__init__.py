"""Alembic migrations of the robot's own database."""
