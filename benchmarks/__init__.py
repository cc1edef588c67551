"""Measurements of detection and speed; never run by the tests."""
