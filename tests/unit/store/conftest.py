"""One boto3 session for the tests of stores."""

import boto3
import pytest


@pytest.fixture(scope="session")
def session():
    """Return what makes clients that moto answers: each new one would read botocore's data again."""
    return boto3.session.Session("testing", "testing", region_name="us-east-1")
