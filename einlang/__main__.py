"""`python -m einlang` is the command line."""

from einlang.commands import main

if __name__ == "__main__":
    main()
