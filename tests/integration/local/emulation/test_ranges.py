"""Ranges of objects, as S3 answers them."""

import pytest
from botocore.exceptions import ClientError

BUCKET, KEY = "tastemaker-data-123456789012-us-east-1", "uploads/ranges/letters"
BODY = bytes(range(256)) * 1_000


@pytest.fixture
def s3(tastemaker):
    s3 = tastemaker.client("s3")
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=BODY)
    return s3


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=5-9", slice(5, 10)),
        ("bytes=255990-", slice(255_990, None)),
        ("bytes=255990-999999", slice(255_990, None)),
        ("bytes=-7", slice(-7, None)),
    ],
)
def test_a_range_has_its_bytes(s3, asked, span):
    reply = s3.get_object(Bucket=BUCKET, Key=KEY, Range=asked)

    body = reply["Body"].read()
    assert (reply["ResponseMetadata"]["HTTPStatusCode"], body) == (206, BODY[span])
    first = len(BODY[: span.start]) if span.start >= 0 else len(BODY) + span.start
    assert reply["ContentRange"] == f"bytes {first}-{first + len(body) - 1}/{len(BODY)}"


@pytest.mark.parametrize("asked", ["bytes=9-5", "bytes=1-2,5-6"])
def test_what_is_no_range_has_all_bytes(s3, asked):
    assert s3.get_object(Bucket=BUCKET, Key=KEY, Range=asked)["Body"].read() == BODY


def test_a_range_behind_the_end_is_refused(s3):
    with pytest.raises(ClientError, match="InvalidRange"):
        s3.get_object(Bucket=BUCKET, Key=KEY, Range="bytes=256000-")


def test_a_range_of_another_object_than_was_meant_is_refused(s3):
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.get_object(Bucket=BUCKET, Key=KEY, Range="bytes=0-5", IfMatch='"another"')


def test_a_download_in_ranges_is_whole(s3, tmp_path):
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=BODY * 80)

    s3.download_file(BUCKET, KEY, str(tmp_path / "letters"))

    assert (tmp_path / "letters").read_bytes() == BODY * 80
