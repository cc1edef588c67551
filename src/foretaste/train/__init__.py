"""Training that withstands what slips through.

- `PartitionedClassifier`: predictions with a proof of how many rows or sources cannot flip them
- `certify`: the proof for a whole pipeline, refused where a step voids it
- `TrimmedLossClassifier`, `BaggedClassifier`: variants without an exact proof
- `aggregation`: combining the updates of federated clients of whom some lie
- `plan`, `train_partitioned`, `load_model`: what ``foretaste train`` does, on an opened data set
"""

from __future__ import annotations

from foretaste.train.bagged import BaggedClassifier
from foretaste.train.certificate import Certificate
from foretaste.train.classifier import PartitionedClassifier
from foretaste.train.keep import load_model
from foretaste.train.misuse import CertificateWarning
from foretaste.train.pipelines import certify
from foretaste.train.planning import plan
from foretaste.train.run import train_partitioned
from foretaste.train.trimmed import TrimmedLossClassifier

__all__ = [
    "BaggedClassifier",
    "Certificate",
    "CertificateWarning",
    "PartitionedClassifier",
    "TrimmedLossClassifier",
    "certify",
    "load_model",
    "plan",
    "train_partitioned",
]
