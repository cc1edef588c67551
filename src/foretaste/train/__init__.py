"""Training that withstands what slips through.

- `PartitionedClassifier`: predictions with a proof of how many rows or sources cannot flip them
- `certify`: the proof for a whole pipeline, refused where a step voids it
"""

from __future__ import annotations

from foretaste.train.certificate import Certificate
from foretaste.train.classifier import PartitionedClassifier
from foretaste.train.misuse import CertificateWarning
from foretaste.train.pipelines import certify

__all__ = ["Certificate", "CertificateWarning", "PartitionedClassifier", "certify"]
