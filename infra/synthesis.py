"""Puts the app together: settings from context, two stacks, nag."""

import json
from collections.abc import Mapping

from aws_cdk import App, Aspects

from infra.nag import add_nag
from infra.own_key import UnderKey
from infra.service_stack import ServiceStack
from infra.settings import Settings
from infra.state_stack import StateStack
from infra.target import ROOT


def new_app(*, context: Mapping[str, object] | None = None, outdir: str | None = None) -> App:
    """Return the whole app; context given here yields to what the CDK CLI or CDK_CONTEXT_JSON passes."""
    app = App(analytics_reporting=False, context=_feature_flags() | dict(context or {}), outdir=outdir)
    settings = Settings.from_context(app)
    names, containers = settings.names, settings.containers
    state = StateStack(app, names.stack("State"), names=names, containers=containers)
    service = ServiceStack(app, names.stack("Service"), settings=settings, state=state)
    service.add_stack_dependency(state)
    if settings.kms_key_arn:
        Aspects.of(app).add(UnderKey(settings.kms_key_arn))
    add_nag(app)
    return app


def _feature_flags() -> dict[str, object]:
    # The CLI passes these on; reading them here makes `python app.py` write the same templates without it.
    flags: dict[str, object] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return flags
