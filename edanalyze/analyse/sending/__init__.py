"""The sending of messages: confirmation, order, and sending again."""
