"""The rows of jobs, metric attributions and of what is put one by one; and all rows together."""

from tests.unit.operations.matrix.furniture import METRIC, OUTPUT, ROLE, SOURCE
from tests.unit.operations.matrix.rows import (
    ANY,
    CONTROL_ROWS,
    GOING,
    II,
    PENDING,
    RIU,
    STATED,
    TAGS,
    Row,
    described,
    listed,
)

_JOB = {"jobName": "new", "roleArn": ROLE, "tags": TAGS}
_BATCH = {
    **_JOB,
    "solutionVersionArn": "@solution-version",
    "filterArn": "@shop-filter",
    "numResults": 5,
    "jobInput": {"s3DataSource": {"path": "s3://bucket/in/"}},
    "jobOutput": OUTPUT,
}
_ITEM = {"itemId": "i1", "properties": '{"genre": "a"}'}
_USER = {"userId": "u1", "properties": '{"age": 30}'}
_ACTION = {"actionId": "a1", "properties": '{"topic": "news"}'}
_EVENT = {"eventType": "watch", "itemId": "i1", "sentAt": 1_750_000_000}
_TAKEN = {"actionId": "a1", "userId": "u1", "sessionId": "s", "timestamp": 1_750_000_000, "eventType": "TAKEN"}
_BATCH_SHOWS = "jobName solutionVersionArn numResults jobInput jobOutput roleArn"
_CHANGING = dict.fromkeys((PENDING, GOING), RIU)

_JOB_ROWS = {
    # Exports and deletions of users
    "create_dataset_export_job": Row(
        {**_JOB, "datasetArn": "@shop-items", "ingestionMode": "ALL", "jobOutput": OUTPUT}, "datasetExportJobArn"
    ),
    "describe_dataset_export_job": described(
        "datasetExportJob", "export", "jobName datasetArn ingestionMode roleArn jobOutput" + STATED
    ),
    "list_dataset_export_jobs": listed("datasetExportJobArn jobName" + STATED, datasetArn="@shop-items"),
    "create_data_deletion_job": Row({**_JOB, "datasetGroupArn": "@shop", "dataSource": SOURCE}, "dataDeletionJobArn"),
    "describe_data_deletion_job": described(
        "dataDeletionJob", "deletion", "jobName datasetGroupArn dataSource roleArn" + STATED
    ),
    "list_data_deletion_jobs": listed(
        "dataDeletionJobArn datasetGroupArn jobName" + STATED, datasetGroupArn="@closing"
    ),
    # Batch jobs
    "create_batch_inference_job": Row(_BATCH, "batchInferenceJobArn", states={"filterArn": ANY}),
    "describe_batch_inference_job": described(
        "batchInferenceJob", "batch", "batchInferenceJobMode " + _BATCH_SHOWS + STATED
    ),
    "list_batch_inference_jobs": listed(
        "batchInferenceJobArn jobName solutionVersionArn batchInferenceJobMode" + STATED,
        solutionVersionArn="@solution-version",
    ),
    "create_batch_segment_job": Row(
        {**_BATCH, "solutionVersionArn": "@segments-version", "filterArn": "@users-filter"},
        "batchSegmentJobArn",
        states={"filterArn": ANY},
    ),
    "describe_batch_segment_job": described("batchSegmentJob", "segment", _BATCH_SHOWS + STATED),
    "list_batch_segment_jobs": listed(
        "batchSegmentJobArn jobName solutionVersionArn" + STATED, solutionVersionArn="@segments-version"
    ),
    # Metric attributions
    "create_metric_attribution": Row(
        {"name": "new", "datasetGroupArn": "@shop", "metrics": [METRIC], "metricsOutputConfig": {"roleArn": ROLE}},
        "metricAttributionArn",
    ),
    "describe_metric_attribution": described(
        "metricAttribution", "attribution", "name datasetGroupArn metricsOutputConfig" + STATED
    ),
    "list_metric_attributions": listed("name metricAttributionArn" + STATED, datasetGroupArn="@films"),
    "list_metric_attribution_metrics": Row(
        {"metricAttributionArn": "@attribution"},
        "eventType metricName expression",
        missing={"metricAttributionArn": II},  # ResourceNotFoundException is not modelled
    ),
    "update_metric_attribution": Row(
        {"metricAttributionArn": "@attribution", "addMetrics": [{**METRIC, "metricName": "more"}]},
        "metricAttributionArn",
    ),
    "delete_metric_attribution": Row({"metricAttributionArn": "@attribution"}),
    "get_attribution_figures": Row(
        {"metricAttributionArn": "@attribution"}, "metricAttributionArn countedUntil figures"
    ),
    # What is put one by one
    "put_events": Row(
        {
            "trackingId": "@shop-tracker-id",
            "userId": "u1",
            "sessionId": "s",
            "eventList": [_EVENT],
        }
    ),
    "put_items": Row({"datasetArn": "@shop-items", "items": [_ITEM]}, states={"datasetArn": ANY}),
    "put_users": Row({"datasetArn": "@shop-users", "users": [_USER]}, states={"datasetArn": ANY}),
    "put_actions": Row({"datasetArn": "@shop-actions", "actions": [_ACTION]}, states={"datasetArn": ANY}),
    "put_action_interactions": Row({"trackingId": "@taken-actions-id", "actionInteractions": [_TAKEN]}),
}
ROWS = {**CONTROL_ROWS, **_JOB_ROWS}
