"""What local mode takes from the process it runs in, and keeps away: the only module here that knows `os.environ`."""

import os
from pathlib import Path

# A profile, an endpoint or a checksum setting of the user's own would reach the clients that our Lambda code makes.
_FOREIGN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", "AWS_DATA_PATH")
_OURS = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
}
# What would lead the clients of a test elsewhere, or make them refuse a plain endpoint.
_MISLEADING = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ROLE_ARN"),
    *("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),
    *("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"),
)


def cache_folder() -> Path:
    """Return the user's cache folder for Tastemaker."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "tastemaker"


def variables() -> dict[str, str]:
    """Return a copy of the process's environment."""
    return dict(os.environ)


def forget_user_settings() -> None:
    """Keep the user's AWS profile and endpoints out of this process; for the command line, which owns its process."""
    for name in [*_FOREIGN, *(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL"))]:
        os.environ.pop(name, None)
    os.environ.update(_OURS)


def leading_to(url: str, region: str) -> dict[str, str | None]:
    """Return the variables that make every AWS SDK of a process and its children use an endpoint; None: not set."""
    configured = (name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_"))
    bypassed = {name: ",".join(filter(None, [os.environ.get(name), "127.0.0.1"])) for name in ("NO_PROXY", "no_proxy")}
    return dict.fromkeys([*_MISLEADING, *configured]) | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **bypassed,
    }
