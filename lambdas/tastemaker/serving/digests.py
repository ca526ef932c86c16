"""What was stored is what was meant: the one check of a SHA-256."""


def check_digest(name: str, found: str, promised: str) -> None:
    """Raise ValueError, with the name, if a digest is not the one that a record promises."""
    if found != promised:
        raise ValueError(f"{name} has SHA-256 {found}, its record says {promised}")
