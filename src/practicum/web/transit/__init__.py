"""The map of the course, drawn as a transit map."""
