"""The handling of messages: acknowledgement, failure, and what a redelivery repeats."""
