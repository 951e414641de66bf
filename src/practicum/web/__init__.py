"""The studio: the course and the tools as pages of a local web server."""
