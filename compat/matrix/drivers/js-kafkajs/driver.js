// KafkaJS as a driver: see ../../DRIVERS.md.
import { createRequire } from "node:module";

import { cached, data, ended, placed, security, serve, sleep, text, Waiting } from "./lines.js";

const require = createRequire(import.meta.url);
const { Kafka, CompressionCodecs, CompressionTypes, logLevel } = require("kafkajs");

CompressionCodecs[CompressionTypes.Snappy] = require("kafkajs-snappy");
CompressionCodecs[CompressionTypes.LZ4] = new (require("@2l/kafkajs-lz4"))().codec;
const zstd = new Promise((resolve) => require("zstd-codec").ZstdCodec.run((made) => resolve(new made.Streaming())));
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder) => Buffer.from((await zstd).compress(encoder.buffer)),
  decompress: async (buffer) => Buffer.from((await zstd).decompress(buffer)),
});

const CODECS = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

function told(topic, partition, message) {
  const headers = [];
  for (const [name, value] of Object.entries(message.headers ?? {}))
    for (const each of Array.isArray(value) ? value : [value]) headers.push([name, text(each)]);
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: text(message.key),
    value: text(message.value),
    headers,
  };
}

function sent(record) {
  const headers = {};
  for (const [name, value] of record.headers) {
    if (name in headers) headers[name] = [headers[name], data(value)].flat();
    else headers[name] = data(value);
  }
  const message = { key: data(record.key), value: data(record.value), headers };
  if (record.partition !== undefined) message.partition = record.partition;
  if (record.timestamp !== undefined) message.timestamp = String(record.timestamp);
  return message;
}

class Opened extends Waiting {
  constructor(consumer) {
    super();
    this.consumer = consumer;
  }

  async start() {
    this.consumer.on("consumer.group_join", ({ payload }) => {
      this.assigned(Object.entries(payload.memberAssignment).flatMap(([topic, all]) => all.map((one) => [topic, one])));
    });
    this.consumer.on("consumer.rebalancing", () => {
      this.assignment = [];
    });
    await this.consumer.run({
      autoCommit: false,
      eachMessage: ({ topic, partition, message }) => this.put(told(topic, partition, message)),
    });
  }
}

class Driver {
  constructor(bootstrap) {
    const common = { brokers: bootstrap.split(","), logLevel: logLevel.ERROR, connectionTimeout: 3000, clientId: "driver" };
    if (security.tls) common.ssl = { rejectUnauthorized: false };
    if (security.sasl) common.sasl = { ...security.sasl, mechanism: security.sasl.mechanism.toLowerCase() };
    const retry = { retries: 5, initialRetryTime: 100, maxRetryTime: 3000 };
    this.kafka = new Kafka({ ...common, retry });
    this.producers = new Map();
    this.consumers = new Map();
  }

  async admin() {
    if (!this.opened) {
      const admin = this.kafka.admin();
      await admin.connect();
      this.opened = admin;
    }
    return this.opened;
  }

  async metadata() {
    const admin = await this.admin();
    const cluster = await admin.describeCluster();
    const { topics } = await admin.fetchTopicMetadata();
    const brokers = cluster.brokers.map(({ nodeId, host, port }) => ({ id: nodeId, host, port }));
    return { brokers, topics: Object.fromEntries(topics.map((each) => [each.name, each.partitions.length])) };
  }

  async create_topic({ topic, partitions, replication_factor, configs }) {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const topics = [{ topic, numPartitions: partitions, replicationFactor: replication_factor, configEntries }];
    await (await this.admin()).createTopics({ topics });
  }

  async add_partitions({ topic, count }) {
    await (await this.admin()).createPartitions({ topicPartitions: [{ topic, count }] });
  }

