"""`fairview`, and `python -m fairview`."""

from __future__ import annotations

import sys

from fairview.errors import FairviewError


def main() -> None:
    """Run a command; a fault Fairview can name ends in one sentence and its exit code, without a traceback."""
    try:
        # Inside, since reading the declarations can already find a fault worth one sentence.
        from fairview.console.commands import cli

        sys.exit(cli(standalone_mode=False) or 0)
    except FairviewError as error:
        print(f"fairview: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except Exception as error:
        import click

        if isinstance(error, click.ClickException):
            error.show()
            sys.exit(error.exit_code)
        if isinstance(error, click.Abort):
            sys.exit(130)
        raise


if __name__ == "__main__":
    main()
