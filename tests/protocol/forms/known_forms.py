"""What the tests of forms ask of them: that they read what the decoder reads."""

from kwire.protocol import codec, frames
from kwire.protocol.api_keys import request_class


def decoded(frame):
    """(Header, request) of the frame."""
    header = frames.decode_request_header(frame)
    return header, codec.decode(request_class(header.api_key), header.api_version, frame, header.body_offset)


def learned(forms, *request_frames):
    """The forms, which know these frames."""
    for frame in request_frames:
        forms.learn(frame, *decoded(frame))
    return forms


def read(forms, frame):
    """What a form makes of the frame, None where it leaves it to the decoder."""
    form = forms.find(frame)
    return None if form is None else form.read(frame)


def read_with_each_byte_changed(forms, original):
    """How many of the changed frames forms read, each as the decoder does, and how many they left to it."""
    taken = left = 0
    for position in range(len(original)):
        for value in {0, 1, 2, 0x7F, 0x80, 0xFF, original[position] ^ 1}:
            frame = bytearray(original)
            frame[position] = value
            got = read(forms, frame)
            if got is None:
                left += 1
            else:
                taken += 1
                assert same(got, frame), (position, value)
    return taken, left


def none_of_another_length(forms, original):
    """Whether forms leave it to the decoder when the frame has lost some of its bytes, or has one more."""
    others = [original[:size] for size in range(len(original))] + [original + b"\x00"]
    return all(read(forms, frame) is None for frame in others)


def same(got, frame):
    """Whether got is what the decoder reads."""
    header, request = decoded(frame)
    return got[0][:4] == header[:4] and got[1] == request
