"""Effects: what single calls do to the outside world, as the models know it."""
