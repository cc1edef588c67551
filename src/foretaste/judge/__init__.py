"""The judge: the only room where scores meet thresholds."""
