"""The APIs of Kafka. Generated from protocol_specs, do not edit."""

from __future__ import annotations

from enum import IntEnum


class ApiKey(IntEnum):
    """What a request asks for: the first int16 of its header."""

    PRODUCE = 0
    FETCH = 1
    LIST_OFFSETS = 2
    METADATA = 3
    LEADER_AND_ISR = 4
    STOP_REPLICA = 5
    UPDATE_METADATA = 6
    CONTROLLED_SHUTDOWN = 7
    OFFSET_COMMIT = 8
    OFFSET_FETCH = 9
    FIND_COORDINATOR = 10
    JOIN_GROUP = 11
    HEARTBEAT = 12
    LEAVE_GROUP = 13
    SYNC_GROUP = 14
    DESCRIBE_GROUPS = 15
    LIST_GROUPS = 16
    SASL_HANDSHAKE = 17
    API_VERSIONS = 18
    CREATE_TOPICS = 19
    DELETE_TOPICS = 20
    DELETE_RECORDS = 21
    INIT_PRODUCER_ID = 22
    OFFSET_FOR_LEADER_EPOCH = 23
    ADD_PARTITIONS_TO_TXN = 24
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    WRITE_TXN_MARKERS = 27
    TXN_OFFSET_COMMIT = 28
    DESCRIBE_ACLS = 29
    CREATE_ACLS = 30
    DELETE_ACLS = 31
    DESCRIBE_CONFIGS = 32
    ALTER_CONFIGS = 33
    ALTER_REPLICA_LOG_DIRS = 34
    DESCRIBE_LOG_DIRS = 35
    SASL_AUTHENTICATE = 36
    CREATE_PARTITIONS = 37
    CREATE_DELEGATION_TOKEN = 38
    RENEW_DELEGATION_TOKEN = 39
    EXPIRE_DELEGATION_TOKEN = 40
    DESCRIBE_DELEGATION_TOKEN = 41
    DELETE_GROUPS = 42
    ELECT_LEADERS = 43
    INCREMENTAL_ALTER_CONFIGS = 44
    ALTER_PARTITION_REASSIGNMENTS = 45
    LIST_PARTITION_REASSIGNMENTS = 46
    OFFSET_DELETE = 47
    DESCRIBE_CLIENT_QUOTAS = 48
    ALTER_CLIENT_QUOTAS = 49
    DESCRIBE_USER_SCRAM_CREDENTIALS = 50
    ALTER_USER_SCRAM_CREDENTIALS = 51
    VOTE = 52
    BEGIN_QUORUM_EPOCH = 53
    END_QUORUM_EPOCH = 54
    DESCRIBE_QUORUM = 55
    ALTER_PARTITION = 56
    UPDATE_FEATURES = 57
    ENVELOPE = 58
    FETCH_SNAPSHOT = 59
    DESCRIBE_CLUSTER = 60
    DESCRIBE_PRODUCERS = 61
    BROKER_REGISTRATION = 62
    BROKER_HEARTBEAT = 63
    UNREGISTER_BROKER = 64
    DESCRIBE_TRANSACTIONS = 65
    LIST_TRANSACTIONS = 66
    ALLOCATE_PRODUCER_IDS = 67
    CONSUMER_GROUP_HEARTBEAT = 68
    CONSUMER_GROUP_DESCRIBE = 69
    CONTROLLER_REGISTRATION = 70
    GET_TELEMETRY_SUBSCRIPTIONS = 71
    PUSH_TELEMETRY = 72
    ASSIGN_REPLICAS_TO_DIRS = 73
    LIST_CONFIG_RESOURCES = 74
    DESCRIBE_TOPIC_PARTITIONS = 75
    SHARE_GROUP_HEARTBEAT = 76
    SHARE_GROUP_DESCRIBE = 77
    SHARE_FETCH = 78
    SHARE_ACKNOWLEDGE = 79
    ADD_RAFT_VOTER = 80
    REMOVE_RAFT_VOTER = 81
    UPDATE_RAFT_VOTER = 82
    INITIALIZE_SHARE_GROUP_STATE = 83
    READ_SHARE_GROUP_STATE = 84
    WRITE_SHARE_GROUP_STATE = 85
    DELETE_SHARE_GROUP_STATE = 86
    READ_SHARE_GROUP_STATE_SUMMARY = 87
    STREAMS_GROUP_HEARTBEAT = 88
    STREAMS_GROUP_DESCRIBE = 89
    DESCRIBE_SHARE_GROUP_OFFSETS = 90
    ALTER_SHARE_GROUP_OFFSETS = 91
    DELETE_SHARE_GROUP_OFFSETS = 92
    STREAMS_GROUP_TOPOLOGY_DESCRIPTION_UPDATE = 93
    UNREGISTER_CONTROLLER = 94


