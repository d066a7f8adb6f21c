"""Messages of cluster_metadata.

Generated from protocol_specs/records/cluster_metadata.spec, do not edit.
"""

from __future__ import annotations

from kwire.protocol.schema import DEFAULT, ZERO_UUID, Message, Struct


class BrokerEndpoint(Struct):
    """An element of RegisterBrokerRecord.EndPoints."""

    __slots__ = (
        "name",
        "host",
        "port",
        "security_protocol",
    )
    FIELDS = (
        "Name string 0+",
        "Host string 0+",
        "Port uint16 0+",
        "SecurityProtocol int16 0+",
    )

    def __init__(
        self,
        name: str = "",
        host: str = "",
        port: int = 0,
        security_protocol: int = 0,
    ) -> None:
        self.name = name
        self.host = host
        self.port = port
        # 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL
        self.security_protocol = security_protocol


class BrokerFeature(Struct):
    """An element of RegisterBrokerRecord.Features."""

    __slots__ = (
        "name",
        "min_supported_version",
        "max_supported_version",
    )
    FIELDS = (
        "Name string 0+",
        "MinSupportedVersion int16 0+",
        "MaxSupportedVersion int16 0+",
    )

    def __init__(
        self,
        name: str = "",
        min_supported_version: int = 0,
        max_supported_version: int = 0,
    ) -> None:
        self.name = name
        self.min_supported_version = min_supported_version
        self.max_supported_version = max_supported_version


class RegisterBrokerRecord(Message):
    """Record, versions 0 to 4."""

    __slots__ = (
        "broker_id",
        "is_migrating_zk_broker",
        "incarnation_id",
        "broker_epoch",
        "end_points",
        "features",
        "rack",
        "fenced",
        "in_controlled_shutdown",
        "log_dirs",
        "cordoned_log_dirs",
    )
    API_KEY = 0
    MIN_VERSION = 0
    MAX_VERSION = 4
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "BrokerId int32 0+",
        "IsMigratingZkBroker bool 2+",
        "IncarnationId uuid 0+",
        "BrokerEpoch int64 0+",
        "EndPoints []BrokerEndpoint 0+",
        "Features []BrokerFeature 0+",
        "Rack string 0+ nullable 0+",
        "Fenced bool 0+ = true",
        "InControlledShutdown bool 1+",
        "LogDirs []uuid 3+ tag 0",
        "CordonedLogDirs []uuid 4+ nullable 4+ tag 1 = null",
    )

    def __init__(
        self,
        broker_id: int = 0,
        is_migrating_zk_broker: bool = False,
        incarnation_id: bytes = ZERO_UUID,
        broker_epoch: int = 0,
        end_points: list[BrokerEndpoint] = DEFAULT,
        features: list[BrokerFeature] = DEFAULT,
        rack: str | None = "",
        fenced: bool = True,
        in_controlled_shutdown: bool = False,
        log_dirs: list[bytes] = DEFAULT,
        cordoned_log_dirs: list[bytes] | None = None,
    ) -> None:
        self.broker_id = broker_id
        self.is_migrating_zk_broker = is_migrating_zk_broker
        self.incarnation_id = incarnation_id
        self.broker_epoch = broker_epoch
        self.end_points = [] if end_points is DEFAULT else end_points
        self.features = [] if features is DEFAULT else features
        self.rack = rack
        self.fenced = fenced
        self.in_controlled_shutdown = in_controlled_shutdown
        self.log_dirs = [] if log_dirs is DEFAULT else log_dirs
        self.cordoned_log_dirs = cordoned_log_dirs


class UnregisterBrokerRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "broker_id",
        "broker_epoch",
    )
    API_KEY = 1
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "BrokerId int32 0+",
        "BrokerEpoch int64 0+",
    )

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = 0,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch


class TopicRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "name",
        "topic_id",
    )
    API_KEY = 2
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Name string 0+",
        "TopicId uuid 0+",
    )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
    ) -> None:
        self.name = name
        self.topic_id = topic_id


