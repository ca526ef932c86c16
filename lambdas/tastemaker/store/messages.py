"""What the stores say when a condition does not hold, in the same words from every adapter."""


def already_exists(arn: str) -> str:
    """Name the ARN, in the real service's words."""
    return f"Another resource with Arn {arn} already exists."


def not_found(arn: str) -> str:
    """Name the ARN."""
    return f"Resource with Arn {arn} does not exist."


def wrong_status(arn: str, status: object) -> str:
    """Name the ARN and the status that forbids the change."""
    return f"Resource {arn} is in status {status}; wait until it has settled."
