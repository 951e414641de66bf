"""Commands of the course: map, lessons, labs, quizzes, progress."""
