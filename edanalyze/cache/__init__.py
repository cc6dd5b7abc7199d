"""What one run leaves for the next, in a folder of the project: facts of files, and whole results.

Nothing here is trusted: every file carries a checksum, and whatever is missing, damaged or of another version is made
anew. Runs may share the folder at the same time: files are replaced as a whole and never changed in place.
"""

from __future__ import annotations
