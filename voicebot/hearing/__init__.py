"""The ear: acoustic intents beside the text, their fusion and their training. Built with a later issue."""