  async topic_config({ topic }) {
    const found = await (await this.admin()).describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: topic }] });
    const entries = found.resources[0].configEntries.map((each) => [each.configName, each.configValue]);
    return { configs: Object.fromEntries(entries) };
  }

  async alter_topic_config({ topic, name, value }) {
    const resources = [{ type: 2, name: topic, configEntries: [{ name, value }] }];
    await (await this.admin()).alterConfigs({ validateOnly: false, resources });
  }

  async delete_topic({ topic }) {
    await (await this.admin()).deleteTopics({ topics: [topic] });
  }

  async list_groups() {
    return { groups: (await (await this.admin()).listGroups()).groups.map((each) => each.groupId) };
  }

  async delete_group({ group }) {
    await (await this.admin()).deleteGroups([group]);
  }

  async produce({ topic, records, settings }) {
    const producer = await cached(this.producers, settings, async () => {
      const made = this.kafka.producer({ idempotent: settings.idempotence ?? false, allowAutoTopicCreation: true });
      await made.connect();
      return made;
    });
    return { positions: await this.send(producer, topic, records, settings) };
  }

  send(producer, topic, records, settings) {
    const acks = { 0: 0, 1: 1, all: -1 }[settings.acks ?? "all"];
    const compression = CODECS[settings.compression ?? "none"];
    return placed(records, async (part) => {
      const found = await producer.send({ topic, acks, compression, messages: part.map(sent) });
      return new Map((found ?? []).map((each) => [each.partition, Number(each.baseOffset)]));
    });
  }

  async transaction({ topic, records, transactional_id, commit, settings }) {
    const producer = this.kafka.producer({ idempotent: true, maxInFlightRequests: 1, transactionalId: transactional_id });
    await producer.connect();
    const answer = await ended(await producer.transaction(), commit, (begun) => this.send(begun, topic, records, settings));
    await producer.disconnect();
    return answer;
  }

  async consume({ topic, partition, start, count, within_ms, isolation }) {
    // KafkaJS reads in groups only: one of its own, and the partition is sought
    const groupId = `reader-${Math.random()}`;
    const consumer = this.kafka.consumer({ groupId, readUncommitted: isolation === "read_uncommitted" });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: start !== "end" });
    const rows = [];
    const done = new Promise((resolve) => {
      consumer.run({
        autoCommit: false,
        eachMessage: async (each) => {
          if (each.partition === partition && rows.length < count) rows.push(told(topic, each.partition, each.message));
          if (rows.length === count) resolve();
        },
      });
      if (typeof start === "number") consumer.seek({ topic, partition, offset: String(start) });
    });
    await Promise.race([done, sleep(within_ms)]);
    await consumer.disconnect();
    return { records: rows };
  }

  async offsets({ topic, partition, timestamp }) {
    const admin = await this.admin();
    const one = (await admin.fetchTopicOffsets(topic)).find((each) => each.partition === partition);
    const after = (await admin.fetchTopicOffsetsByTimestamp(topic, timestamp)).find((each) => each.partition === partition);
    // where no record is that late, KafkaJS gives the end
    const at = Number(after.offset);
    return { beginning: Number(one.low), end: Number(one.high), at_timestamp: at < Number(one.high) ? at : null };
  }

  async open({ consumer, group, topics, settings }) {
    const opened = this.kafka.consumer({
      groupId: group,
      sessionTimeout: settings.session_timeout_ms ?? 30000,
      heartbeatInterval: settings.heartbeat_interval_ms ?? 500,
      maxWaitTimeInMs: 300,
    });
    await opened.connect();
    await opened.subscribe({ topics, fromBeginning: true });
    const made = new Opened(opened);
    this.consumers.set(consumer, made);
    await made.start();
  }

  poll({ consumer, count, within_ms }) {
    return this.consumers.get(consumer).poll(count, within_ms);
  }

  async commit({ consumer }) {
    const opened = this.consumers.get(consumer);
    const offsets = opened.places.map(([topic, partition, offset]) => ({ topic, partition, offset: String(offset) }));
    await opened.consumer.commitOffsets(offsets);
  }

  async seek({ consumer, topic, partition, offset }) {
    const opened = this.consumers.get(consumer);
    opened.seek(topic, partition, offset);
    opened.consumer.seek({ topic, partition, offset: String(offset) });
  }

  async close({ consumer }) {
    const opened = this.consumers.get(consumer);
    this.consumers.delete(consumer);
    await opened.consumer.disconnect();
  }

  async stop() {
    for (const { consumer } of this.consumers.values()) await consumer.disconnect();
    for (const producer of this.producers.values()) await producer.disconnect();
    await this.opened?.disconnect();
  }
}

await serve(new Driver(process.argv.at(-1)), (error) => {
  return error.name.startsWith("KafkaJS") ? `${error.type ?? error.cause?.type ?? error.name}: ${error.message}` : undefined;
});
