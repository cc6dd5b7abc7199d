"""Payloads: the shape of what a program publishes, and of what its handlers read of a message."""
