"""Gate room: may this data be trained on, and is what is trained on that data?

::

    starting ─► foretaste.toml (settings, toml_sections)
    data_gate    copy, check, decide, part, keep, sign, publish: on one screen
      ├─ snapshot          a private copy; digests of the very bytes that were copied
      ├─ provenance_check, schema_check, scan_ruling ─► decision
      ├─ cut, raw_lines    rows that stay, in the format of the input; rows that leave
      ├─ record, attestation, sarif, junit
      └─ run_folder        results appear in one step
    guarding     foretaste.guard: training loads what passed, or nothing
    review       quarantined rows: explain, write out
    dvc, mlflow_runs       what others keep about the same data
"""
