"""The patterns of the service models, each with a string that it accepts and one that it refuses."""

# Both strings are of allowed lengths.
PATTERNS = {
    r"arn:([a-z\d-]+):personalize:.*:.*:.+": (
        "arn:aws:personalize:us-east-1:123456789012:campaign/c",
        "arn:aws:s3:::b",
    ),
    r"arn:([a-z\d-]+):iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+": (
        "arn:aws:iam::123456789012:role/r",
        "arn:aws:iam::1:r",
    ),
    r"arn:aws.*:kms:.*:[0-9]{12}:key/.*": (
        "arn:aws:kms:us-east-1:123456789012:key/k",
        "arn:aws:kms:us-east-1:12:key/k",
    ),
    r"(s3|http|https)://.+": ("s3://bucket/key", "ftp://bucket/key"),
    r"[A-Za-z_][A-Za-z\d_]*": ("GENRE", "9_LIVES"),
    r"[A-Za-z\d_]+": ("GENRE", "NO SPACE"),
    r"[A-Za-z0-9_]+": ("GENRE", "NO SPACE"),
    r"^[A-Za-z_]+$": ("Interactions", "Interactions\n"),
    r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$": ("Größe 10", "no*star"),
    r"\p{ASCII}{0,1500}": ("token", "tökén"),
    r"^[a-zA-Z0-9][a-zA-Z0-9\-_]*": ("a-name_1", "-name"),
    r"rate\(\d+ days?\)": ("rate(30 days)", "rate(1 week)"),
    r"^[\x20-\x7E]*[\x21-\x7E]+[\x20-\x7E]*$": ("source", "   "),
}
