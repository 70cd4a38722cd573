"""The version, in a module of its own: who asks for it does not load the public names."""

__version__ = "0.1.0"
