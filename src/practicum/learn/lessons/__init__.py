"""Lessons: Markdown with claims, figures and code by reference; read on a page or a terminal."""