ROWS: dict[int, tuple[str, int, int, int, int, int, tuple[str, ...]]] = {
    0: ("produce", 3, 13, 9, 0, 13, ("broker",)),
    1: ("fetch", 4, 18, 12, 4, 18, ("broker", "controller")),
    2: ("list_offsets", 1, 11, 6, 1, 11, ("broker",)),
    3: ("metadata", 0, 13, 9, 0, 13, ("broker",)),
    4: ("leader_and_isr", 0, -1, 32767, 0, -1, ()),
    5: ("stop_replica", 0, -1, 32767, 0, -1, ()),
    6: ("update_metadata", 0, -1, 32767, 0, -1, ()),
    7: ("controlled_shutdown", 0, -1, 32767, 0, -1, ()),
    8: ("offset_commit", 2, 10, 8, 2, 10, ("broker",)),
    9: ("offset_fetch", 1, 10, 6, 1, 10, ("broker",)),
    10: ("find_coordinator", 0, 6, 3, 0, 6, ("broker",)),
    11: ("join_group", 0, 9, 6, 0, 9, ("broker",)),
    12: ("heartbeat", 0, 4, 4, 0, 4, ("broker",)),
    13: ("leave_group", 0, 5, 4, 0, 5, ("broker",)),
    14: ("sync_group", 0, 5, 4, 0, 5, ("broker",)),
    15: ("describe_groups", 0, 6, 5, 0, 6, ("broker",)),
    16: ("list_groups", 0, 5, 3, 0, 5, ("broker",)),
    17: ("sasl_handshake", 0, 1, 32767, 0, 1, ("broker", "controller")),
    18: ("api_versions", 0, 5, 3, 0, 5, ("broker", "controller")),
    19: ("create_topics", 2, 7, 5, 2, 7, ("broker", "controller")),
    20: ("delete_topics", 1, 6, 4, 1, 6, ("broker", "controller")),
    21: ("delete_records", 0, 2, 2, 0, 2, ("broker",)),
    22: ("init_producer_id", 0, 5, 2, 0, 5, ("broker",)),
    23: ("offset_for_leader_epoch", 2, 4, 4, 2, 4, ("broker",)),
    24: ("add_partitions_to_txn", 0, 5, 3, 0, 5, ("broker",)),
    25: ("add_offsets_to_txn", 0, 4, 3, 0, 4, ("broker",)),
    26: ("end_txn", 0, 5, 3, 0, 5, ("broker",)),
    27: ("write_txn_markers", 1, 2, 1, 1, 2, ("broker",)),
    28: ("txn_offset_commit", 0, 6, 3, 0, 6, ("broker",)),
    29: ("describe_acls", 1, 3, 2, 1, 3, ("broker", "controller")),
    30: ("create_acls", 1, 3, 2, 1, 3, ("broker", "controller")),
    31: ("delete_acls", 1, 3, 2, 1, 3, ("broker", "controller")),
    32: ("describe_configs", 1, 4, 4, 1, 4, ("broker", "controller")),
    33: ("alter_configs", 0, 2, 2, 0, 2, ("broker", "controller")),
    34: ("alter_replica_log_dirs", 1, 2, 2, 1, 2, ("broker",)),
    35: ("describe_log_dirs", 1, 5, 2, 1, 5, ("broker",)),
    36: ("sasl_authenticate", 0, 2, 2, 0, 2, ("broker", "controller")),
    37: ("create_partitions", 0, 3, 2, 0, 3, ("broker", "controller")),
    38: ("create_delegation_token", 1, 3, 2, 1, 3, ("broker", "controller")),
    39: ("renew_delegation_token", 1, 2, 2, 1, 2, ("broker", "controller")),
    40: ("expire_delegation_token", 1, 2, 2, 1, 2, ("broker", "controller")),
    41: ("describe_delegation_token", 1, 3, 2, 1, 3, ("broker", "controller")),
    42: ("delete_groups", 0, 3, 2, 0, 3, ("broker",)),
    43: ("elect_leaders", 0, 2, 2, 0, 2, ("broker", "controller")),
    44: ("incremental_alter_configs", 0, 1, 1, 0, 1, ("broker", "controller")),
    45: ("alter_partition_reassignments", 0, 1, 0, 0, 1, ("broker", "controller")),
    46: ("list_partition_reassignments", 0, 0, 0, 0, 0, ("broker", "controller")),
    47: ("offset_delete", 0, 0, 32767, 0, 0, ("broker",)),
    48: ("describe_client_quotas", 0, 1, 1, 0, 1, ("broker",)),
    49: ("alter_client_quotas", 0, 1, 1, 0, 1, ("broker", "controller")),
    50: ("describe_user_scram_credentials", 0, 0, 0, 0, 0, ("broker", "controller")),
    51: ("alter_user_scram_credentials", 0, 0, 0, 0, 0, ("broker", "controller")),
    52: ("vote", 0, 2, 0, 0, -1, ("controller",)),
    53: ("begin_quorum_epoch", 0, 1, 1, 0, -1, ("controller",)),
    54: ("end_quorum_epoch", 0, 1, 1, 0, -1, ("controller",)),
    55: ("describe_quorum", 0, 2, 0, 0, 2, ("broker", "controller")),
    56: ("alter_partition", 2, 3, 0, 0, -1, ("controller",)),
    57: ("update_features", 0, 2, 0, 0, 2, ("broker", "controller")),
    58: ("envelope", 0, 0, 0, 0, -1, ("controller",)),
    59: ("fetch_snapshot", 0, 1, 0, 0, -1, ("controller",)),
    60: ("describe_cluster", 0, 2, 0, 0, 2, ("broker", "controller")),
    61: ("describe_producers", 0, 0, 0, 0, 0, ("broker",)),
    62: ("broker_registration", 0, 4, 0, 0, -1, ("controller",)),
    63: ("broker_heartbeat", 0, 2, 0, 0, -1, ("controller",)),
    64: ("unregister_broker", 0, 0, 0, 0, 0, ("broker", "controller")),
    65: ("describe_transactions", 0, 0, 0, 0, 0, ("broker",)),
    66: ("list_transactions", 0, 2, 0, 0, 2, ("broker",)),
    67: ("allocate_producer_ids", 0, 0, 0, 0, -1, ("controller",)),
    68: ("consumer_group_heartbeat", 0, 1, 0, 0, 1, ("broker",)),
    69: ("consumer_group_describe", 0, 1, 0, 0, 1, ("broker",)),
    70: ("controller_registration", 0, 0, 0, 0, -1, ("controller",)),
    71: ("get_telemetry_subscriptions", 0, 0, 0, 0, -1, ("broker",)),
    72: ("push_telemetry", 0, 0, 0, 0, -1, ("broker",)),
    73: ("assign_replicas_to_dirs", 0, 0, 0, 0, -1, ("controller",)),
    74: ("list_config_resources", 0, 1, 0, 0, 1, ("broker",)),
    75: ("describe_topic_partitions", 0, 0, 0, 0, 0, ("broker",)),
    76: ("share_group_heartbeat", 1, 1, 0, 1, 1, ("broker",)),
    77: ("share_group_describe", 1, 1, 0, 1, 1, ("broker",)),
    78: ("share_fetch", 1, 2, 0, 1, 2, ("broker",)),
    79: ("share_acknowledge", 1, 2, 0, 1, 2, ("broker",)),
    80: ("add_raft_voter", 0, 1, 0, 0, 1, ("controller", "broker")),
    81: ("remove_raft_voter", 0, 0, 0, 0, 0, ("controller", "broker")),
    82: ("update_raft_voter", 0, 0, 0, 0, -1, ("controller",)),
    83: ("initialize_share_group_state", 0, 0, 0, 0, 0, ("broker",)),
    84: ("read_share_group_state", 0, 0, 0, 0, 0, ("broker",)),
    85: ("write_share_group_state", 0, 1, 0, 0, 1, ("broker",)),
    86: ("delete_share_group_state", 0, 0, 0, 0, 0, ("broker",)),
    87: ("read_share_group_state_summary", 0, 1, 0, 0, 1, ("broker",)),
    88: ("streams_group_heartbeat", 0, 1, 0, 0, 1, ("broker",)),
    89: ("streams_group_describe", 0, 1, 0, 0, 1, ("broker",)),
    90: ("describe_share_group_offsets", 0, 1, 0, 0, 1, ("broker",)),
    91: ("alter_share_group_offsets", 0, 0, 0, 0, 0, ("broker",)),
    92: ("delete_share_group_offsets", 0, 0, 0, 0, 0, ("broker",)),
    93: ("streams_group_topology_description_update", 0, 0, 0, 0, 0, ("broker",)),
    94: ("unregister_controller", 0, 0, 0, 0, 0, ("broker", "controller")),
}
"""By key: stem, name, first and last stable version, first flexible version, first and last version that
Kafka announces to clients, listeners."""
