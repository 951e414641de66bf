"""Scores: how likely a model finds continuations, what they share computed once."""
