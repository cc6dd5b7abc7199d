"""Effect trees: the control flow of functions, reduced to the calls that matter."""
