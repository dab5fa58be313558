"""Work for later: rows written with their cause, leased and done by the worker's loop.

`actions` writes, leases and settles jobs; `queries` counts them for `/readyz` and `gatherings check`; `worker` holds
the loop. It knows nothing of mail: whatever else the worker drains is handed to it by `gatherings.wiring`.
"""
