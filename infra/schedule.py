"""The rule that has the schedule's state machine look for what is due."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.names import Names

# A training that is due after 40 minutes then starts within the hour that the API promises.
_EVERY = Duration.minutes(15)


class Schedule(Construct):
    """One EventBridge rule, whose role may start this one machine.

    It is there whatever trains by itself: metrics, trends, deployments that follow and lost starts need the look too.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, names: Names, machine: sfn.StateMachine, training: bool
    ) -> None:
        super().__init__(scope, construct_id)
        given = {"day": Duration.days(1).to_seconds(), "training": training}
        events.Rule(
            self,
            "Rule",
            rule_name=names.of("schedule"),
            description="Looks for trainings, retrainings, deployments, trends and metrics whose time has come",
            schedule=events.Schedule.rate(_EVERY),
            targets=[targets.SfnStateMachine(machine, input=events.RuleTargetInput.from_object(given))],
        )
