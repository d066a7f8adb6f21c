"""Every bound that kwire puts on what a peer or a file can make it do: unit, reason, Kafka's config where there is one."""

MAX_DECODED_ELEMENTS = 1_000_000
"""Elements of all arrays of one request. A frame may cost at most 64 times its size plus 1 MB; see protocol.codec."""

MAX_FRAME_BYTES = 104_857_600
"""Default of socket.request.max.bytes: a longer frame closes its connection."""
