"""Running tasks: which items, their answers, their scores."""
