"""What AlterConfigs and IncrementalAlterConfigs share: resources are decided one by one and written all at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from kwire.protocol.errors import ApiError, ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kwire.api.context import RequestContext
    from kwire.broker.config_changes import Resource
    from kwire.broker.configs import Configs
    from kwire.broker.metadata import MetadataImage
    from kwire.protocol.messages.records.cluster_metadata import ConfigRecord

AlterableConfig = TypeVar("AlterableConfig")
Change = TypeVar("Change")
Decided_contra = TypeVar("Decided_contra", contravariant=True)


class AlteredResource(Protocol[AlterableConfig]):
    """A resource of either request."""

    resource_type: int
    resource_name: str
    configs: list[AlterableConfig]


class Decide(Protocol[Decided_contra]):
    """Either request's decision in broker.config_changes."""

    def __call__(
        self,
        resource: Resource,
        changes: Sequence[Decided_contra],
        /,
        *,
        node_id: int,
        image: MetadataImage,
        configs: Configs,
    ) -> list[ConfigRecord]:
        """The records that make these changes."""
        ...


class Outcome(NamedTuple):
    """A resource's row of either response, in its fields' order."""

    error_code: int
    error_message: str | None
    resource_type: int
    resource_name: str


async def alter(
    resources: Sequence[AlteredResource[AlterableConfig]],
    change: Callable[[AlterableConfig], Change],
    decide: Decide[Change],
    context: RequestContext,
    *,
    validate_only: bool,
) -> list[Outcome]:
    """The row of each resource, in order; the resources without an error are altered, unless validate_only."""
    cluster = context.cluster
    times = Counter(map(_key, resources))
    records: list[ConfigRecord] = []
    errors: list[ApiError | None] = []
    for resource in resources:
        if times[_key(resource)] > 1:
            errors.append(ApiError(ErrorCode.INVALID_REQUEST, "Each resource must appear at most once."))
            continue
        try:
            records += decide(
                _key(resource),
                [change(each) for each in resource.configs],
                node_id=context.broker.node_id,
                image=cluster.image,
                configs=cluster.configs,
            )
        except ApiError as error:
            errors.append(error)
        else:
            errors.append(None)
    if records and not validate_only:
        try:
            await cluster.controller.write(records)
        except ApiError as unwritten:
            errors = [error or unwritten for error in errors]
    return [
        Outcome(ErrorCode.NONE if error is None else error.code, None if error is None else error.message, *_key(each))
        for each, error in zip(resources, errors, strict=True)
    ]


def _key(resource: AlteredResource[AlterableConfig]) -> Resource:
    return resource.resource_type, resource.resource_name
