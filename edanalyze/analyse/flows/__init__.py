"""Flows over several services: sagas, and events that come back."""
