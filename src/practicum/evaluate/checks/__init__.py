"""Doubts about a score: whether two differ, whether it was learnt by heart, what the form did."""
