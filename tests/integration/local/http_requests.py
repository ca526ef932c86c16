"""Requests as they are on the wire, with no client between."""

import http.client
from urllib.parse import urlsplit


def ask(url, method, path, body=None, **headers):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    reply = connection.getresponse()
    answer = reply.status, reply.read(), dict(reply.headers)
    connection.close()
    return answer


def signed(service, region="us-east-1"):
    return f"AWS4-HMAC-SHA256 Credential=test/20260101/{region}/{service}/aws4_request, Signature=0"
