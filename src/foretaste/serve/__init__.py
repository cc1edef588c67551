"""Serve room: people decide what automatic verdicts cannot, and a log says who decided what.

::

    running         one command: migrate, first start, worker, web server, shutdown
    home, clock     files of one server; one way to write a moment
    tables, database, migrations     SQLite by default, PostgreSQL for teams
    roles ─► access     what each role may do; every route names the one thing it needs
      ├─ people, passwords, sessions, tokens, attempts     who is asking
    projects, uploads     data comes in, resumable
    queue ─► worker ─► gating     a run is the gate of `foretaste gate data`
    findings, opinions     what was found, and what people think of it
    releases ─► approval, applying     four eyes: proposed, then released by somebody else
    audit     every decision stands in the log of `foretaste log`
    app ─► security, api_*, pages_*     what browsers and programs see

Nothing here judges rows: scanning, policy, quarantine and signatures are those of the rooms below.
"""
