"""Golden room: rows that are known, and that no model may learn from.

::

    making ─► GoldenPool (signed manifest; Parquet files)
      ├─ golden set     trusted rows; half is shown, half is sealed and rotates
      ├─ probes         fixed rows with the champion's answers
      ├─ trigger_probes library triggers stamped on golden rows
      ├─ sentinels      rows agreed with each source
      └─ canaries       planted upstream: the gate must hold the bad ones and only them
    secret ─► keyed digests (content) and signatures (nearness) ─► exclusion: leaks by row
    slices: how many rows a slice needs before it says anything

Who keeps the secret can tell golden rows and canaries from others; nobody else can.
"""
