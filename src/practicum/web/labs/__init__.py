"""Labs in the studio: the learner's file, the runs, and how each lab stands."""
