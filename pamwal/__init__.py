"""Pamwal: what every service stands on. Knows no service."""

__version__ = "0.1.0"
