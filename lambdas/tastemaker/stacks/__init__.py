"""CloudFormation's custom resources of ours: what a template asks for, made by our own API, one look after another."""
