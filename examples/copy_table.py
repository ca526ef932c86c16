"""Makes a DynamoDB table hold what another of the same keys holds: the last step of a restore (docs/runbooks.md)."""

import argparse
from collections.abc import Iterator
from typing import Any

import boto3

dynamodb = boto3.resource("dynamodb")


def main() -> None:
    """Say what differs; with --write, make it equal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", help="the restored table")
    parser.add_argument("target", help="the table that the service reads")
    parser.add_argument("--write", action="store_true", help="do it; without, only counts are printed")
    options = parser.parse_args()
    source, target = dynamodb.Table(options.source), dynamodb.Table(options.target)
    kept = {_key(target, item) for item in _items(source)}
    extra = [key for item in _items(target) if (key := _key(target, item)) not in kept]
    print(f"{options.target}: {len(kept):,} items to write, {len(extra):,} to delete")
    if options.write:
        with target.batch_writer() as batch:
            for item in _items(source):
                batch.put_item(Item=item)
            for one in extra:
                batch.delete_item(Key=dict(one))


def _items(table: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - boto3 makes its classes at run time
    paginator = table.meta.client.get_paginator("scan")
    for page in paginator.paginate(TableName=table.name, ConsistentRead=True):
        yield from page["Items"]


def _key(table: Any, item: dict[str, Any]) -> tuple[tuple[str, Any], ...]:  # noqa: ANN401 - as above
    return tuple((part["AttributeName"], item[part["AttributeName"]]) for part in table.key_schema)


if __name__ == "__main__":
    main()
