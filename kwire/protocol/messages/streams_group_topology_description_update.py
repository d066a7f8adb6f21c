"""StreamsGroupTopologyDescriptionUpdate, API key 93.

Generated from protocol_specs/93_streams_group_topology_description_update.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, Message, Struct


class TopologyDescription(Struct):
    """Shared by the structs of StreamsGroupTopologyDescriptionUpdateRequest."""

    __slots__ = (
        "subtopologies",
        "global_stores",
    )
    FIELDS = (
        "Subtopologies []TopologyDescriptionSubtopology 0+",
        "GlobalStores []TopologyDescriptionGlobalStore 0+",
    )

    def __init__(
        self,
        subtopologies: list[TopologyDescriptionSubtopology] = DEFAULT,
        global_stores: list[TopologyDescriptionGlobalStore] = DEFAULT,
    ) -> None:
        self.subtopologies = [] if subtopologies is DEFAULT else subtopologies
        self.global_stores = [] if global_stores is DEFAULT else global_stores


class TopologyDescriptionSubtopology(Struct):
    """Shared by the structs of StreamsGroupTopologyDescriptionUpdateRequest."""

    __slots__ = (
        "subtopology_id",
        "nodes",
    )
    FIELDS = (
        "SubtopologyId string 0+",
        "Nodes []TopologyDescriptionNode 0+",
    )

    def __init__(
        self,
        subtopology_id: str = "",
        nodes: list[TopologyDescriptionNode] = DEFAULT,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.nodes = [] if nodes is DEFAULT else nodes


class TopologyDescriptionNode(Struct):
    """Shared by the structs of StreamsGroupTopologyDescriptionUpdateRequest."""

    __slots__ = (
        "name",
        "node_type",
        "source_topics",
        "sink_topic",
        "stores",
        "successors",
    )
    FIELDS = (
        "Name string 0+",
        "NodeType int8 0+",
        "SourceTopics []string 0+",
        "SinkTopic string 0+ nullable 0+ = null",
        "Stores []string 0+",
        "Successors []string 0+",
    )

    def __init__(
        self,
        name: str = "",
        node_type: int = 0,
        source_topics: list[str] = DEFAULT,
        sink_topic: str | None = None,
        stores: list[str] = DEFAULT,
        successors: list[str] = DEFAULT,
    ) -> None:
        self.name = name
        self.node_type = node_type
        self.source_topics = [] if source_topics is DEFAULT else source_topics
        self.sink_topic = sink_topic
        self.stores = [] if stores is DEFAULT else stores
        self.successors = [] if successors is DEFAULT else successors


class TopologyDescriptionGlobalStore(Struct):
    """Shared by the structs of StreamsGroupTopologyDescriptionUpdateRequest."""

    __slots__ = (
        "source",
        "processor",
    )
    FIELDS = (
        "Source TopologyDescriptionNode 0+",
        "Processor TopologyDescriptionNode 0+",
    )

    def __init__(
        self,
        source: TopologyDescriptionNode = DEFAULT,
        processor: TopologyDescriptionNode = DEFAULT,
    ) -> None:
        self.source = TopologyDescriptionNode() if source is DEFAULT else source
        self.processor = TopologyDescriptionNode() if processor is DEFAULT else processor


class StreamsGroupTopologyDescriptionUpdateRequest(Message):
    """Request, versions 0 to 0."""

    __slots__ = (
        "group_id",
        "member_id",
        "topology_epoch",
        "topology_description",
    )
    API_KEY = 93
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "GroupId string 0+",
        "MemberId string 0+",
        "TopologyEpoch int32 0+",
        "TopologyDescription TopologyDescription 0+",
    )

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
        topology_epoch: int = 0,
        topology_description: TopologyDescription = DEFAULT,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        self.topology_epoch = topology_epoch
        self.topology_description = TopologyDescription() if topology_description is DEFAULT else topology_description


class StreamsGroupTopologyDescriptionUpdateResponse(Message):
    """Response, versions 0 to 0."""

    __slots__ = (
        "throttle_time_ms",
        "error_code",
        "error_message",
    )
    API_KEY = 93
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ThrottleTimeMs int32 0+",
        "ErrorCode int16 0+",
        "ErrorMessage string 0+ nullable 0+ = null",
    )

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
    ) -> None:
        # the client should stay silent so long
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
