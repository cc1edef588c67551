"""Watch room: did the model in use change, or what it is fed?

::

    batch file ─► observations (hits and trials by model, stream, slice)
       └─► evidence   e-processes, e-BH over slices, change detection ─► levels
             └─► alarms   info, warn, block, rollback; owner, expiry, silencing by two
    journal    SQLite: a batch is counted once, whole or not at all, whenever a process ends
    watching   the line above on one screen
    notices    signed webhooks and mail, from an outbox that survives
    metrics, page, service   Prometheus, the live page, the daemon
"""
