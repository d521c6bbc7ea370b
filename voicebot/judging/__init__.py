"""Recordings through the whole hearing of a call, and how right it was: for `voicebot listen` and `bench hearing`."""
