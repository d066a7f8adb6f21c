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


def same(got, frame):
    """Whether got is what the decoder reads."""
    header, request = decoded(frame)
    return got[0][:4] == header[:4] and got[1] == request
