"""Resolution across files: names, values, calls, entry points."""
