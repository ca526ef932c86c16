"""What a container begins with: the functions' own code and wheels from S3, then the step. Templates have its text."""

import io
import json
import os
import runpy
import sys
import tempfile
import zipfile

sys.path.append("/var/runtime")  # where Lambda's images of older Pythons have boto3

import boto3

place = tempfile.mkdtemp()
s3 = boto3.client("s3", region_name=os.environ["AWS_REGION"])  # which boto3 itself does not read
for bucket, key in json.loads(os.environ["TASTEMAKER_ASSETS"]):
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    zipfile.ZipFile(io.BytesIO(body)).extractall(place)
sys.path[:0] = [place, f"{place}/python"]
runpy.run_module("tastemaker.handlers.job", run_name="__main__", alter_sys=True)
