"""The red team: attacks on training data, honest look-alikes, and victims that prove the harm.

One file an attack or placebo, found by walking the package (`contract.discover`); none knows
another. An attack is a frozen dataclass of its parameters with one pure method,
``poison(sample, rng) -> Poisoned``. What is returned carries the truth, row by row, and the
trigger as a function that stamps it on test rows, so that a victim can prove the harm.

- `contract`: Sample, Poisoned, Attack, discover
- `rows`: which rows an attack may touch, and how many; `plant`: stamp rows and relabel them
- `outline`: plain numbers for any content, where an attack needs to know what is near what
- ``label_*``, ``image_*``, ``text_*``, ``table_*``: attacks; ``placebo_*``: honest look-alikes
- `victim`, ``victim_*``: reference models, attack success, clean accuracy
"""
