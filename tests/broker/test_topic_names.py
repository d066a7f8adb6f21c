import pytest

from kwire.broker.topic_names import metric_name, why_invalid


@pytest.mark.parametrize("name", ["a", "A.b_c-9", "...", "x" * 249, "-", "__consumer_offsets"])
def test_right_names(name):
    assert why_invalid(name) is None


@pytest.mark.parametrize("name", ["", ".", "..", "x" * 250, "a b", "a/b", "ä", "a\n", "a:b", "\0"])
def test_wrong_names(name):
    assert why_invalid(name).startswith("Topic name is invalid: ")


def test_names_that_metrics_cannot_tell_apart():
    assert metric_name("a.b_c") == metric_name("a_b.c")
    assert metric_name("a.b") != metric_name("a-b")