class PartitionRecord(Message):
    """Record, versions 0 to 2."""

    __slots__ = (
        "partition_id",
        "topic_id",
        "replicas",
        "isr",
        "removing_replicas",
        "adding_replicas",
        "leader",
        "leader_recovery_state",
        "leader_epoch",
        "partition_epoch",
        "directories",
        "eligible_leader_replicas",
        "last_known_elr",
    )
    API_KEY = 3
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "PartitionId int32 0+ = -1",
        "TopicId uuid 0+",
        "Replicas []int32 0+",
        "Isr []int32 0+",
        "RemovingReplicas []int32 0+",
        "AddingReplicas []int32 0+",
        "Leader int32 0+ = -1",
        "LeaderRecoveryState int8 0+ tag 0",
        "LeaderEpoch int32 0+ = -1",
        "PartitionEpoch int32 0+ = -1",
        "Directories []uuid 1+",
        "EligibleLeaderReplicas []int32 2+ nullable 2+ tag 1 = null",
        "LastKnownElr []int32 2+ nullable 2+ tag 2 = null",
    )

    def __init__(
        self,
        partition_id: int = -1,
        topic_id: bytes = ZERO_UUID,
        replicas: list[int] = DEFAULT,
        isr: list[int] = DEFAULT,
        removing_replicas: list[int] = DEFAULT,
        adding_replicas: list[int] = DEFAULT,
        leader: int = -1,
        leader_recovery_state: int = 0,
        leader_epoch: int = -1,
        partition_epoch: int = -1,
        directories: list[bytes] = DEFAULT,
        eligible_leader_replicas: list[int] | None = None,
        last_known_elr: list[int] | None = None,
    ) -> None:
        self.partition_id = partition_id
        self.topic_id = topic_id
        self.replicas = [] if replicas is DEFAULT else replicas
        self.isr = [] if isr is DEFAULT else isr
        self.removing_replicas = [] if removing_replicas is DEFAULT else removing_replicas
        self.adding_replicas = [] if adding_replicas is DEFAULT else adding_replicas
        # -1: none
        self.leader = leader
        # 0: recovered, 1: recovering from an unclean election
        self.leader_recovery_state = leader_recovery_state
        self.leader_epoch = leader_epoch
        self.partition_epoch = partition_epoch
        self.directories = [] if directories is DEFAULT else directories
        self.eligible_leader_replicas = eligible_leader_replicas
        self.last_known_elr = last_known_elr


class ConfigRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "resource_type",
        "resource_name",
        "name",
        "value",
    )
    API_KEY = 4
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ResourceType int8 0+",
        "ResourceName string 0+",
        "Name string 0+",
        "Value string 0+ nullable 0+",
    )

    def __init__(
        self,
        resource_type: int = 0,
        resource_name: str = "",
        name: str = "",
        value: str | None = "",
    ) -> None:
        # 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group
        self.resource_type = resource_type
        self.resource_name = resource_name
        self.name = name
        # null: deleted
        self.value = value


