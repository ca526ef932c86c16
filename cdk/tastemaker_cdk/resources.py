"""Ten kinds of resource, written by `python -m tastemaker_cdk.generation`."""

from typing import Unpack

from constructs import Construct

from tastemaker_cdk.resource import Arn, Options, Resource, Structure, tag_list


class DatasetGroup(Resource):
    """A dataset group, as CreateDatasetGroup makes it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str | None = None,
        role_arn: Arn | None = None,
        kms_key_arn: Arn | None = None,
        domain: str | None = None,
        tags: dict[str, str] | None = None,
        **options: Unpack[Options],
    ) -> None:
        properties = {
            "Name": name,
            "RoleArn": role_arn,
            "KmsKeyArn": kms_key_arn,
            "Domain": domain,
            "Tags": tag_list(tags),
        }
        super().__init__(scope, construct_id, "DatasetGroup", properties, options)


class Schema(Resource):
    """A schema, as CreateSchema makes it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        schema: str,
        name: str | None = None,
        domain: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        properties = {
            "Name": name,
            "Schema": schema,
            "Domain": domain,
        }
        super().__init__(scope, construct_id, "Schema", properties, options)


class Dataset(Resource):
    """A dataset, as CreateDataset makes it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        schema_arn: Arn,
        dataset_group_arn: Arn,
        dataset_type: str,
        name: str | None = None,
        tags: dict[str, str] | None = None,
        **options: Unpack[Options],
    ) -> None:
        properties = {
            "Name": name,
            "SchemaArn": schema_arn,
            "DatasetGroupArn": dataset_group_arn,
            "DatasetType": dataset_type,
            "Tags": tag_list(tags),
        }
        super().__init__(scope, construct_id, "Dataset", properties, options)


class DatasetImportJob(Resource):
    """A dataset import job, as CreateDatasetImportJob makes it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset_arn: Arn,
        data_source: Structure,
        job_name: str | None = None,
        role_arn: Arn | None = None,
        tags: dict[str, str] | None = None,
        import_mode: str | None = None,
        publish_attribution_metrics_to_s3: bool | None = None,
        **options: Unpack[Options],
    ) -> None:
        properties = {
            "JobName": job_name,
            "DatasetArn": dataset_arn,
            "DataSource": data_source,
            "RoleArn": role_arn,
            "Tags": tag_list(tags),
            "ImportMode": import_mode,
            "PublishAttributionMetricsToS3": publish_attribution_metrics_to_s3,
        }
        super().__init__(scope, construct_id, "DatasetImportJob", properties, options)


class Solution(Resource):
    """A solution, as CreateSolution makes it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset_group_arn: Arn,
        name: str | None = None,
        perform_hpo: bool | None = None,
        perform_auto_ml: bool | None = None,
        perform_auto_training: bool | None = None,
        perform_incremental_update: bool | None = None,
        recipe_arn: Arn | None = None,
        event_type: str | None = None,
        solution_config: Structure | None = None,
        tags: dict[str, str] | None = None,
        **options: Unpack[Options],
    ) -> None:
        properties = {
            "Name": name,
            "PerformHPO": perform_hpo,
            "PerformAutoML": perform_auto_ml,
            "PerformAutoTraining": perform_auto_training,
            "PerformIncrementalUpdate": perform_incremental_update,
            "RecipeArn": recipe_arn,
            "DatasetGroupArn": dataset_group_arn,
            "EventType": event_type,
            "SolutionConfig": solution_config,
            "Tags": tag_list(tags),
        }
        super().__init__(scope, construct_id, "Solution", properties, options)


class SolutionVersion(Resource):
    """A solution version, as CreateSolutionVersion makes it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        solution_arn: Arn,
        name: str | None = None,
        training_mode: str | None = None,
        tags: dict[str, str] | None = None,
        **options: Unpack[Options],
    ) -> None:
        properties = {
            "Name": name,
            "SolutionArn": solution_arn,
            "TrainingMode": training_mode,
            "Tags": tag_list(tags),
        }
        super().__init__(scope, construct_id, "SolutionVersion", properties, options)


class Campaign(Resource):
    """A campaign, as CreateCampaign makes it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        solution_version_arn: Arn,
        name: str | None = None,
        min_provisioned_tps: int | None = None,
        campaign_config: Structure | None = None,
        tags: dict[str, str] | None = None,
        **options: Unpack[Options],
    ) -> None:
        properties = {
            "Name": name,
            "SolutionVersionArn": solution_version_arn,
            "MinProvisionedTPS": min_provisioned_tps,
            "CampaignConfig": campaign_config,
            "Tags": tag_list(tags),
        }
        super().__init__(scope, construct_id, "Campaign", properties, options)


class Recommender(Resource):
    """A recommender, as CreateRecommender makes it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset_group_arn: Arn,
        recipe_arn: Arn,
        name: str | None = None,
        recommender_config: Structure | None = None,
        tags: dict[str, str] | None = None,
        **options: Unpack[Options],
    ) -> None:
        properties = {
            "Name": name,
            "DatasetGroupArn": dataset_group_arn,
            "RecipeArn": recipe_arn,
            "RecommenderConfig": recommender_config,
            "Tags": tag_list(tags),
        }
        super().__init__(scope, construct_id, "Recommender", properties, options)


class Filter(Resource):
    """A filter, as CreateFilter makes it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset_group_arn: Arn,
        filter_expression: str,
        name: str | None = None,
        tags: dict[str, str] | None = None,
        **options: Unpack[Options],
    ) -> None:
        properties = {
            "Name": name,
            "DatasetGroupArn": dataset_group_arn,
            "FilterExpression": filter_expression,
            "Tags": tag_list(tags),
        }
        super().__init__(scope, construct_id, "Filter", properties, options)


class EventTracker(Resource):
    """An event tracker, as CreateEventTracker makes it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset_group_arn: Arn,
        name: str | None = None,
        tags: dict[str, str] | None = None,
        **options: Unpack[Options],
    ) -> None:
        properties = {
            "Name": name,
            "DatasetGroupArn": dataset_group_arn,
            "Tags": tag_list(tags),
        }
        super().__init__(scope, construct_id, "EventTracker", properties, options)
