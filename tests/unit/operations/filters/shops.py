"""What the shop of the tests of filters begins with."""

from tests.unit.operations.purchases import EVENT_TYPE, ITEM_FIELDS, interactions, items


def empty(build, personalize):
    """Make a dataset group with all three datasets, nothing imported."""
    arn = build.group()
    for type_, fields in (("Interactions", (EVENT_TYPE,)), ("Items", ITEM_FIELDS), ("Users", ())):
        schema = build.schema(type_, *fields)
        personalize.create_dataset(name=build.name(), datasetGroupArn=arn, datasetType=type_, schemaArn=schema)
        build.world.run()
    return arn


def stocked(build, personalize, group):
    """Import the group's data, and make an event tracker; return its id."""
    texts = {"INTERACTIONS": interactions(), "ITEMS": items(), "USERS": "USER_ID,AGE\nu0,10\nu1,30\n"}
    for dataset in personalize.list_datasets(datasetGroupArn=group)["datasets"]:
        build.imported(dataset["datasetArn"], texts[dataset["datasetType"]])
    tracker = personalize.create_event_tracker(name="t", datasetGroupArn=group)["trackingId"]
    build.world.run()
    return tracker
