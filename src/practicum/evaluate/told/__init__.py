"""An evaluation as people read it: terminal, Markdown, a page, a leaderboard, a gist."""
