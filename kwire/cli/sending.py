"""Send record lines, in order and with a bounded number in flight; stop at the first refused record."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from kwire.cli.errors import Failed
from kwire.client.producer import NoSuchPartition, producing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from kwire.client.cluster import Cluster
    from kwire.client.producer import Producer
    from kwire.seeding.record_lines import RecordLine


class Sender:
    """Sends one record after another."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    def told(self) -> str:
        """Return a phrase that says how many records are written, for the error about the next one."""
        return _written(self._producer.confirmed)

    async def send(self, record: RecordLine) -> None:
        """Send the record.

        Raises:
            Failed: this record or an earlier one was refused.
        """
        if self._producer.failed is not None:
            await self.finish()
        try:
            await self._producer.send(
                record.topic, record.key, record.value, record.headers, record.partition, record.timestamp_ms
            )
        except NoSuchPartition as error:
            await self.finish()
            raise Failed(f"{error}; {self.told()}") from error

    async def finish(self) -> None:
        """Wait until all records are written.

        Raises:
            Failed: one was refused.
        """
        await self._producer.flush()
        if self._producer.failed is not None:
            number, error = self._producer.failed
            reason = str(error).removesuffix(".")
            raise Failed(f"record {number + 1} was refused: {reason}; {_written(number)}") from error


def _written(count: int) -> str:
    if count <= 1:
        return "the one before it is written" if count else "none was written"
    return f"the {count} before it are written"


@contextlib.asynccontextmanager
async def sender(cluster: Cluster) -> AsyncIterator[Sender]:
    """Run a Sender while the block runs; at its end, wait until all records are written.

    Raises:
        Failed: a record was refused.
    """
    async with producing(cluster) as producer:
        made = Sender(producer)
        yield made
        await made.finish()
