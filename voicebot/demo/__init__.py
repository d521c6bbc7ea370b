"""The demonstration: a clinic's morning against the simulated city, from import to report."""
