"""voicebot: a telephone voice robot for clinics."""

__version__ = "0.1.0"
