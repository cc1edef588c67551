"""Provenance room: sign data, and name what changed since.

::

    data ─► making ─► Manifest ─► attestation (DSSE, in-toto) ─► *.intoto.jsonl
              └─► row_sums, merkle (roots) └─► row_index (digests of rows, beside the bundle)
    data + bundle + trust ─► verification ─► Changes, by file, row, cell, label, source, order
                                  └─► row_changes ◄─ row_matching, column_changes, row_values
    keys, trust: who may sign what, until when
    log (tiles, signed notes) ─► log_copies (kept elsewhere) ─► log_check

A signature says who vouched for which bytes; it does not say that the data are good.
"""

from foretaste.provenance.attestation import (
    Envelope,
    Statement,
    Subject,
    read_bundle,
    sign_statement,
    write_bundle,
)
from foretaste.provenance.changes import Change, ChangeKind
from foretaste.provenance.keys import PublicKey, SigningKey, load_key, make_key
from foretaste.provenance.log import Inclusion, Log, LogEntry, append, make_log, open_log
from foretaste.provenance.log_check import check_log
from foretaste.provenance.log_copies import copy_log
from foretaste.provenance.making import make_manifest
from foretaste.provenance.manifest import Manifest, ManifestFile, SourceShare, read_manifest
from foretaste.provenance.trust import (
    DATA,
    LOG,
    Trust,
    TrustedKey,
    load_trust,
    save_trust,
    source_use,
)
from foretaste.provenance.verification import (
    Verification,
    find_manifest,
    sign_manifest,
    verify,
)

__all__ = [
    "DATA",
    "LOG",
    "Change",
    "ChangeKind",
    "Envelope",
    "Inclusion",
    "Log",
    "LogEntry",
    "Manifest",
    "ManifestFile",
    "PublicKey",
    "SigningKey",
    "SourceShare",
    "Statement",
    "Subject",
    "Trust",
    "TrustedKey",
    "Verification",
    "append",
    "check_log",
    "copy_log",
    "find_manifest",
    "load_key",
    "load_trust",
    "make_key",
    "make_log",
    "make_manifest",
    "open_log",
    "read_bundle",
    "read_manifest",
    "save_trust",
    "sign_manifest",
    "sign_statement",
    "source_use",
    "verify",
    "write_bundle",
]
