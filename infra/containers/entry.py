"""What a container begins with: the functions' own code and wheels from S3, then the step. Templates have its text."""

import io
import json
import os
import runpy
import sys
import zipfile

sys.path.append("/var/runtime")  # where Lambda's images of older Pythons have boto3

import boto3

place = "/tmp/tastemaker"  # noqa: S108 - the container's own
for bucket, key in json.loads(os.environ["TASTEMAKER_ASSETS"]):
    body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    zipfile.ZipFile(io.BytesIO(body)).extractall(place)
sys.path[:0] = [place, f"{place}/python"]
runpy.run_module("tastemaker.handlers.job", run_name="__main__", alter_sys=True)
