"""The outbox: mail written with its cause, composed once, sent by the worker alone.

`actions` writes, leases and settles rows; `message` makes the MIME bytes; `transport` is the one module that speaks
SMTP; `drain` is what the worker's loop runs; `queries` feeds the mailbox page, `/readyz` and `gatherings check`.
"""
