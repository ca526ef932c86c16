"""What the tests of containers and of Spark read of the templates."""

from tests.infra.assembly import STACKS
from tests.permissions.grants import plain, read
from tests.permissions.templates import Texts


def container(assembly):
    [definition] = assembly.properties("Batch::JobDefinition")
    return definition["ContainerProperties"]


def variables(assembly):
    """The variables of a container, as the templates write them."""
    return {each["Name"]: each["Value"] for each in container(assembly)["Environment"]}


def tasks(assembly):
    [function] = [one for one in assembly.properties("Lambda::Function") if one["FunctionName"] == "tastemaker-tasks"]
    return function


def kinds(assembly):
    return {one["Type"] for stack in STACKS for one in assembly.template(stack)["Resources"].values()}


def granted(assembly):
    """Every action on every resource that a role is granted."""
    texts = Texts(read(assembly.folder))
    return {
        (action, plain(texts.of(resource)))
        for statement in assembly.statements()
        for action in statement["Action"]
        for resource in statement["Resource"]
    }
