"""The demo council: deliveries of an invented council, made to the feed specification.

It plays the supplier, so it shares no code with the receiver: a fault in one must not hide in the other.
"""
