"""A server on this machine that speaks two hosted dialects, and misbehaves on demand.

Through it the real clients of both services run from end to end, with no account and no internet;
behind it stand simulated subjects.
"""
