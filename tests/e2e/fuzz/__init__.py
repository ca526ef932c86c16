"""Random calls of all operations over HTTP: `python -m tests.e2e.fuzz --calls 20000 --seed 1`."""
