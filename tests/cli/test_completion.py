"""What the tab key completes, as the scripts of `kwire completion` ask for it."""

import pytest


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("kwire to", ["topic"]),
        ("kwire topic de", ["describe", "delete"]),
        ("kwire consume --fr", ["--from"]),
        ("kwire topic describe o", ["orders", "other"]),
        ("kwire consume or", ["orders"]),
        ("kwire group describe ", ["billing"]),
        ("kwire config get ", ["topic", "broker", "group", "client-metrics"]),
        ("kwire config get topic or", ["orders"]),
        ("kwire config set group b", ["billing"]),
        ("kwire config get broker ", []),
    ],
)
def test_what_is_completed(cli, monkeypatch, line, found):
    cli("topic", "create", "orders", "other", "--if-not-exists")
    cli("consume", "orders", "--group", "billing")
    monkeypatch.setenv("_KWIRE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
    said = cli()
    assert [row.partition(",")[2] for row in said.out.split()] == found
