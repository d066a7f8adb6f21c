"""Every bound on what a peer or a file can make kwire do: unit, reason, Kafka's config where there is one."""

DECODED_BYTES_PER_BYTE = 64
"""Memory that a decoded message may take for each byte of its frame, beside DECODED_BYTES_EXTRA: enough for what
clients send (10 to 20), little enough that a small frame stays small. See protocol.reader_source."""

DECODED_BYTES_EXTRA = 1 << 20
"""Memory that any decoded message may take, however small its frame."""

DECODED_BYTES_MAX = 256 << 20
"""Memory of one decoded message's objects, however large its frame: about a million array elements."""

MAX_FRAME_BYTES = 104_857_600
"""Default of socket.request.max.bytes: a longer frame closes its connection."""

MAX_DECOMPRESSED_BATCH_BYTES = 134_217_728
"""Bytes that one stored record batch may unfold to where kwire itself must read its records: they are held in memory
at once, unlike in Kafka. 128 times the default of max.message.bytes. MAX_PRODUCED_BYTES is what a producer may send."""

MAX_OPEN_SEGMENT_FILES = 10_000
"""Segment files of one store held open at a time; fewer if the process may not have as many (kwire.descriptors)."""

MAX_IN_FLIGHT_BYTES = 268_435_456
"""Bytes of all long requests that one broker reads or handles at once; further ones wait unread. Room for two of the
longest allowed frames and for hundreds of ordinary batches (Kafka: queued.max.request.bytes, unbounded by default)."""

UNRESERVED_REQUEST_BYTES = 65_536
"""A request up to this long needs no part of MAX_IN_FLIGHT_BYTES: the number of connections bounds what those cost."""

STALLED_REQUEST_S = 10.0
"""How long a request may stand still half received while others wait for the room it takes."""

READ_AHEAD_BYTES = 1_048_576
"""Bytes of further requests that are read from a connection while its handler waits: the default of a producer's
max.request.size, so that the next batch has arrived by then."""

KEPT_METADATA_BYTES = 1_048_576
"""Metadata replies that a broker keeps for clients that ask the same again: of some thousand partitions."""

MAX_KEPT_REPLY_BYTES = KEPT_METADATA_BYTES // 8
"""A longer Metadata reply, with its question, is not kept."""

MAX_KEPT_QUESTION_BYTES = 16_384
"""A longer Metadata request is not compared with others."""

RECEIVE_BYTES = 65_536
"""Most bytes taken from a socket at a time between long requests."""

LONG_RECEIVE_BYTES = 1_048_576
"""The same inside a long request: an ordinary one, max.request.size by default, comes in one piece."""

PIPELINED_REPLIES = 64
"""Requests of one connection answered in a row before their replies leave and the other connections get their turn."""

SOCKETS_A_TURN = 64
"""Sockets served in a row before other tasks get their turn."""

SENDFILE_TURN_BYTES = 1_048_576
"""Bytes of files that one connection may be sent before the others get their turn."""

MAX_PRODUCE_FORMS = 32
"""Forms of Produce requests that a connection keeps, which take about 1 KB each; requests for more partitions are
decoded."""

MAX_PRODUCE_FORM_BYTES = 512
"""Longest beginning of a Produce request that is kept: a topic's name has 249 characters at most, and client ids are
short."""

MAX_OFFSET_COMMIT_FORMS = 4
"""Forms of OffsetCommit requests that a connection keeps, one of each length: 2 KB for one partition, 15 KB for as many
as fit."""

MAX_OFFSET_COMMIT_FORM_BYTES = 1_024
"""Longer OffsetCommit requests are decoded."""

MAX_TRACKED_HOSTS = 1_000
"""Hosts whose refusals have log lines of their own (refusals of further hosts are only counted), and hosts that are
watched for clients that never reach the advertised address (a stuck client comes again)."""

MAX_REFUSAL_REASONS = 10
"""Reasons logged for one host; a broken client's reasons can contain numbers that change each time."""

MAX_REFUSAL_CHARACTERS = 300
"""Characters of a reason that are logged; it can contain text of the client's."""

MAX_CONTROL_REQUEST_BYTES = 4_096
"""One line of JSON to the control socket: a command and the number of a broker."""

CONTROL_REQUEST_S = 10.0
"""How long a request to the control socket may take to arrive whole."""

MAX_READ_RECORDS = 50_000
"""Records and their headers of one produced batch where kwire itself must read them, during which nobody is served:
2 microseconds each, 3 where they are written again, at worst (all numbers in their longest form) 5: so 0.1 to 0.25 s.
A producer's batch of the default max.message.bytes has no more unless its records have fewer than 14 bytes of key and
value; librdkafka sends 10,000 at most by default (batch.num.messages). Only compression gets more into so few bytes."""

MAX_PRODUCED_BYTES = 33_554_432
"""Bytes that a compressed batch may unfold to where its records must be read before it is appended: 32 times the
default of max.message.bytes. Unfolding takes 0.02 (lz4, zstd) to 0.1 s (gzip), compressing again as much."""

