"""What clients other than boto3 send: presigned URLs, chunks, expectations, paths with the stage."""

import http.client
import json
import socket
import zlib
from base64 import b64encode
from threading import Thread
from urllib.parse import urlsplit

import pytest

from tastemaker_local.server import Server

BUCKET = "tastemaker-data-123456789012-us-east-1"


def signed(service, region="us-east-1"):
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{region}/{service}/aws4_request, Signature=0"}


@pytest.fixture
def ask(tastemaker):
    """Return a function that sends one request over one kept connection."""
    connection = http.client.HTTPConnection(urlsplit(tastemaker.endpoint_url).netloc, timeout=30)

    def send(method, path, body=None, headers=None, **options):
        connection.request(method, path, body, headers or {}, **options)
        reply = connection.getresponse()
        return reply.status, reply.read(), dict(reply.headers)

    yield send
    connection.close()


def test_a_presigned_url_reads_and_writes(tastemaker, ask):
    s3 = tastemaker.client("s3")
    place = {"Bucket": BUCKET, "Key": "k"}
    put, get = (urlsplit(s3.generate_presigned_url(name, place)) for name in ("put_object", "get_object"))

    written = ask("PUT", f"{put.path}?{put.query}", b"content")
    read = ask("GET", f"{get.path}?{get.query}")

    assert (written[0], read[:2]) == (200, (200, b"content"))


def test_a_chunked_body_is_put_together(tastemaker, ask):
    status, *_ = ask("PUT", f"/{BUCKET}/k", iter([b"one", b"two"]), signed("s3"), encode_chunked=True)

    assert (status, tastemaker.client("s3").get_object(Bucket=BUCKET, Key="k")["Body"].read()) == (200, b"onetwo")


@pytest.mark.parametrize("signature", ["", ";chunk-signature=" + "0" * 64])
def test_aws_chunked_framing_does_not_become_content(tastemaker, ask, signature):
    checksum = b64encode(zlib.crc32(b"hello world").to_bytes(4, "big")).decode()
    framed = (
        f"5{signature}\r\nhello\r\n6{signature}\r\n world\r\n0{signature}\r\nx-amz-checksum-crc32:{checksum}\r\n\r\n"
    )
    kind = "AWS4-HMAC-SHA256-PAYLOAD" if signature else "UNSIGNED-PAYLOAD"
    headers = signed("s3") | {
        "Content-Encoding": "aws-chunked,gzip",
        "X-Amz-Content-Sha256": f"STREAMING-{kind}-TRAILER",
        "X-Amz-Decoded-Content-Length": "11",
        "X-Amz-Trailer": "x-amz-checksum-crc32",
        "X-Amz-Sdk-Checksum-Algorithm": "CRC32",
    }

    status, *_ = ask("PUT", f"/{BUCKET}/k", framed.encode(), headers)

    got = tastemaker.client("s3").get_object(Bucket=BUCKET, Key="k", ChecksumMode="ENABLED")
    assert (status, got["Body"].read(), got["ContentEncoding"]) == (200, b"hello world", "gzip")
    assert got["ChecksumCRC32"] == checksum


def test_a_client_that_waits_for_permission_gets_it(tastemaker, ask):
    headers = signed("s3") | {"Expect": "100-continue"}

    status, *_ = ask("PUT", f"/{BUCKET}/k", b"content", headers)

    assert (status, tastemaker.client("s3").get_object(Bucket=BUCKET, Key="k")["Body"].read()) == (200, b"content")


@pytest.mark.parametrize("path", ["/", "/prod", "/prod/"])
@pytest.mark.parametrize("service", ["personalize", "execute-api"])
def test_our_api_answers_with_and_without_the_stage(ask, path, service):
    headers = signed(service) | {"X-Amz-Target": "AmazonPersonalize.ListDatasetGroups"}

    status, body, _ = ask("POST", path, b"{}", headers)

    assert (status, json.loads(body)) == (200, {"datasetGroups": []})


def test_our_api_needs_no_signature(ask):
    target = {"X-Amz-Target": "AmazonPersonalize.ListDatasetGroups"}

    assert ask("POST", "/", b"{}", target)[:2] == (200, b'{"datasetGroups":[]}')
    assert ask("POST", "/recommendations", b"{}")[0] == 400


def test_an_unknown_path_of_our_api_is_refused_as_api_gateway_does(ask):
    status, body, headers = ask("GET", "/nowhere", headers=signed("execute-api"))

    code = "MissingAuthenticationTokenException"
    assert (status, json.loads(body)) == (403, {"__type": code, "message": "Missing Authentication Token"})
    assert headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def test_a_region_that_does_not_exist_is_named(ask):
    status, body, _ = ask("POST", "/", b"{}", signed("personalize", "mars-1"))

    assert (status, "mars-1" in json.loads(body)["message"]) == (400, True)


@pytest.mark.parametrize("length", ["-1", "+2", "1_0", "abc", "", "\u0967", "9" * 12, "9" * 30])
def test_a_length_that_is_none_is_refused_at_once(ask, length):
    headers = {"X-Amz-Target": "AmazonPersonalize.ListDatasetGroups", "Content-Length": length.encode()}

    status, body, _ = ask("POST", "/", b"{}", headers)

    assert (status, json.loads(body)["__type"]) == (400, "BadRequestException")


@pytest.mark.parametrize("size", [b"-2", b"zz", b"", b"0x2"])
def test_a_chunk_without_a_length_is_refused_at_once(ask, size):
    headers = {"X-Amz-Target": "AmazonPersonalize.ListDatasetGroups", "Transfer-Encoding": "chunked"}

    status, body, _ = ask("POST", "/", size + b"\r\n{}\r\n0\r\n\r\n", headers)

    assert (status, json.loads(body)["__type"]) == (400, "BadRequestException")


def test_a_method_that_nobody_knows_is_the_callers_mistake(ask):
    status, body, _ = ask("BREW", "/", b"{}", signed("personalize"))

    assert (status, json.loads(body)["__type"]) == (405, "BadRequestException")


def test_a_connection_survives_many_requests(ask):
    answers = {ask("GET", "/nowhere", headers=signed("execute-api"))[0] for _ in range(20)}

    assert answers == {403}


@pytest.mark.parametrize(("verbose", "told"), [(False, ""), (True, "timed out")])
def test_a_connection_that_nobody_uses_is_closed_without_a_word(capsys, verbose, told):
    server = Server("127.0.0.1", 0, lambda _: None, verbose=verbose, patience=0.05)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    with socket.create_connection(server.server_address) as connection:
        assert connection.recv(1) == b""

    server.shutdown()
    server.server_close()
    said = capsys.readouterr().err
    assert told in said if told else said == ""
