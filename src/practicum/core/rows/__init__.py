"""Rows of data as people keep them: the formats, and the lines of a file."""
