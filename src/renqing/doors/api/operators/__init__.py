"""What operators' programs call: the books down to any posting, the queues, what is stuck, and the check.

Everybody else learns that there is no such route.
"""
