"""Work that outlives a tab: a queue on the disk, one worker process at a time."""
