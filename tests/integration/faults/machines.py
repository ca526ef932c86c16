"""The machines whose calls are made to fail."""

from itertools import product

from tests.integration.faults import datasets, models, stacks
from tests.integration.faults.datasets import FEW, ITEM, MORE, csv, imports
from tests.integration.faults.machine import OLD, Machine, asked_next, described
from tests.integration.faults.models import CAMPAIGN, LATER, RECOMMENDER
from tests.integration.faults.stage import HOME

_AFFINITY = "arn:aws:personalize:::recipe/aws-item-affinity"

MACHINES = {
    "import-full": imports("FULL", old=FEW, new=MORE),
    "import-incremental": imports(
        "INCREMENTAL",
        type_="Items",
        fields=ITEM,
        old=csv(ITEM, [(f"i{n}", n) for n in range(20)]),
        new=csv(ITEM, [(f"i{n}", -n) for n in range(10, 30)]),
    ),
    "import-large": imports("FULL", old=FEW, new=datasets.large, cases="Part"),
    "import-refused": imports("FULL", old=FEW, new=MORE + "u1,i1,tomorrow\n", fails=True),
    "training": Machine(
        ask=models.train,
        told=models.version,
        seen=models.metrics,
        further=asked_next(models.train),
        prepare=models.solution,
    ),
    "campaign": Machine(
        ask=models.deploy,
        told=described("describe_campaign", "campaign", CAMPAIGN),
        seen=models.answers(campaignArn=CAMPAIGN),
        further=models.made_again(models.deploy, models.without("campaign", "campaign", CAMPAIGN)),
        prepare=models.trained,
    ),
    "campaign-update": Machine(
        ask=models.update,
        told=models.updated,
        seen=models.served,
        further=asked_next(models.update),
        prepare=models.two_versions,
        files={"first": OLD, "later": LATER},
    ),
    "recommender": Machine(
        ask=models.recommend,
        told=described("describe_recommender", "recommender", RECOMMENDER),
        seen=models.answers(recommenderArn=RECOMMENDER),
        further=models.made_again(models.recommend, models.without("recommender", "recommender", RECOMMENDER)),
        fields=models.WATCHED,
        files={"first": models.WATCHING},
        domain="VIDEO_ON_DEMAND",
    ),
    "deletion": Machine(
        ask=datasets.delete_users,
        told=described("describe_data_deletion_job", "dataDeletionJob", f"{HOME}:data-deletion-job/{{}}"),
        seen=datasets.users,
        further=asked_next(datasets.delete_users),
        prepare=datasets.record,
        left=datasets.unread,
        # Users may have left their dataset, and their events not yet.
        after_failure=lambda *both: list(product(*zip(*both, strict=True))),
        files={"first": OLD, "gone": "USER_ID\nreader-1\nreader-5\n"},
    ),
    "export": Machine(
        ask=datasets.export,
        told=described("describe_dataset_export_job", "datasetExportJob", f"{HOME}:dataset-export-job/{{}}"),
        seen=datasets.files,
        further=asked_next(datasets.export),
        prepare=datasets.record,
        after_failure=lambda before, after: [before, after],
    ),
    "batch": Machine(
        ask=models.batch,
        told=described("describe_batch_inference_job", "batchInferenceJob", f"{HOME}:batch-inference-job/{{}}"),
        seen=datasets.files,
        further=asked_next(models.batch),
        prepare=models.trained,
        left=models.desks,
        after_failure=lambda before, after: [before, after],
        files={"first": OLD, "questions": "".join(f'{{"userId": "reader-{n}"}}\n' for n in range(20))},
    ),
    "segments": Machine(
        ask=models.segment,
        told=described("describe_batch_segment_job", "batchSegmentJob", f"{HOME}:batch-segment-job/{{}}"),
        seen=datasets.files,
        further=asked_next(models.segment),
        prepare=models.trained,
        left=models.desks,
        after_failure=lambda before, after: [before, after],
        files={"first": OLD, "questions": "".join(f'{{"itemId": "book-0-{n}"}}\n' for n in range(5))},
        recipe=_AFFINITY,
    ),
    "schedule": Machine(
        ask=models.look,
        told=models.looked,
        seen=models.newest,
        further=models.look_again,
        prepare=models.due,
        by_looks=True,
        after_failure=models.begun,
        files={"first": OLD, "later": LATER},
    ),
    "lifecycle": Machine(
        ask=datasets.remove,
        told=datasets.removed,
        seen=datasets.contents,
        further=datasets.refill,
        prepare=datasets.record_alone,
        after_failure=datasets.partly,
        files={"first": OLD, "further": OLD},
    ),
    "provider": Machine(
        ask=stacks.create,
        told=stacks.answered,
        seen=stacks.groups,
        further=stacks.delete,
        waits=True,
        # CloudFormation deletes what it was told has failed.
        after_failure=lambda before, after: [before, after, [*before, (stacks.NAME, "CREATE FAILED")]],
    ),
}
