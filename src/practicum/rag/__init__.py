"""Documents → index; question → the passages that answer it."""