class PartitionChangeRecord(Message):
    """Record, versions 0 to 2."""

    __slots__ = (
        "partition_id",
        "topic_id",
        "isr",
        "leader",
        "replicas",
        "removing_replicas",
        "adding_replicas",
        "leader_recovery_state",
        "directories",
        "eligible_leader_replicas",
        "last_known_elr",
    )
    API_KEY = 5
    MIN_VERSION = 0
    MAX_VERSION = 2
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "PartitionId int32 0+ = -1",
        "TopicId uuid 0+",
        "Isr []int32 0+ nullable 0+ tag 0 = null",
        "Leader int32 0+ tag 1 = -2",
        "Replicas []int32 0+ nullable 0+ tag 2 = null",
        "RemovingReplicas []int32 0+ nullable 0+ tag 3 = null",
        "AddingReplicas []int32 0+ nullable 0+ tag 4 = null",
        "LeaderRecoveryState int8 0+ tag 5 = -1",
        "Directories []uuid 1+ nullable 1+ tag 8 = null",
        "EligibleLeaderReplicas []int32 2+ nullable 2+ tag 6 = null",
        "LastKnownElr []int32 2+ nullable 2+ tag 7 = null",
    )

    def __init__(
        self,
        partition_id: int = -1,
        topic_id: bytes = ZERO_UUID,
        isr: list[int] | None = None,
        leader: int = -2,
        replicas: list[int] | None = None,
        removing_replicas: list[int] | None = None,
        adding_replicas: list[int] | None = None,
        leader_recovery_state: int = -1,
        directories: list[bytes] | None = None,
        eligible_leader_replicas: list[int] | None = None,
        last_known_elr: list[int] | None = None,
    ) -> None:
        self.partition_id = partition_id
        self.topic_id = topic_id
        self.isr = isr
        # -1: none, -2: unchanged
        self.leader = leader
        self.replicas = replicas
        self.removing_replicas = removing_replicas
        self.adding_replicas = adding_replicas
        # 0: recovered, 1: recovering from an unclean election
        self.leader_recovery_state = leader_recovery_state
        self.directories = directories
        self.eligible_leader_replicas = eligible_leader_replicas
        self.last_known_elr = last_known_elr


class FenceBrokerRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "id",
        "epoch",
    )
    API_KEY = 7
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Id int32 0+",
        "Epoch int64 0+",
    )

    def __init__(
        self,
        id: int = 0,
        epoch: int = 0,
    ) -> None:
        self.id = id
        self.epoch = epoch


class UnfenceBrokerRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "id",
        "epoch",
    )
    API_KEY = 8
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Id int32 0+",
        "Epoch int64 0+",
    )

    def __init__(
        self,
        id: int = 0,
        epoch: int = 0,
    ) -> None:
        self.id = id
        self.epoch = epoch


class RemoveTopicRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = ("topic_id",)
    API_KEY = 9
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("TopicId uuid 0+",)

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
    ) -> None:
        self.topic_id = topic_id


class DelegationTokenRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "owner",
        "requester",
        "renewers",
        "issue_timestamp",
        "max_timestamp",
        "expiration_timestamp",
        "token_id",
    )
    API_KEY = 10
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Owner string 0+",
        "Requester string 0+",
        "Renewers []string 0+",
        "IssueTimestamp int64 0+",
        "MaxTimestamp int64 0+",
        "ExpirationTimestamp int64 0+",
        "TokenId string 0+",
    )

    def __init__(
        self,
        owner: str = "",
        requester: str = "",
        renewers: list[str] = DEFAULT,
        issue_timestamp: int = 0,
        max_timestamp: int = 0,
        expiration_timestamp: int = 0,
        token_id: str = "",
    ) -> None:
        self.owner = owner
        self.requester = requester
        self.renewers = [] if renewers is DEFAULT else renewers
        self.issue_timestamp = issue_timestamp
        self.max_timestamp = max_timestamp
        self.expiration_timestamp = expiration_timestamp
        self.token_id = token_id


class UserScramCredentialRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "name",
        "mechanism",
        "salt",
        "stored_key",
        "server_key",
        "iterations",
    )
    API_KEY = 11
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Name string 0+",
        "Mechanism int8 0+",
        "Salt bytes 0+",
        "StoredKey bytes 0+",
        "ServerKey bytes 0+",
        "Iterations int32 0+",
    )

    def __init__(
        self,
        name: str = "",
        mechanism: int = 0,
        salt: bytes = b"",
        stored_key: bytes = b"",
        server_key: bytes = b"",
        iterations: int = 0,
    ) -> None:
        self.name = name
        # 1: SCRAM-SHA-256, 2: SCRAM-SHA-512
        self.mechanism = mechanism
        self.salt = salt
        self.stored_key = stored_key
        self.server_key = server_key
        self.iterations = iterations


class FeatureLevelRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "name",
        "feature_level",
    )
    API_KEY = 12
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Name string 0+",
        "FeatureLevel int16 0+",
    )

    def __init__(
        self,
        name: str = "",
        feature_level: int = 0,
    ) -> None:
        self.name = name
        self.feature_level = feature_level


