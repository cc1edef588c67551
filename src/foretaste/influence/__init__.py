"""Influence room: what single rows and groups of rows do to a model, as linear algebra.

- `ridge`: exact leave-one-out and leave-group-out on a linear head
- `logistic`: one Newton step for each row left out
- `head_gradients`: products of head gradients over the checkpoints of a training
- `neighbour_shapley`: what rows are worth to a nearest-neighbour vote
- `trees`: who shares a leaf, and who was never drawn
- `model_features`: what a user's own model makes of the rows, where it can be asked
- `audit`: every row at once, from a fingerprint
- `fingerprint`: all that a trace needs, in one file, without the data
"""
