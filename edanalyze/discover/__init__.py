"""What a project consists of: its root, settings, files, services, and the environment they are deployed in."""
