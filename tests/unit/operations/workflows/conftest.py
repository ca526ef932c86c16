"""Fixtures of the tests of workflows."""

import json

import pytest


@pytest.fixture
def group(build):
    """A dataset group with the interactions of users who have tastes."""
    return build.stocked()


@pytest.fixture
def add(world, build):
    """Adds a dataset of a domain group."""

    def added(group: str, type_: str, fields: list) -> str:
        schema = {"type": "record", "name": type_, "namespace": "com.amazonaws.personalize.schema", "fields": fields}
        text = json.dumps({**schema, "version": "1.0"})
        made = build.client.create_schema(name=build.name(), schema=text, domain="VIDEO_ON_DEMAND")
        arn = build.client.create_dataset(
            name=build.name(), datasetGroupArn=group, datasetType=type_, schemaArn=made["schemaArn"]
        )["datasetArn"]
        world.run()
        return arn

    return added
