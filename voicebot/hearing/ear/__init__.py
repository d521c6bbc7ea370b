"""The ear: a small classifier on the frozen Whisper encoder that hears an answer without writing it down (EAR.md).

runtime.py is what calls need (numpy, onnxruntime, a loaded Whisper model); the rest makes and judges the head.
"""
