"""Report room: what was found, for people and for machines.

::

    Report ─► plain                      str(report), the terminal
           ─► page (+ parts, scatter)    report.html: one file, no remote asset, strict policy
           ─► document (codec, columns)  report.json and findings.parquet, and back
           ─► write                      to disk, whole or not at all

Whatever comes from the data passes `visible` before a person sees it, and the template escapes it.
"""

from foretaste.report.report import Report

__all__ = ["Report"]
