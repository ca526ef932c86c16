"""How resources are called: in ARNs, and in the members that hold those."""

# What every ARN of a test's account begins with; of a resource that is looked for, it may be nowhere.
HOME = NOWHERE = "arn:aws:personalize:us-east-1:123456789012:"
RECIPES = "arn:aws:personalize:::recipe/"


def kind_of(arn: str) -> str:
    parts = arn.split(":", 5)[-1].split("/")
    return "solution-version" if parts[0] == "solution" and len(parts) > 2 else parts[0]


def camel(kind: str) -> str:
    first, *others = kind.split("-")
    return first + "".join(map(str.title, others))
