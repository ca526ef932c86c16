"""What a user feels, watched: failed and slow answers, failed work, refused calls, late news; and a page of it."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.settings import Settings

_PERIOD = Duration.minutes(5)
_LATE = Duration.minutes(5).to_milliseconds()


class Monitoring(Construct):
    """Five alarms, and a dashboard where the settings ask for one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        rest_api: apigateway.RestApi,
        functions: Mapping[str, lambda_.Function],
        machines: Mapping[str, sfn.StateMachine],
        announcements: lambda_.IFunction,
        settings: Settings,
    ) -> None:
        super().__init__(scope, construct_id)
        server_errors = rest_api.metric_server_error(period=_PERIOD, statistic="Sum")
        # Of the function: the gateway's own latency by route would cost a custom metric for each route.
        latency = functions["runtime"].metric_duration(period=_PERIOD, statistic="p99")
        failures = _sum("failed workflows", {name: one.metric_failed() for name, one in machines.items()})
        throttles = _sum("throttled invocations", {name: one.metric_throttles() for name, one in functions.items()})
        # A batch that fails is tried until it is taken, and grows old meanwhile: its age tells of failures, too.
        age = announcements.metric("IteratorAge", period=_PERIOD, statistic="Maximum")
        self._topic = _topic(self, settings.alarm_topic_arn)
        self._alarm("ServerErrors", server_errors, above=0, meaning="The API answered with 5xx")
        self._alarm(
            "SlowAnswers", latency, above=settings.runtime_p99_ms, meaning="Recommendations are slow", periods=3
        )
        self._alarm("FailedWorkflows", failures, above=0, meaning="An import, training or deployment failed")
        self._alarm("Throttles", throttles, above=0, meaning="Lambda refused invocations")
        self._alarm("LateAnnouncements", age, above=_LATE, meaning="Changed statuses are not announced")
        if settings.dashboard:
            requests = rest_api.metric_count(period=_PERIOD, statistic="Sum")
            # Names of dashboards are an account's, not a region's.
            name = settings.names.of(Aws.REGION)
            self._dashboard(name, [requests, server_errors], [latency], [failures, throttles])

    def _alarm(
        self, construct_id: str, metric: cloudwatch.IMetric, *, above: float, meaning: str, periods: int = 1
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            threshold=above,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{meaning}: see docs/runbooks.md#{construct_id.lower()}",
        )
        if self._topic is not None:
            alarm.add_alarm_action(actions.SnsAction(self._topic))

    def _dashboard(self, name: str, *graphs: Sequence[cloudwatch.IMetric]) -> None:
        titles = ("Requests", "Duration of recommendations, p99", "Failures")
        widgets = [
            cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)
            for title, metrics in zip(titles, graphs, strict=True)
        ]
        cloudwatch.Dashboard(self, "Dashboard", dashboard_name=name, widgets=[widgets])


def _topic(scope: Construct, arn: str) -> sns.ITopic | None:
    return sns.Topic.from_topic_arn(scope, "Topic", arn) if arn else None


def _sum(label: str, metrics: Mapping[str, cloudwatch.Metric]) -> cloudwatch.MathExpression:
    """Add metrics up; one that had nothing to tell counts 0, where a plain sum of it would be nothing at all."""
    expression = " + ".join(f"FILL({name}, 0)" for name in metrics)
    return cloudwatch.MathExpression(expression=expression, using_metrics=dict(metrics), label=label, period=_PERIOD)