class EntityData(Struct):
    """An element of ClientQuotaRecord.Entity."""

    __slots__ = (
        "entity_type",
        "entity_name",
    )
    FIELDS = (
        "EntityType string 0+",
        "EntityName string 0+ nullable 0+",
    )

    def __init__(
        self,
        entity_type: str = "",
        entity_name: str | None = "",
    ) -> None:
        self.entity_type = entity_type
        self.entity_name = entity_name


class ClientQuotaRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "entity",
        "key",
        "value",
        "remove",
    )
    API_KEY = 14
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Entity []EntityData 0+",
        "Key string 0+",
        "Value float64 0+",
        "Remove bool 0+",
    )

    def __init__(
        self,
        entity: list[EntityData] = DEFAULT,
        key: str = "",
        value: float = 0.0,
        remove: bool = False,
    ) -> None:
        self.entity = [] if entity is DEFAULT else entity
        self.key = key
        self.value = value
        self.remove = remove


class ProducerIdsRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "broker_id",
        "broker_epoch",
        "next_producer_id",
    )
    API_KEY = 15
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "BrokerId int32 0+",
        "BrokerEpoch int64 0+ = -1",
        "NextProducerId int64 0+",
    )

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = -1,
        next_producer_id: int = 0,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch
        self.next_producer_id = next_producer_id


class BrokerRegistrationChangeRecord(Message):
    """Record, versions 0 to 3."""

    __slots__ = (
        "broker_id",
        "broker_epoch",
        "fenced",
        "in_controlled_shutdown",
        "log_dirs",
        "cordoned_log_dirs",
    )
    API_KEY = 17
    MIN_VERSION = 0
    MAX_VERSION = 3
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "BrokerId int32 0+",
        "BrokerEpoch int64 0+",
        "Fenced int8 0+ tag 0",
        "InControlledShutdown int8 1+ tag 1",
        "LogDirs []uuid 2+ tag 2",
        "CordonedLogDirs []uuid 3+ nullable 3+ tag 3 = null",
    )

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = 0,
        fenced: int = 0,
        in_controlled_shutdown: int = 0,
        log_dirs: list[bytes] = DEFAULT,
        cordoned_log_dirs: list[bytes] | None = None,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch
        self.fenced = fenced
        self.in_controlled_shutdown = in_controlled_shutdown
        self.log_dirs = [] if log_dirs is DEFAULT else log_dirs
        self.cordoned_log_dirs = cordoned_log_dirs


class AccessControlEntryRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "id",
        "resource_type",
        "resource_name",
        "pattern_type",
        "principal",
        "host",
        "operation",
        "permission_type",
    )
    API_KEY = 18
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Id uuid 0+",
        "ResourceType int8 0+",
        "ResourceName string 0+",
        "PatternType int8 0+",
        "Principal string 0+",
        "Host string 0+",
        "Operation int8 0+",
        "PermissionType int8 0+",
    )

    def __init__(
        self,
        id: bytes = ZERO_UUID,
        resource_type: int = 0,
        resource_name: str = "",
        pattern_type: int = 0,
        principal: str = "",
        host: str = "",
        operation: int = 0,
        permission_type: int = 0,
    ) -> None:
        self.id = id
        # 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user
        self.resource_type = resource_type
        self.resource_name = resource_name
        # 3: literal, 4: prefixed
        self.pattern_type = pattern_type
        self.principal = principal
        self.host = host
        self.operation = operation
        # 1: any, 2: deny, 3: allow
        self.permission_type = permission_type


class RemoveAccessControlEntryRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = ("id",)
    API_KEY = 19
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("Id uuid 0+",)

    def __init__(
        self,
        id: bytes = ZERO_UUID,
    ) -> None:
        self.id = id


class NoOpRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = ()
    API_KEY = 20
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0


class ZkMigrationStateRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = ("zk_migration_state",)
    API_KEY = 21
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("ZkMigrationState int8 0+",)

    def __init__(
        self,
        zk_migration_state: int = 0,
    ) -> None:
        self.zk_migration_state = zk_migration_state


class RemoveUserScramCredentialRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "name",
        "mechanism",
    )
    API_KEY = 22
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "Name string 0+",
        "Mechanism int8 0+",
    )

    def __init__(
        self,
        name: str = "",
        mechanism: int = 0,
    ) -> None:
        self.name = name
        # 1: SCRAM-SHA-256, 2: SCRAM-SHA-512
        self.mechanism = mechanism


class BeginTransactionRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = ("name",)
    API_KEY = 23
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("Name string 0+ nullable 0+ tag 0 = null",)

    def __init__(
        self,
        name: str | None = None,
    ) -> None:
        self.name = name


class EndTransactionRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = ()
    API_KEY = 24
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0


class AbortTransactionRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = ("reason",)
    API_KEY = 25
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("Reason string 0+ nullable 0+ tag 0 = null",)

    def __init__(
        self,
        reason: str | None = None,
    ) -> None:
        self.reason = reason


class RemoveDelegationTokenRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = ("token_id",)
    API_KEY = 26
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("TokenId string 0+",)

    def __init__(
        self,
        token_id: str = "",
    ) -> None:
        self.token_id = token_id


class ControllerEndpoint(Struct):
    """An element of RegisterControllerRecord.EndPoints."""

    __slots__ = (
        "name",
        "host",
        "port",
        "security_protocol",
    )
    FIELDS = (
        "Name string 0+",
        "Host string 0+",
        "Port uint16 0+",
        "SecurityProtocol int16 0+",
    )

    def __init__(
        self,
        name: str = "",
        host: str = "",
        port: int = 0,
        security_protocol: int = 0,
    ) -> None:
        self.name = name
        self.host = host
        self.port = port
        # 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL
        self.security_protocol = security_protocol


class ControllerFeature(Struct):
    """An element of RegisterControllerRecord.Features."""

    __slots__ = (
        "name",
        "min_supported_version",
        "max_supported_version",
    )
    FIELDS = (
        "Name string 0+",
        "MinSupportedVersion int16 0+",
        "MaxSupportedVersion int16 0+",
    )

    def __init__(
        self,
        name: str = "",
        min_supported_version: int = 0,
        max_supported_version: int = 0,
    ) -> None:
        self.name = name
        self.min_supported_version = min_supported_version
        self.max_supported_version = max_supported_version


class RegisterControllerRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = (
        "controller_id",
        "incarnation_id",
        "zk_migration_ready",
        "end_points",
        "features",
    )
    API_KEY = 27
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = (
        "ControllerId int32 0+",
        "IncarnationId uuid 0+",
        "ZkMigrationReady bool 0+",
        "EndPoints []ControllerEndpoint 0+",
        "Features []ControllerFeature 0+",
    )

    def __init__(
        self,
        controller_id: int = 0,
        incarnation_id: bytes = ZERO_UUID,
        zk_migration_ready: bool = False,
        end_points: list[ControllerEndpoint] = DEFAULT,
        features: list[ControllerFeature] = DEFAULT,
    ) -> None:
        self.controller_id = controller_id
        self.incarnation_id = incarnation_id
        self.zk_migration_ready = zk_migration_ready
        self.end_points = [] if end_points is DEFAULT else end_points
        self.features = [] if features is DEFAULT else features


class ClearElrRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = ("topic_name",)
    API_KEY = 28
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("TopicName string 0+",)

    def __init__(
        self,
        topic_name: str = "",
    ) -> None:
        self.topic_name = topic_name


class UnregisterControllerRecord(Message):
    """Record, versions 0 to 0."""

    __slots__ = ("controller_id",)
    API_KEY = 29
    MIN_VERSION = 0
    MAX_VERSION = 0
    FLEXIBLE_VERSION = 0
    FIELDS = ("ControllerId int32 0+",)

    def __init__(
        self,
        controller_id: int = 0,
    ) -> None:
        self.controller_id = controller_id
