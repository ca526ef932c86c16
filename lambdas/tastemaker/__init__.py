"""Amazon Personalize for your own AWS account: the service's code, one hop of a request per folder."""

__version__ = "0.1.0"
