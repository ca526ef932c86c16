"""The CDK app: `python app.py` writes the templates, and needs no account, Docker, git, network or node of its own."""

from infra.node import choose_node

choose_node()

from infra.synthesis import new_app  # noqa: E402 - importing aws_cdk starts node

if __name__ == "__main__":
    new_app().synth()
