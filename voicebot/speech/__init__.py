"""Recognise, synthesise, detect speech. port.py holds the shapes; each engine is an adapter in its own file."""
