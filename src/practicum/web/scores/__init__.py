"""Evaluations on pages: the tables of a run, the whole report, the leaderboard."""
