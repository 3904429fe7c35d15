"""The whole `recado` command: what `app` offers, and `recado eval` above it."""

from app.cli import app, main
from eval.cli import eval_app

app.add_typer(eval_app, name="eval", help="Evaluation: suites, runs, comparisons, gates; measurements of your own.")

if __name__ == "__main__":
    main()
