"""What can go wrong, one class per error the service models name; only `wire/service.py` catches them."""


class ServiceError(Exception):
    """An answer to the caller: `code` is the error's name on the wire, the message says what to change."""

    code = "InternalServerException"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(ServiceError):
    """A value is wrong, or does not fit what it is used for."""

    code = "InvalidInputException"


class OtherFormat(InvalidInput):
    """A model is of a format that this release does not read; another release of the service may."""

    def __init__(self, message: str, stored: int) -> None:
        super().__init__(message)
        self.stored = stored


class KeyUnusable(InvalidInput):
    """A dataset group's KMS key, or the right to use it, is not there; a job fails with the same words."""


class ResourceNotFound(ServiceError):
    """No resource has this ARN."""

    code = "ResourceNotFoundException"


class ResourceAlreadyExists(ServiceError):
    """Another resource has this ARN."""

    code = "ResourceAlreadyExistsException"


class ResourceInUse(ServiceError):
    """The resource's state, or something that depends on it, forbids this."""

    code = "ResourceInUseException"


class LimitExceeded(ServiceError):
    """A quota is used up."""

    code = "LimitExceededException"


class TooManyTags(ServiceError):
    """More than 50 tags on one resource."""

    code = "TooManyTagsException"


class TooManyTagKeys(ServiceError):
    """More than 50 tag keys in one request."""

    code = "TooManyTagKeysException"


class InvalidNextToken(ServiceError):
    """A page token that this query did not give out."""

    code = "InvalidNextTokenException"


class InternalServer(ServiceError):
    """Our own fault; the log has the trace, the caller gets the request id."""


class JobFailed(Exception):
    """A workflow step cannot go on; the message becomes the resource's `failureReason`."""


class JobOutgrown(JobFailed):
    """A step takes more memory, disk or time than there is where it runs; it may go on where there is more."""


class JobStopped(Exception):
    """A workflow step noticed that its resource was stopped or deleted meanwhile."""


class RoleNotTrusted(PermissionError):
    """A caller's role does not let this service assume it; the message says so, and what its trust policy must name."""


class Refused(Exception):
    """Our own API, called as a client, does not do what it was asked; the message is the API's."""

    def __init__(self, code: str, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.code = code
        # Whether the same call may be accepted later: something else is in use, or too much is asked at once.
        self.passing = passing
