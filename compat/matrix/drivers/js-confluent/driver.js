// Confluent's client as a driver: see ../../DRIVERS.md. It is asked by its callbacks: its promises, which look like KafkaJS, know
// neither assignment without a group nor the offset of each record, nor can they add partitions.
import { createRequire } from "node:module";
import { promisify } from "node:util";

import { cached, data, security, serve, text } from "./lines.js";

const { AdminClient, CODES, KafkaConsumer, Producer } = createRequire(import.meta.url)("@confluentinc/kafka-javascript");

const WAIT_MS = 60_000;
const CONNECT_MS = 15_000;
const PRODUCER_SETTINGS = {
  acks: "acks",
  compression: "compression.type",
  idempotence: "enable.idempotence",
  linger_ms: "linger.ms",
  batch_bytes: "batch.size",
  max_request_bytes: "message.max.bytes",
};
const CONSUMER_SETTINGS = {
  protocol: "group.protocol",
  assignor: "partition.assignment.strategy",
  instance_id: "group.instance.id",
  session_timeout_ms: "session.timeout.ms",
  heartbeat_interval_ms: "heartbeat.interval.ms",
};
const NAMES = Object.fromEntries(Object.entries(CODES.ERRORS).map(([name, code]) => [code, name]));

const named = (settings, names) => Object.fromEntries(Object.entries(settings).map(([name, value]) => [names[name], value]));
// a method that calls back, as one that is awaited
const ask = (client, method, ...given) => promisify(client[method].bind(client))(...given);

function told(message) {
  return {
    topic: message.topic,
    partition: message.partition,
    offset: message.offset,
    timestamp: message.timestamp ?? null,
    key: text(message.key),
    value: text(message.value),
    headers: (message.headers ?? []).flatMap((each) => Object.entries(each).map(([name, value]) => [name, text(value)])),
  };
}

// Asks for records until there are so many, or the time is over.
async function read(consumer, count, withinMs) {
  const rows = [];
  const deadline = Date.now() + withinMs;
  consumer.setDefaultConsumeTimeout(100);
  consumer.setDefaultIsTimeoutOnlyForFirstMessage(true);
  while (rows.length < count && Date.now() < deadline) {
    rows.push(...(await ask(consumer, "consume", Math.min(count - rows.length, 1000))).map(told));
  }
  return rows;
}

class Driver {
  constructor(bootstrap) {
    this.common = { "bootstrap.servers": bootstrap, "message.max.bytes": 8_000_000 };
    if (security.tls || security.sasl)
      this.common["security.protocol"] = (security.sasl ? "sasl_" : "") + (security.tls ? "ssl" : "plaintext");
    if (security.tls?.ca_file) this.common["ssl.ca.location"] = security.tls.ca_file;
    for (const [name, value] of Object.entries(security.sasl ?? {})) this.common[`sasl.${name}`] = value;
    this.admin = AdminClient.create(this.common);
    this.producers = new Map();
    this.consumers = new Map();
  }

  async metadata() {
    const found = await ask(this.admin, "getMetadata", { timeout: CONNECT_MS });
    return { brokers: found.brokers, topics: Object.fromEntries(found.topics.map((each) => [each.name, each.partitions.length])) };
  }

  async create_topic({ topic, partitions, replication_factor, configs }) {
    await ask(this.admin, "createTopic", { topic, num_partitions: partitions, replication_factor, config: configs }, WAIT_MS);
  }

  async add_partitions({ topic, count }) {
    await ask(this.admin, "createPartitions", topic, count, WAIT_MS);
  }

  async delete_topic({ topic }) {
    await ask(this.admin, "deleteTopic", topic, WAIT_MS);
  }

  async list_groups() {
    return { groups: (await ask(this.admin, "listGroups", { timeout: WAIT_MS })).groups.map((each) => each.groupId) };
  }

  async delete_group({ group }) {
    const [{ error }] = await ask(this.admin, "deleteGroups", [group], { timeout: WAIT_MS });
    if (error) throw error;
  }

  async connected(Client, settings) {
    const client = new Client({ ...this.common, ...settings });
    await ask(client, "connect", { timeout: CONNECT_MS });
    return client;
  }

