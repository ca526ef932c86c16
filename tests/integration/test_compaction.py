"""Recorded events move into files through the deployed rule, under the task function's own role, and are trained on."""

from tastemaker.store.schema import EVENTS
from tests.processes import until

DATA = "tastemaker-data-123456789012-us-east-1"


def test_events_leave_the_table_and_a_model_learns_them_from_files(client, tastemaker, look):
    group = client.group()
    client.dataset(group)
    tracker = client.personalize.create_event_tracker(name="live", datasetGroupArn=group)
    client.settled("eventTracker", tracker["eventTrackerArn"])
    for user in range(60):
        for begin in (0, 10):
            events = [
                {"eventType": "read", "sentAt": 1_700_000_000 + step, "itemId": f"book-{user % 2}-{(step + user) % 25}"}
                for step in range(begin, begin + 10)
            ]
            client.events.put_events(
                trackingId=tracker["trackingId"], sessionId=f"s{user}", userId=f"reader-{user}", eventList=events
            )
    table, machines = tastemaker.client("dynamodb"), tastemaker.client("stepfunctions")
    schedule = "arn:aws:states:us-east-1:123456789012:stateMachine:tastemaker-schedule"
    for _ in range(2):  # one writes the files, one forgets what they have
        look()
        until(lambda: not machines.list_executions(stateMachineArn=schedule, statusFilter="RUNNING")["executions"])
    assert table.scan(TableName=EVENTS.name, Select="COUNT")["Count"] == 0

    campaign = client.campaign(group)
    files = client.s3.list_objects_v2(Bucket=DATA, Prefix="recorded/library/INTERACTIONS/")["Contents"]
    assert {each["Key"].rpartition(".")[2] for each in files} == {"json", "parquet"}
    assert {book.rpartition("-")[0] for book in client.books(campaign, "reader-1")[:3]} == {"book-1"}