TURN_S = 0.05
"""After so long a request that takes longer lets others have their turn: a Produce has room for thousands of batches
that take 0.1 s each, the first records of five thousand partitions make as many files, and a broker has 350 configs to
describe, as often as it is asked, at 20 microseconds each."""

MAX_TOLD_ROWS = 1_000_000
"""Configs, or producers, in one reply: those of 25,000 topics. A short request could ask for gigabytes. Encoding takes
2 microseconds for each, during which nobody is served."""

MAX_REPEATS = 100
"""Groups that one request asks for again. No client does; a group of many members has a row of megabytes."""

MAX_RECORD_ERRORS = 1_000
"""Rows of record_errors for one partition in a Produce reply; Kafka sends one per bad record, without a bound."""

MAX_CONFIG_DIGITS = 4_000
"""Characters of a number in a config's value; longer texts are refused: Python refuses to convert numbers that are a
little longer."""

MEMORY_STORE_BYTES = 1_073_741_824
"""Default of --memory: record bytes that the memory engine holds, with their index."""

MEMORY_CHUNK_BYTES = 1_048_576
"""Largest piece in which the memory engine takes memory for a log; a log's first is MEMORY_FIRST_CHUNK_BYTES, the
next ones double, so that ten thousand nearly empty partitions cost 40 MB."""

MEMORY_FIRST_CHUNK_BYTES = 4096
"""See MEMORY_CHUNK_BYTES."""

MEMORY_SEGMENT_BYTES = 16_777_216
"""Longest segment of the memory engine, whatever segment.bytes says: what it gives up at a time when it is full."""

MEMORY_MIN_SEGMENT_BYTES = 65_536
"""Shortest segment that many logs in little memory are cut into."""

MAX_TAIL_HINTS = 8
"""Positions of readers at the end of a log that are remembered, so that what comes next is found without a search."""

MAX_PENDING_INDEX_BYTES = 4_096
"""Index entries of a segment that wait in memory: those of 2 MB of log at the default index.interval.bytes."""

MAX_REMOVALS_AT_ONCE = 100
"""Deleted files and directories that one call removes: the caller has other work to do."""

RETENTION_STEP_SEGMENTS = 16
"""Segments that one step of retention deletes at most, so that requests wait no longer than for that."""

METADATA_CHECKPOINT_RECORDS = 10_000
"""Records of the metadata log after which a checkpoint cuts it: a start replays about so many and the image."""

METADATA_SEGMENT_BYTES = 4_194_304
"""Segments of the metadata log: a cut gives whole segments back."""

METADATA_DECISION_RECORDS = 10_000
"""Records of one decision, as in Kafka: a request that needs more gets POLICY_VIOLATION."""

PRODUCER_ID_BLOCK = 1_000
"""Producer ids that a broker reserves at a time, as in Kafka."""

HOUSEKEEPING_INTERVAL_S = 60.0
"""Between two rounds of an engine's housekeeping: recovery points, deleted files (log.flush.*.checkpoint.interval)."""

HOUSEKEEPING_MIN_INTERVAL_S = 0.1
"""The same where flush.ms asks for more: ten wakings a second cost nothing, an fsync takes its time anyway."""

CLEANER_STEP_RECORDS = 200
"""Records that a cleaning handles in a worker thread before the event loop has its turn: 1 to 2 ms where each has a
batch of its own. A request waits for so long: the thread has Python's lock, and would keep it for 5 ms if it could."""

COORDINATOR_SEGMENT_RECORDS = 10_000
"""Records after which a segment of a coordinator's log is closed, however short: only closed ones can be cleaned, and
a start reads about a million records of the active ones in a second."""

LOADED_AT_ONCE_BYTES = 65_536
"""A coordinator's log up to this long is read by the request that needs it, within some milliseconds."""

CACHED_GROUPS = 4_096
"""Group ids whose partition is remembered: a hash of a long id costs more than a heartbeat."""

CACHED_OFFSET_KEYS = 4_096
"""Keys of committed offsets that are remembered: a consumer commits the same partitions again and again."""

CACHED_OFFSET_TOPICS = 1_024
"""Topics for which it is remembered how a committed offset is written."""

MAX_AWAITED_GROUPS = 1_000
"""Groups of which a broker remembers who has just asked for their coordinator. The oldest is forgotten first: its
members then wait as if nobody else were on the way."""

MAX_AWAITED_CLIENTS = 1_000
"""Clients of one such group that are counted; further ones are not waited for."""

MAX_ID_PREFIX_BYTES = 32_000
"""Longest client id or instance id at the beginning of a member id, so that the whole id fits into a string."""

REGEX_REFRESH_INTERVAL_MS = 10_000
"""Minimum time between two resolutions of a group's regular expressions."""

MAX_ASSIGNMENT_ROUNDS = 16
"""Rounds over the topics of one assignment: overlapping subscriptions may need many, and each about halves what is
uneven."""
