"""HTTP calls: chains, loops, time limits and repetition."""
