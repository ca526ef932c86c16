"""The memory objects and the S3 objects keep the same contract; only S3 has versions, and none may be left."""

import io
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from tastemaker.store.memory import MemoryObjects
from tastemaker.store.s3 import S3Objects
from tastemaker_local.emulation import s3 as emulation


@pytest.fixture
def s3(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws(), emulation.installed():
        yield boto3.client("s3", region_name="us-east-1")


@pytest.fixture
def bucket(s3):
    name = f"bucket-{uuid4()}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture(params=["memory", "s3"])
def objects(request, s3):
    return MemoryObjects() if request.param == "memory" else S3Objects("us-east-1", s3)


def keys(objects, bucket):
    return [key for key, _, _ in objects.list(bucket, "")]


def test_everything_below_a_prefix_goes_and_nothing_else(objects, bucket):
    for key in ("a/1/x", "a/1/y", "a/2/x", "ab"):
        objects.write(bucket, key, b"1")

    objects.delete(bucket, "a/1/")

    assert keys(objects, bucket) == ["a/2/x", "ab"]


def test_of_two_that_create_an_object_the_first_does(objects, bucket):
    created = [objects.create(bucket, "plan.json", body) for body in (b"first", b"second")]

    assert created == [True, False]
    assert objects.read(bucket, "plan.json") == b"first"


def test_an_object_is_created_in_a_bucket_that_is_there(s3):
    with pytest.raises(FileNotFoundError):
        S3Objects("us-east-1", s3).create("no-such-bucket", "plan.json", b"first")


def test_a_stream_becomes_one_object(objects, bucket):
    objects.upload_stream(io.BytesIO(b"a,b\n1,2\n"), bucket, "rows.csv")

    assert objects.read(bucket, "rows.csv") == b"a,b\n1,2\n"


class Breaking(io.BytesIO):
    def read(self, *_arguments):
        raise ValueError("the source broke")


def test_a_stream_that_breaks_leaves_nothing(objects, bucket):
    with pytest.raises(ValueError, match="the source broke"):
        objects.upload_stream(Breaking(b"x"), bucket, "rows.csv")

    assert keys(objects, bucket) == []


def test_a_missing_bucket_is_a_missing_file(s3):
    with pytest.raises(FileNotFoundError):
        S3Objects("us-east-1", s3).upload_stream(io.BytesIO(b"x"), "no-such-bucket", "rows.csv")


def test_a_key_of_the_callers_encrypts_the_object(s3, bucket):
    key = boto3.client("kms", region_name="us-east-1").create_key()["KeyMetadata"]["Arn"]

    S3Objects("us-east-1", s3).upload_stream(io.BytesIO(b"x"), bucket, "rows.csv", kms_key=key)

    head = s3.head_object(Bucket=bucket, Key="rows.csv")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_deletion_leaves_no_version_and_no_marker(s3, bucket):
    for body in (b"old", b"new"):
        s3.put_object(Bucket=bucket, Key="a/x", Body=body)
    s3.put_object(Bucket=bucket, Key="a/y", Body=b"hidden")
    s3.delete_object(Bucket=bucket, Key="a/y")

    S3Objects("us-east-1", s3).delete(bucket, "a/")

    left = s3.list_object_versions(Bucket=bucket)
    assert (left.get("Versions", []), left.get("DeleteMarkers", [])) == ([], [])


def test_an_object_that_cannot_be_removed_is_not_passed_over(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a/x", Body=b"x")

    class Refusing:
        get_paginator = s3.get_paginator

        def delete_objects(self, **_request):
            return {"Errors": [{"Key": "a/x", "Code": "AccessDenied", "Message": "Access Denied"}]}

    with pytest.raises(PermissionError, match="a/x: Access Denied"):
        S3Objects("us-east-1", Refusing()).delete(bucket, "a/")


def test_a_range_of_an_object_is_read_while_the_object_stays_as_it_is(objects, bucket):
    objects.write(bucket, "lines", b"0123456789")
    [(_, _, etag)] = objects.list(bucket, "lines")

    assert objects.read_range(bucket, "lines", 2, 3, etag=etag) == b"234"
    assert objects.read_range(bucket, "lines", 8, 5, etag=etag) == b"89"
    objects.write(bucket, "lines", b"9876543210")
    with pytest.raises(FileNotFoundError):
        objects.read_range(bucket, "lines", 2, 3, etag=etag)


def test_parts_of_an_upload_become_one_object_once_they_are_all_there(objects, bucket):
    upload = objects.begin_upload(bucket, "whole")
    large = b"x" * (5 << 20)
    tags = [objects.upload_part(bucket, "whole", upload, n, part) for n, part in enumerate((large, b"end"), start=1)]
    tags[1] = objects.upload_part(bucket, "whole", upload, 2, b"another end")
    assert keys(objects, bucket) == []

    objects.finish_upload(bucket, "whole", upload, tags)

    assert objects.read(bucket, "whole") == large + b"another end"
    with pytest.raises(FileNotFoundError):
        objects.upload_part(bucket, "whole", upload, 3, b"x")


def test_an_upload_that_was_abandoned_is_gone(objects, bucket):
    upload = objects.begin_upload(bucket, "whole")
    for _ in range(2):
        objects.abandon_upload(bucket, "whole", upload)

    with pytest.raises(FileNotFoundError):
        objects.upload_part(bucket, "whole", upload, 1, b"x")
    with pytest.raises(FileNotFoundError):
        objects.finish_upload(bucket, "whole", upload, ["tag"])


def test_a_key_of_the_callers_encrypts_whole_objects_and_uploads(s3, bucket):
    key, objects = "arn:aws:kms:us-east-1:123456789012:key/1234", S3Objects("us-east-1", s3)
    objects.write(bucket, "a", b"x", kms_key=key)
    upload = objects.begin_upload(bucket, "b", kms_key=key)
    objects.finish_upload(bucket, "b", upload, [objects.upload_part(bucket, "b", upload, 1, b"x")])

    heads = [s3.head_object(Bucket=bucket, Key=name) for name in "ab"]
    assert [(head["ServerSideEncryption"], head["SSEKMSKeyId"]) for head in heads] == [("aws:kms", key)] * 2
