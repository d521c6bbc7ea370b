"""A simulated telephone city: carrier, patients who speak, administrators; for the demo, tests and measuring."""
