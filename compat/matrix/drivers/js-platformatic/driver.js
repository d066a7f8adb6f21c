// @platformatic/kafka as a driver: see ../../DRIVERS.md.
import { Admin, Consumer, Producer } from "@platformatic/kafka";
import { readFileSync } from "node:fs";

import { cached, data, placed, security, serve, sleep, text, Waiting } from "./lines.js";

const TOPIC = 2;
const SET = 0;
const ACKS = { 0: 0, 1: 1, all: -1 };

function told(message) {
  return {
    topic: message.topic,
    partition: message.partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: text(message.key),
    value: text(message.value),
    headers: [...message.headers].map(([name, value]) => [String(name), text(value)]),
  };
}

function sent(topic, record) {
  const headers = new Map(record.headers.map(([name, value]) => [Buffer.from(name), data(value)]));
  const message = { topic, key: data(record.key), value: data(record.value), headers };
  if (record.partition !== undefined) message.partition = record.partition;
  if (record.timestamp !== undefined) message.timestamp = BigInt(record.timestamp);
  return message;
}

class Driver {
  constructor(bootstrap) {
    this.common = { clientId: "driver", bootstrapBrokers: bootstrap.split(",") };
    if (security.tls) this.common.tls = { ca: security.tls.ca_file && readFileSync(security.tls.ca_file) };
    if (security.sasl) this.common.sasl = security.sasl;
    this.admin = new Admin(this.common);
    this.producers = new Map();
    this.consumers = new Map();
  }

  async metadata() {
    const topics = await this.admin.listTopics({ includeInternals: true });
    const found = await this.admin.metadata({ topics, forceUpdate: true });
    const brokers = [...found.brokers].map(([id, { host, port }]) => ({ id, host, port }));
    const there = [...found.topics].filter(([, each]) => each); // one may have gone since it was listed
    return { brokers, topics: Object.fromEntries(there.map(([name, each]) => [name, each.partitionsCount])) };
  }

  async create_topic({ topic, partitions, replication_factor, configs }) {
    const own = Object.entries(configs).map(([name, value]) => ({ name, value }));
    await this.admin.createTopics({ topics: [topic], partitions, replicas: replication_factor, configs: own });
  }

  async add_partitions({ topic, count }) {
    await this.admin.createPartitions({ topics: [{ name: topic, count, assignments: null }] });
  }

  async topic_config({ topic }) {
    const resources = [{ resourceType: TOPIC, resourceName: topic }];
    const [found] = await this.admin.describeConfigs({ resources });
    return { configs: Object.fromEntries(found.configs.map(({ name, value }) => [name, value])) };
  }

  async alter_topic_config({ topic, name, value }) {
    const configs = [{ name, value, configOperation: SET }];
    await this.admin.incrementalAlterConfigs({ resources: [{ resourceType: TOPIC, resourceName: topic, configs }] });
  }

  async delete_topic({ topic }) {
    await this.admin.deleteTopics({ topics: [topic] });
  }

  async list_groups() {
    return { groups: [...(await this.admin.listGroups()).keys()] };
  }

  async delete_group({ group }) {
    await this.admin.deleteGroups({ groups: [group] });
  }

  async produce({ topic, records, settings }) {
    const idempotent = settings.idempotence ?? false;
    const make = () => new Producer({ ...this.common, idempotent, autocreateTopics: true });
    return { positions: await this.send(await cached(this.producers, settings, make), topic, records, settings) };
  }

  send(producer, topic, records, settings) {
    const acks = ACKS[settings.acks ?? "all"];
    const compression = settings.compression ?? "none";
    return placed(records, async (part) => {
      const { offsets } = await producer.send({ acks, compression, messages: part.map((each) => sent(topic, each)) });
      return new Map((offsets ?? []).map((each) => [each.partition, Number(each.offset)]));
    });
  }

  async transaction({ topic, records, transactional_id, commit, settings }) {
    const producer = new Producer({ ...this.common, idempotent: true, transactionalId: transactional_id });
    const transaction = await producer.beginTransaction();
    const positions = await this.send(transaction, topic, records, settings);
    await (commit ? transaction.commit() : transaction.abort());
    await producer.close();
    return { positions };
  }

