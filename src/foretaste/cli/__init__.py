"""Command line room: every command is a thin skin over one function of the library.

::

    main ─► run            arguments, errors, exit codes; imports nothing heavy
         ─► scan_command   foretaste scan
         ─► drill_command  foretaste drill
         ─► init_command, gate_command (gate_verdict), quarantine_command (quarantine_tables)
         ─► other_commands foretaste demo, foretaste detectors
            progress       how far a scan is, on stderr
            verdict        what it found, on stdout

Exit codes: 0 pass · 1 blocked · 2 usage or configuration · 3 inconclusive or an internal error
(fail closed) · 130 interrupted.
"""
