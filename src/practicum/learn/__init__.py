"""The course runner: map, lessons, labs, quizzes, review, progress; works without torch."""
