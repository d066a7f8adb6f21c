// What the drivers of JavaScript clients have in common: requests and answers, a JSON object each, a line each.
// See ../../DRIVERS.md.
import readline from "node:readline";

export const text = (value) => (value === null || value === undefined ? null : Buffer.from(value).toString("base64"));
export const data = (value) => (value === null ? null : Buffer.from(value, "base64"));
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// what CLIENT_SECURITY says
export const security = JSON.parse(process.env.CLIENT_SECURITY ?? "{}");

// What was made for these settings, which is made now if it was not.
export async function cached(made, settings, make) {
  const key = JSON.stringify(settings);
  if (!made.has(key)) made.set(key, await make());
  return made.get(key);
}

const AT_ONCE = 1000; // records of one send, and records that wait for a poll

// Sends records in pieces whose places are known by the base offset of each partition: send gives Map(partition, base).
export async function placed(records, send) {
  const positions = [];
  const known = records.every((record) => record.partition !== undefined);
  const size = known ? AT_ONCE : 1;
  for (let at = 0; at < records.length; at += size) {
    const part = records.slice(at, at + size);
    const next = await send(part);
    for (const record of part) {
      const partition = record.partition ?? [...next.keys()][0] ?? null;
      const offset = next.get(partition) ?? null;
      if (offset !== null) next.set(partition, offset + 1);
      positions.push([partition, offset]);
    }
  }
  return positions;
}

// Sends in a transaction that has begun, and ends it.
export async function ended(transaction, commit, send) {
  const positions = await send(transaction);
  await (commit ? transaction.commit() : transaction.abort());
  return { positions };
}

// What a consumer that has subscribed was given waits here until it is polled.
export class Waiting {
  constructor() {
    this.rows = [];
    this.assignment = [];
    this.positions = new Map();
    this.sought = new Map(); // positions below which what is still on its way is left out
  }

  async put(row) {
    while (this.rows.length > AT_ONCE) await sleep(10);
    this.rows.push(row);
  }

  // The client begins again at what is committed.
  assigned(assignment) {
    this.rows = [];
    this.positions.clear();
    this.assignment = assignment;
  }

  // The client goes on in the partitions that it has kept; what is here of others is another member's now.
  keeps(assignment) {
    this.assignment = assignment;
    const owned = new Set(assignment.map((each) => JSON.stringify(each)));
    this.rows = this.rows.filter((row) => owned.has(JSON.stringify([row.topic, row.partition])));
    for (const key of this.positions.keys()) if (!owned.has(key)) this.positions.delete(key);
  }

  async poll(count, withinMs) {
    const rows = [];
    const deadline = Date.now() + withinMs;
    while (rows.length < count && Date.now() < deadline) {
      while (rows.length < count && this.rows.length) {
        const row = this.rows.shift();
        const key = JSON.stringify([row.topic, row.partition]);
        const sought = this.sought.get(key);
        if (sought !== undefined && row.offset !== sought) continue;
        this.sought.delete(key);
        rows.push(row);
        this.positions.set(key, row.offset + 1);
      }
      if (rows.length < count) await sleep(20);
    }
    return { records: rows, assignment: this.assignment };
  }

  seek(topic, partition, offset) {
    this.rows = this.rows.filter((row) => row.topic !== topic || row.partition !== partition);
    this.sought.set(JSON.stringify([topic, partition]), offset);
  }

  // [topic, partition, offset] behind what was polled
  get places() {
    return [...this.positions].map(([key, offset]) => [...JSON.parse(key), offset]);
  }
}

// Answers what stdin asks until it ends. told gives the text of an error of the client, and nothing for a bug.
export async function serve(driver, told) {
  for await (const line of readline.createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const request = JSON.parse(line);
    let answer;
    if (!(request.do in driver)) answer = { unsupported: request.do };
    else {
      try {
        answer = { ok: (await driver[request.do](request)) ?? {} };
      } catch (error) {
        const said = told(error);
        if (said === undefined) throw error;
        answer = { error: said };
      }
    }
    console.log(JSON.stringify(answer));
  }
  await driver.stop();
  process.exit(0);
}
