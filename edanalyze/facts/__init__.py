"""Plain records of what a file says; they know no library and no other file."""
