"""Texts measured against texts."""
