"""The engine: runs analyses over effect trees, across calls."""
