"""Every bound that kwire puts on what a peer or a file can make it do: unit, reason, Kafka's config where there is one."""

MAX_DECODED_ELEMENTS = 1_000_000
"""Elements of all arrays of one request. A frame may cost at most 64 times its size plus 1 MB; see protocol.codec."""

MAX_FRAME_BYTES = 104_857_600
"""Default of socket.request.max.bytes: a longer frame closes its connection."""

MAX_DECOMPRESSED_BATCH_BYTES = 134_217_728
"""Bytes that one compressed record batch may unfold to where kwire itself must read its records: they are held in memory at
once, unlike in Kafka. 128 times the default of max.message.bytes; max.decompressed.message.bytes lowers it per topic."""

MAX_OPEN_SEGMENT_FILES = 400
"""Segment files of one store held open at a time, below the 1024 descriptors that a process usually starts with."""
