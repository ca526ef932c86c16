"""Containers for steps that outgrow a function: off by default; where nothing runs, nothing is paid."""
