"""What AlterConfigs and IncrementalAlterConfigs share: resources are decided one by one and written all at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol, TypeVar

from kwire.protocol.errors import ApiError, ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kwire.api.context import RequestContext
    from kwire.protocol.messages.records.cluster_metadata import ConfigRecord


class AlteredResource(Protocol):
    """A resource of either request."""

    resource_type: int
    resource_name: str


R = TypeVar("R", bound=AlteredResource)


async def alter(
    resources: Sequence[R],
    decide: Callable[[R], list[ConfigRecord]],
    context: RequestContext,
    *,
    validate_only: bool,
) -> list[ApiError | None]:
    """The error of each resource, in order; the resources without one are altered, unless validate_only."""
    times = Counter((each.resource_type, each.resource_name) for each in resources)
    records: list[ConfigRecord] = []
    errors: list[ApiError | None] = []
    for resource in resources:
        if times[resource.resource_type, resource.resource_name] > 1:
            errors.append(ApiError(ErrorCode.INVALID_REQUEST, "Each resource must appear at most once."))
            continue
        try:
            records += decide(resource)
        except ApiError as error:
            errors.append(error)
        else:
            errors.append(None)
    if records and not validate_only:
        try:
            await context.broker.cluster.controller.write(records)
        except ApiError as unwritten:
            return [error or unwritten for error in errors]
    return errors
