// NestJS (on KafkaJS) as an application: see ../../DRIVERS.md. Its decorators are called as functions: this is no TypeScript.
import "reflect-metadata";
import { Controller, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ClientKafka, Ctx, EventPattern, KafkaContext, Transport } from "@nestjs/microservices";

const [bootstrap, source, sink, group] = process.argv.slice(2);
const options = {
  client: { clientId: "nest", brokers: bootstrap.split(",") },
  consumer: { groupId: group },
  subscribe: { fromBeginning: true },
  postfixId: "",
};
const sending = new ClientKafka({ ...options, producerOnlyMode: true });

class Upper {
  async handle(context) {
    const { key, value } = context.getMessage();
    const message = { key: key && Buffer.from(key), value: String(value).toUpperCase() };
    await new Promise((complete, error) => sending.emit(sink, message).subscribe({ complete, error }));
  }
}
Controller()(Upper);
Ctx()(Upper.prototype, "handle", 0);
EventPattern(source)(Upper.prototype, "handle", Object.getOwnPropertyDescriptor(Upper.prototype, "handle"));

class Application {}
Module({ controllers: [Upper] })(Application);

await sending.connect();
const application = await NestFactory.createMicroservice(Application, { transport: Transport.KAFKA, options });
process.on("SIGTERM", async () => {
  await application.close();
  await sending.close();
  process.exit(0);
});
await application.listen();
