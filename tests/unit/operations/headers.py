"""Headers that say what no member of a request can."""

from contextlib import contextmanager


@contextmanager
def headers(client, **told):
    """Let a boto3 client send headers with every request."""

    def add(params, **_):
        params["headers"].update({f"x-tastemaker-{name}": value for name, value in told.items()})

    client.meta.events.register("before-call.personalize-runtime", add, unique_id="reasons")
    yield client
    client.meta.events.unregister("before-call.personalize-runtime", unique_id="reasons")
