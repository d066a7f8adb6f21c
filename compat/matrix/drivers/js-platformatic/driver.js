// @platformatic/kafka as a driver: see ../../DRIVERS.md.
import { Admin, Consumer, Producer } from "@platformatic/kafka";
import { readFileSync } from "node:fs";

import { cached, data, ended, placed, security, serve, sleep, text, Waiting } from "./lines.js";

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

// A member of a group. Its stream still gives what was on its way when a partition was lost: that is left out here.
class Opened extends Waiting {
  constructor(client, topics) {
    super();
    this.client = client;
    client.on("consumer:group:join", () => this.keeps(this.owned));
    const begin = { autocommit: false, mode: "committed", fallbackMode: "earliest" };
    this.reading = this.read(client.consume({ topics, ...begin }));
  }

  get owned() {
    return (this.client.assignments ?? []).flatMap(({ topic, partitions }) => partitions.map((one) => [topic, one]));
  }

  async read(stream) {
    try {
      for await (const message of await stream) {
        const { topic, partition } = message;
        if (this.owned.some((each) => each[0] === topic && each[1] === partition)) await this.put(told(message));
      }
    } catch (error) {
      this.error = error;
    }
  }

  async poll(count, withinMs) {
    this.keeps(this.owned);
    const { records } = await super.poll(count, withinMs);
    if (this.error) throw this.error;
    return { records, assignment: this.owned };
  }

  async commit() {
    const offsets = this.places.map(([topic, partition, offset]) => {
      return { topic, partition, offset: BigInt(offset), leaderEpoch: -1 };
    });
    await this.client.commit({ offsets });
  }

  async close() {
    await this.client.close(true);
    await this.reading;
  }
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
    const own = { idempotent: true, transactionalId: transactional_id };
    // a second one with the id would say that it is producer 0 with epoch 0, which Kafka takes for a fenced one
    const producer = await cached(this.producers, own, () => new Producer({ ...this.common, ...own }));
    return ended(await producer.beginTransaction(), commit, (begun) => this.send(begun, topic, records, settings));
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
      if (settings.assignor) own.protocols = [{ name: settings.assignor, version: 1 }];
    }
    this.consumers.set(consumer, new Opened(new Consumer({ ...this.common, ...own }), topics));
  }

  poll({ consumer, count, within_ms }) {
    return this.consumers.get(consumer).poll(count, within_ms);
  }

  async commit({ consumer }) {
    await this.consumers.get(consumer).commit();
  }

  async close({ consumer }) {
    const opened = this.consumers.get(consumer);
    this.consumers.delete(consumer);
    await opened.close();
  }

  async stop() {
    for (const opened of this.consumers.values()) await opened.close();
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
