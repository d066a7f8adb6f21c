"""`kwire log`: shows and checks the files of a data directory, without a broker."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kwire.cli import readable
from kwire.cli.command import command as make_command
from kwire.cli.command import group
from kwire.cli.errors import FAILED, Failed
from kwire.cli.output import counted, progress, show_json
from kwire.cli.segment_files import (
    BATCHED,
    ENTRIES,
    BadFile,
    Batch,
    base_offset_of,
    batches,
    check,
    entries,
    known_files,
    topic_of,
)
from kwire.protocol.records.batch import CorruptBatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

paths_argument = click.argument("paths", metavar="PATH...", nargs=-1, required=True)


@make_command(
    "dump",
    "kwire log dump kwire-data/orders-0",
    "kwire log dump --json kwire-data/__consumer_offsets-9/00000000000000000000.log",
)
@paths_argument
@click.option("--headers-only", is_flag=True, help="Only the batches, not their records.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object for each batch or entry, one a line.")
def dump(paths: tuple[str, ...], headers_only: bool, as_json: bool) -> int:
    """Show the files of a log, or all of a directory.

    These are batches with their records, indexes, snapshots and checkpoints. The records of internal topics
    (__consumer_offsets, __transaction_state, __share_group_state, __cluster_metadata) are decoded. Works on data
    directories of kwire and of Apache Kafka.
    """
    code = 0
    for path in _files(paths):
        if not as_json:
            click.echo(f"{path}:")
        try:
            is_empty = True
            for item in _items(path, records=not headers_only):
                _show(path, item, as_json=as_json)
                is_empty = False
            if is_empty and not as_json:
                click.echo("  empty")
        except BadFile as error:
            sys.stdout.flush()
            click.echo(f"kwire: {error}", err=True)
            code = FAILED
    return code


@make_command("verify", "kwire log verify kwire-data")
@paths_argument
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def verify(paths: tuple[str, ...], as_json: bool) -> int:
    """Check the files of a log, or all of a directory.

    Looks at CRCs, offsets, records, indexes, snapshots and checkpoints. Exits with 1 where something is wrong; of
    each such file the first bad position is told. Stop the broker before: what it is writing may look torn.
    """
    files = _files(paths)
    wrong = []
    counts = {"files": 0, "batches": 0, "records": 0}
    with progress("verifying", len(files), "files") as advance:
        for path in counted(files, advance):
            try:
                found = check(path)
            except BadFile as error:
                wrong.append(str(error))
                continue
            except OSError as error:
                raise Failed(f"cannot read {path}: {error.strerror or error}") from error
            if found is not None:
                counts["batches"] += found.batches
                counts["records"] += found.records
            counts["files"] += 1
    if as_json:
        show_json({**counts, "wrong": wrong})
    else:
        for line in wrong:
            click.echo(line)
        click.echo(
            f"{counts['files']} files are right, with {counts['batches']} batches and {counts['records']} records; "
            f"{len(wrong)} are not"
        )
    return FAILED if wrong else 0


command = group("log", "Show and check the files of a data directory.", dump, verify)


def _files(paths: tuple[str, ...]) -> list[Path]:
    found = []
    for text in paths:
        path = Path(text)
        files = known_files(path) if path.exists() else []
        if not files and not _is_unwritten(path):
            raise Failed(f"there are no files of a log in {text}" if path.exists() else f"there is no {text}")
        if not files:
            click.echo(f"{text} is empty: nothing was written to that partition yet", err=True)
        found += files
    return found


def _is_unwritten(path: Path) -> bool:
    from kwire.cli.metadata_files import is_unwritten

    return is_unwritten(path)


def _items(path: Path, *, records: bool) -> Iterator[Mapping[str, Any]]:
    """What a file holds, piece by piece, with Kafka's names.

    Raises:
        BadFile: at the first piece that cannot be read.
    """
    if path.suffix in BATCHED:
        for batch in batches(path):
            yield _batch(path, batch, records=records)
    elif path.suffix in ENTRIES:
        base = base_offset_of(path) or 0
        for _, first, second in entries(path):
            if path.suffix == ".index":
                yield {"Offset": base + first, "Position": second}
            else:
                yield {"Timestamp": readable.time(first), "Offset": base + second}
    else:
        yield from _rows(path)


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    from kwire.storage.aborted import decode_rows
    from kwire.storage.producer_state import decode_snapshot

    check(path)
    if path.suffix == ".txnindex":
        for row in decode_rows(path.read_bytes()):
            yield {
                "ProducerId": row.producer_id,
                "FirstOffset": row.first_offset,
                "LastOffset": row.last_offset,
                "LastStableOffset": row.last_stable_offset,
            }
    elif path.suffix == ".snapshot":
        for entry in decode_snapshot(path.read_bytes()):
            yield {
                "ProducerId": entry.producer_id,
                "ProducerEpoch": entry.producer_epoch,
                "LastSequence": entry.last_sequence,
                "LastOffset": entry.batches[-1].last_offset if entry.batches else None,
                "LastTimestamp": readable.time(entry.last_timestamp_ms) if entry.last_timestamp_ms >= 0 else None,
                "CoordinatorEpoch": entry.coordinator_epoch,
                "TransactionFirstOffset": entry.current_txn_first_offset,
            }
    else:
        for line in path.read_text().splitlines()[2:]:
            yield {"Line": line}


def _batch(path: Path, batch: Batch, *, records: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {"Position": batch.position}
    if batch.header is not None:
        fields |= readable.batch_fields(batch.header)
    else:
        assert batch.legacy is not None
        fields |= {"Magic": batch.legacy.magic, "LastOffset": batch.last_offset, "Size": len(batch.data)}
    if records:
        try:
            fields["Records"] = [readable.record_fields(one, batch.header, topic_of(path)) for one in batch.records()]
        except CorruptBatch as error:
            raise BadFile(path, batch.position, str(error)) from error
    return fields


def _show(path: Path, item: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"File": str(path), **item}, ensure_ascii=False))
        return
    plain = {name: value for name, value in item.items() if name != "Records"}
    click.echo("  " + ", ".join(f"{name} {readable.plain(value)}" for name, value in plain.items()))
    for record in item.get("Records", ()):
        click.echo("    " + ", ".join(f"{name} {_compact(value)}" for name, value in record.items()))


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else readable.plain(value)
