"""The machine that this runs on: what is installed and what is missing."""