  async consume({ topic, partition, start, count, within_ms, isolation }) {
    // its streams belong to groups: one of its own, which begins where it is told
    const consumer = new Consumer({ ...this.common, groupId: `reader-${Math.random()}`, maxWaitTime: 300 });
    const options = { topics: [topic], autocommit: false, isolationLevel: isolation === "read_committed" ? 1 : 0 };
    if (typeof start === "number") {
      const found = await this.admin.metadata({ topics: [topic], forceUpdate: true });
      options.mode = "manual";
      options.offsets = found.topics.get(topic).partitions.map((_, index) => {
        return { topic, partition: index, offset: BigInt(index === partition ? start : 0) };
      });
    } else options.mode = start === "end" ? "latest" : "earliest";
    const stream = await consumer.consume(options);
    const rows = [];
    const done = new Promise((resolve, reject) => {
      stream.on("error", reject);
      stream.on("data", (message) => {
        if (message.partition === partition && rows.length < count) rows.push(told(message));
        if (rows.length === count) resolve();
      });
    });
    await Promise.race([done, sleep(within_ms)]);
    await consumer.close(true);
    return { records: rows };
  }

  async offsets({ topic, partition, timestamp }) {
    const ask = async (time) => {
      const topics = [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: BigInt(time) }] }];
      return Number((await this.admin.listOffsets({ topics }))[0].partitions[0].offset);
    };
    const at = await ask(timestamp);
    return { beginning: await ask(-2), end: await ask(-1), at_timestamp: at < 0 ? null : at };
  }

  async open({ consumer, group, topics, settings }) {
    const own = { groupId: group, groupInstanceId: settings.instance_id, maxWaitTime: 300 };
    if (settings.protocol === "consumer") {
      own.groupProtocol = "consumer";
      own.groupRemoteAssignor = settings.assignor;
    } else {
      own.sessionTimeout = settings.session_timeout_ms ?? 30000;
      own.heartbeatInterval = settings.heartbeat_interval_ms ?? 500;
      own.rebalanceTimeout = 60000;
    }
    const client = new Consumer({ ...this.common, ...own });
    const waiting = new Waiting();
    for (const event of ["consumer:group:join", "consumer:group:rebalance"]) client.on(event, () => waiting.assigned([]));
    const opened = { client, waiting };
    this.consumers.set(consumer, opened);
    opened.stream = client.consume({ topics, autocommit: false, mode: "committed", fallbackMode: "earliest" });
    opened.reading = this.read(opened);
  }

  async read(opened) {
    try {
      for await (const message of await opened.stream) await opened.waiting.put(told(message));
    } catch (error) {
      opened.error = error;
    }
  }

  async poll({ consumer, count, within_ms }) {
    const opened = this.consumers.get(consumer);
    const { records } = await opened.waiting.poll(count, within_ms);
    if (opened.error) throw opened.error;
    const all = opened.client.assignments ?? [];
    return { records, assignment: all.flatMap(({ topic, partitions }) => partitions.map((one) => [topic, one])) };
  }

  async commit({ consumer }) {
    const { client, waiting } = this.consumers.get(consumer);
    const offsets = waiting.places.map(([topic, partition, offset]) => {
      return { topic, partition, offset: BigInt(offset), leaderEpoch: -1 };
    });
    await client.commit({ offsets });
  }

  async close({ consumer }) {
    const { client, reading } = this.consumers.get(consumer);
    this.consumers.delete(consumer);
    await client.close(true);
    await reading;
  }

  async stop() {
    for (const { client } of this.consumers.values()) await client.close(true);
    for (const producer of this.producers.values()) await producer.close();
    await this.admin.close();
  }
}

// The name that Kafka gives the error lies at the bottom of what the client throws.
function apiId(error) {
  const below = [...(error.errors ?? []), error.cause].filter(Boolean);
  return error.apiId ?? below.map(apiId).find(Boolean);
}

await serve(new Driver(process.argv.at(-1)), (error) => {
  return error.code?.startsWith("PLT_KFK_") ? `${apiId(error) ?? error.code}: ${error.message}` : undefined;
});