  async producer(settings) {
    const producer = await this.connected(Producer, { dr_cb: true, ...settings });
    producer.setPollInBackground(true);
    producer.on("delivery-report", (error, { partition, offset, opaque }) => opaque(error, [partition, offset ?? null]));
    return producer;
  }

  async produce({ topic, records, settings }) {
    const make = () => this.producer({ "message.timeout.ms": WAIT_MS, ...named(settings, PRODUCER_SETTINGS) });
    return { positions: await this.send(await cached(this.producers, settings, make), topic, records) };
  }

  send(producer, topic, records) {
    const send = promisify((record, delivered) => {
      const headers = record.headers.map(([name, value]) => ({ [name]: data(value) }));
      const { partition = -1, timestamp = 0 } = record;
      producer.produce(topic, partition, data(record.value), data(record.key), timestamp, delivered, headers);
    });
    return Promise.all(records.map((record) => send(record)));
  }

  async transaction({ topic, records, transactional_id, commit, settings }) {
    const own = { "transactional.id": transactional_id, ...named(settings, PRODUCER_SETTINGS) };
    const producer = await this.producer(own);
    await ask(producer, "initTransactions", WAIT_MS);
    await ask(producer, "beginTransaction");
    const positions = await this.send(producer, topic, records);
    await ask(producer, commit ? "commitTransaction" : "abortTransaction", WAIT_MS);
    await ask(producer, "disconnect", WAIT_MS);
    return { positions };
  }

  reader(isolation) {
    const settings = { "group.id": "unused", "enable.auto.commit": false, "isolation.level": isolation };
    return this.connected(KafkaConsumer, { ...settings, "auto.offset.reset": "earliest" });
  }

  async consume({ topic, partition, start, count, within_ms, isolation }) {
    const reader = await this.reader(isolation);
    const offset = { beginning: -2, end: -1 }[start] ?? start;
    reader.assign([{ topic, partition, offset }]);
    const records = await read(reader, count, within_ms);
    await ask(reader, "disconnect");
    return { records };
  }

  async offsets({ topic, partition, timestamp }) {
    const reader = await this.reader("read_uncommitted");
    const { lowOffset, highOffset } = await ask(reader, "queryWatermarkOffsets", topic, partition, WAIT_MS);
    const [{ offset }] = await ask(reader, "offsetsForTimes", [{ topic, partition, offset: timestamp }], WAIT_MS);
    await ask(reader, "disconnect");
    return { beginning: lowOffset, end: highOffset, at_timestamp: offset < 0 ? null : offset };
  }

  async open({ consumer, group, topics, settings }) {
    const own = named(settings, CONSUMER_SETTINGS);
    if (settings.protocol === "consumer" && settings.assignor) {
      own["group.remote.assignor"] = settings.assignor;
      delete own["partition.assignment.strategy"];
    }
    const begin = { "auto.offset.reset": "earliest", "enable.auto.commit": false, "group.id": group };
    const opened = await this.connected(KafkaConsumer, { ...begin, rebalance_cb: true, ...own });
    opened.subscribe(topics);
    this.consumers.set(consumer, opened);
  }

  async poll({ consumer, count, within_ms }) {
    const opened = this.consumers.get(consumer);
    const records = await read(opened, count, within_ms);
    return { records, assignment: opened.assignments().map((each) => [each.topic, each.partition]) };
  }

  commit({ consumer }) {
    this.consumers.get(consumer).commitSync();
  }

  async seek({ consumer, topic, partition, offset }) {
    await ask(this.consumers.get(consumer), "seek", { topic, partition, offset }, WAIT_MS);
  }

  async close({ consumer }) {
    await ask(this.consumers.get(consumer), "disconnect");
    this.consumers.delete(consumer);
  }

  async stop() {
    for (const consumer of this.consumers.values()) await ask(consumer, "disconnect");
    for (const producer of this.producers.values()) await ask(producer, "disconnect", WAIT_MS);
    this.admin.disconnect();
  }
}

await serve(new Driver(process.argv.at(-1)), (error) =>
  error.code in NAMES ? `${NAMES[error.code]}: ${error.message}` : undefined,
);
