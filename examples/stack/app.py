"""A stack from a dataset group to a campaign: `cdk deploy` on AWS, or `python app.py` and boto3 for local mode.

Its parameters are where the CSV file lies and the role that may read it. `-c training=2` trains anew and lets the
campaign serve that version; `-c event=buy` replaces the filter.
"""

import json

from aws_cdk import App, CfnOutput, CfnParameter, Stack
from constructs import Construct

from tastemaker_cdk import (
    Campaign,
    Dataset,
    DatasetGroup,
    DatasetImportJob,
    EventTracker,
    Filter,
    Schema,
    Solution,
    SolutionVersion,
)

FIELDS = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
]
INTERACTIONS = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": FIELDS,
    "version": "1.0",
}


class ShopStack(Stack):
    """What a shop recommends from: its data, a trained model and what serves it."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id, description="An example of Tastemaker's constructs")
        training = self.node.try_get_context("training") or "1"
        event = self.node.try_get_context("event") or "read"

        group = DatasetGroup(self, "Group", name="shop", tags={"part": "recommendations"})
        schema = Schema(self, "Schema", schema=json.dumps(INTERACTIONS))
        dataset = Dataset(
            self,
            "Interactions",
            name="interactions",
            dataset_group_arn=group,
            schema_arn=schema,
            dataset_type="Interactions",
        )
        imported = DatasetImportJob(
            self,
            "Import",
            dataset_arn=dataset,
            data_source={"dataLocation": CfnParameter(self, "DataLocation").value_as_string},
            role_arn=CfnParameter(self, "RoleArn").value_as_string,
        )
        solution = Solution(
            self,
            "Solution",
            dataset_group_arn=group,
            recipe_arn="arn:aws:personalize:::recipe/aws-user-personalization-v2",
            perform_auto_training=False,
        )
        solution.node.add_dependency(dataset)
        version = SolutionVersion(self, "Version", name=f"training-{training}", solution_arn=solution)
        version.node.add_dependency(imported)
        campaign = Campaign(self, "Campaign", solution_version_arn=version, min_provisioned_tps=1)
        words = f'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("{event}")'
        seen = Filter(self, "Seen", dataset_group_arn=group, filter_expression=words)
        tracker = EventTracker(self, "Tracker", name="clicks", dataset_group_arn=group)
        for needs_data in (seen, tracker):
            needs_data.node.add_dependency(dataset)

        CfnOutput(self, "CampaignArn", value=campaign.arn)
        CfnOutput(self, "SolutionVersionArn", value=version.arn)
        CfnOutput(self, "FilterArn", value=seen.arn)
        CfnOutput(self, "TrackingId", value=tracker.attribute("TrackingId"))


if __name__ == "__main__":
    app = App()
    ShopStack(app, "TastemakerShop")
    app.synth()
