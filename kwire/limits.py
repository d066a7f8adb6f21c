"""Every bound that kwire puts on what a peer or a file can make it do: unit, reason, Kafka's config where there is one."""

MAX_DECODED_ELEMENTS = 1_000_000
"""Elements of all arrays of one request. A frame may cost at most 64 times its size plus 1 MB; see protocol.codec."""

MAX_FRAME_BYTES = 104_857_600
"""Default of socket.request.max.bytes: a longer frame closes its connection."""

MAX_DECOMPRESSED_BATCH_BYTES = 134_217_728
"""Bytes that one compressed record batch may unfold to where kwire itself must read its records: they are held in
memory at once, unlike in Kafka. 128 times the default of max.message.bytes; max.decompressed.message.bytes lowers it."""

MAX_OPEN_SEGMENT_FILES = 400
"""Segment files of one store held open at a time, below the 1024 descriptors that a process usually starts with."""

MAX_IN_FLIGHT_BYTES = 268_435_456
"""Bytes of all long requests that one broker reads or handles at once; further ones wait unread. Room for two of the longest
allowed frames and for hundreds of ordinary batches (Kafka: queued.max.request.bytes, unbounded by default)."""

READ_AHEAD_BYTES = 1_048_576
"""Bytes of further requests that are read from a connection while its handler waits: the default of a producer's
max.request.size, so that the next batch has arrived by then."""

RECEIVE_BYTES = 65_536
"""Most bytes taken from a socket at a time between long requests."""

LONG_RECEIVE_BYTES = 262_144
"""The same inside a long request: more would not stay in the processor's cache until it is copied to the request's buffer."""

PIPELINED_REPLIES = 64
"""Requests of one connection answered in a row before their replies leave and the other connections get their turn."""

MAX_READ_RECORDS = 1_000_000
"""Records of one produced batch where kwire itself must read them: about two seconds of CPU, during which nobody is
served. Only compression gets so many into the default max.message.bytes."""

MAX_RECORD_ERRORS = 1_000
"""Rows of record_errors for one partition in a Produce reply; Kafka sends one per bad record, without a bound."""
