"""What the robot's own database and the built-in registry have in common: types, transactions, migrations.

A root module like clock and errors, because leaves do not import one another.
"""
