"""`python -m eval`: the measurements as a command."""

from eval.cli import eval_app

if __name__ == "__main__":
    eval_app()
