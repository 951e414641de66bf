"""Tasks: where they are defined, where their rows come from, what a suite is made of."""
