"""kafka-python 2.0 as a driver: that of python-kafka, but for what the library did in another way then."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "python-kafka"))

import driver
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, for_code


class Driver(driver.Driver):
    broker_id, topic_name = "node_id", "topic"

    def __init__(self, bootstrap):
        super().__init__(bootstrap)
        self.polling = ThreadPoolExecutor()
        self.polls = {}

    def read(self, consumer, count, within_ms):
        """A poll that joins a group ends when all others have joined, whatever its timeout says: so it may go on."""
        rows, deadline = [], time.monotonic() + within_ms / 1000
        while len(rows) < count and (left := deadline - time.monotonic()) > 0:
            if consumer not in self.polls:
                self.polls[consumer] = self.polling.submit(consumer.poll, 100, max_records=count - len(rows))
            try:
                found = self.polls[consumer].result(left)
            except TimeoutError:
                break
            del self.polls[consumer]
            rows += [driver.told(record) for records in found.values() for record in records]
        return rows

    def settled(self, consumer):
        if self.consumers[consumer] in self.polls:
            self.polls.pop(self.consumers[consumer]).result(driver.WAIT_S)

    def commit(self, consumer):
        self.settled(consumer)
        return super().commit(consumer)

    def seek(self, consumer, **where):
        self.settled(consumer)
        return super().seek(consumer, **where)

    def close(self, consumer):
        self.settled(consumer)
        return super().close(consumer)

    @property
    def admin(self):
        if self.opened_admin is None:
            self.opened_admin = KafkaAdminClient(**self.common)
        return self.opened_admin

    def topic_config(self, topic):
        (response,) = self.admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        ((code, message, _, _, entries),) = response.resources
        if code:
            raise for_code(code)(message)
        return {"configs": {entry[0]: entry[1] for entry in entries}}

    def list_groups(self):
        return {"groups": [group for group, _ in self.admin.list_consumer_groups()]}

    def delete_group(self, group):
        ((_, outcome),) = self.admin.delete_consumer_groups([group])
        if outcome.errno:
            raise KafkaError(outcome.__name__)
        return {}

    def new_producer(self, settings):
        return KafkaProducer(**self.common, **driver.producer_settings(settings))

    def new_reader(self, isolation):
        assert isolation == "read_uncommitted", json.dumps(isolation)
        return KafkaConsumer(**self.common, auto_offset_reset="earliest", enable_auto_commit=False)


driver.main(Driver)
