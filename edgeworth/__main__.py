"""``python -m edgeworth``."""

from edgeworth.cli import main

if __name__ == "__main__":
    main(prog_name="edgeworth")
