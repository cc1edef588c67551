"""``python -m foretaste``: the command line."""

from foretaste.cli.main import run

if __name__ == "__main__":
    raise SystemExit(run())
