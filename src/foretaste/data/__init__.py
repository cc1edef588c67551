"""Data room: open labelled rows of any common form, with roles, content and row digests.

::

    path   ─► paths ─► delimited | jsonlines | columnar | packed | imagefolder ─► Rows (Arrow)
    object ─► memory ─► Rows
    Rows + names   ─► roles ─► Dataset ─► coding (labels, sources, ids, times)
                                      └─► tables | texts | images, pixels  (content)
                                      └─► rowhash (digests)
"""

from foretaste.data.dataset import Dataset
from foretaste.data.open import open_dataset

__all__ = ["Dataset", "open_dataset"]
