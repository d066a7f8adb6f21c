// Apache Kafka's Java client as a driver: see ../../DRIVERS.md.

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class Driver {
    static final Duration WAIT = Duration.ofSeconds(60);
    static final Map<String, String> ASSIGNORS = Map.of(
        "range", "Range", "roundrobin", "RoundRobin", "sticky", "Sticky", "cooperative-sticky", "CooperativeSticky");

    // A member, and the positions after what it was given.
    static class Opened {
        KafkaConsumer<byte[], byte[]> consumer;
        Map<TopicPartition, OffsetAndMetadata> returned = new HashMap<>();
    }

    final Map<String, Object> common = new HashMap<>();
    final Map<String, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();
    final Map<String, Opened> consumers = new HashMap<>();
    Admin admin;

    Driver(String bootstrap) throws Exception {
        common.put("bootstrap.servers", bootstrap);
        common.put("metadata.max.age.ms", 1000);
        common.putAll(Lines.security());
    }

    Admin admin() {
        if (admin == null) {
            Map<String, Object> settings = new HashMap<>(common);
            settings.put("default.api.timeout.ms", 15000);
            settings.put("request.timeout.ms", 5000);
            admin = Admin.create(settings);
        }
        return admin;
    }

    Object answer(String what, JsonNode r) throws Exception {
        String topic = r.path("topic").asText();
        switch (what) {
            case "metadata": return metadata();
            case "create_topic":
                Map<String, String> configs = new HashMap<>();
                r.get("configs").fields().forEachRemaining(each -> configs.put(each.getKey(), each.getValue().asText()));
                short replicas = (short) r.get("replication_factor").asInt();
                NewTopic made = new NewTopic(topic, r.get("partitions").asInt(), replicas).configs(configs);
                admin().createTopics(List.of(made)).all().get();
                return Map.of();
            case "add_partitions":
                admin().createPartitions(Map.of(topic, NewPartitions.increaseTo(r.get("count").asInt()))).all().get();
                return Map.of();
            case "topic_config":
                ConfigResource asked = new ConfigResource(ConfigResource.Type.TOPIC, topic);
                Map<String, String> found = new HashMap<>();
                admin().describeConfigs(List.of(asked)).all().get().get(asked).entries()
                    .forEach(each -> found.put(each.name(), each.value()));
                return Map.of("configs", found);
            case "alter_topic_config":
                ConfigEntry entry = new ConfigEntry(r.get("name").asText(), r.get("value").asText());
                admin().incrementalAlterConfigs(Map.of(
                    new ConfigResource(ConfigResource.Type.TOPIC, topic),
                    List.of(new AlterConfigOp(entry, AlterConfigOp.OpType.SET)))).all().get();
                return Map.of();
            case "delete_topic":
                admin().deleteTopics(List.of(topic)).all().get();
                return Map.of();
            case "list_groups":
                return Map.of("groups", admin().listGroups().all().get().stream().map(each -> each.groupId()).toList());
            case "delete_group":
                admin().deleteConsumerGroups(List.of(r.get("group").asText())).all().get();
                return Map.of();
            case "produce":
                KafkaProducer<byte[], byte[]> producer = producers.computeIfAbsent(
                    r.get("settings").toString(), key -> newProducer(r.get("settings"), Map.of()));
                return Map.of("positions", send(producer, topic, r.get("records")));
            case "transaction": return transaction(topic, r);
            case "consume": return consume(topic, r);
            case "offsets": return offsets(topic, r);
            case "open": return open(r);
            case "poll":
                Opened polled = consumers.get(r.get("consumer").asText());
                List<Object> rows = read(polled, r.get("count").asInt(), r.get("within_ms").asLong());
                return Map.of("records", rows, "assignment",
                    polled.consumer.assignment().stream().map(each -> List.of(each.topic(), each.partition())).toList());
            case "commit":
                Opened opened = consumers.get(r.get("consumer").asText());
                opened.returned.keySet().retainAll(opened.consumer.assignment());
                opened.consumer.commitSync(opened.returned);
                return Map.of();
            case "seek":
                consumers.get(r.get("consumer").asText()).consumer.seek(
                    new TopicPartition(topic, r.get("partition").asInt()), r.get("offset").asLong());
                return Map.of();
            case "close":
                consumers.remove(r.get("consumer").asText()).consumer.close(
                    CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
                return Map.of();
            default: return null;
        }
    }

    Object metadata() throws Exception {
        List<Object> brokers = new ArrayList<>();
        admin().describeCluster().nodes().get().forEach(
            each -> brokers.add(Map.of("id", each.id(), "host", each.host(), "port", each.port())));
        Map<String, Integer> topics = new HashMap<>();
        admin().describeTopics(admin().listTopics().names().get()).allTopicNames().get()
            .forEach((name, each) -> topics.put(name, each.partitions().size()));
        return Map.of("brokers", brokers, "topics", topics);
    }

    KafkaProducer<byte[], byte[]> newProducer(JsonNode asked, Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(common);
        settings.put("enable.idempotence", false);
        settings.put("buffer.memory", 64 * 1024 * 1024);
        settings.putAll(Lines.settings(asked, Lines.PRODUCER));
        settings.putAll(more);
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    List<Object> send(KafkaProducer<byte[], byte[]> producer, String topic, JsonNode records) throws Exception {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (JsonNode each : records) {
            sent.add(producer.send(Lines.sent(topic, each)));
        }
        producer.flush();
        List<Object> positions = new ArrayList<>();
        for (Future<RecordMetadata> each : sent) {
            positions.add(Lines.position(each.get()));
        }
        return positions;
    }

    Object transaction(String topic, JsonNode r) throws Exception {
        Map<String, Object> own = Map.of("transactional.id", r.get("transactional_id").asText(), "enable.idempotence", true);
        try (KafkaProducer<byte[], byte[]> producer = newProducer(r.get("settings"), own)) {
            producer.initTransactions();
            producer.beginTransaction();
            List<Object> positions = send(producer, topic, r.get("records"));
            if (r.get("commit").asBoolean()) {
                producer.commitTransaction();
            } else {
                producer.abortTransaction();
            }
            return Map.of("positions", positions);
        }
    }

    KafkaConsumer<byte[], byte[]> newConsumer(Map<String, Object> own) {
        Map<String, Object> settings = new HashMap<>(common);
        settings.put("enable.auto.commit", false);
        settings.put("auto.offset.reset", "earliest");
        settings.put("max.partition.fetch.bytes", 4_000_000);
        settings.put("max.poll.records", 10_000);
        settings.putAll(own);
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    Object consume(String topic, JsonNode r) {
        TopicPartition where = new TopicPartition(topic, r.get("partition").asInt());
        Opened opened = new Opened();
        try (KafkaConsumer<byte[], byte[]> consumer = newConsumer(Map.of("isolation.level", r.get("isolation").asText()))) {
            opened.consumer = consumer;
            consumer.assign(List.of(where));
            if (r.get("start").isNumber()) {
                consumer.seek(where, r.get("start").asLong());
            } else if (r.get("start").asText().equals("beginning")) {
                consumer.seekToBeginning(List.of(where));
            } else {
                consumer.seekToEnd(List.of(where));
            }
            return Map.of("records", read(opened, r.get("count").asInt(), r.get("within_ms").asLong()));
        }
    }

    List<Object> read(Opened opened, int count, long withinMs) {
        List<Object> rows = new ArrayList<>();
        long deadline = System.currentTimeMillis() + withinMs;
        while (rows.size() < count && System.currentTimeMillis() < deadline) {
            long left = Math.max(0, Math.min(100, deadline - System.currentTimeMillis()));
            var found = opened.consumer.poll(Duration.ofMillis(left));
            for (TopicPartition where : found.partitions()) {
                for (ConsumerRecord<byte[], byte[]> each : found.records(where)) {
                    if (rows.size() == count) {
                        // more than was asked for: it comes with the next poll
                        opened.consumer.seek(where, each.offset());
                        break;
                    }
                    rows.add(Lines.told(each));
                    opened.returned.put(where, new OffsetAndMetadata(each.offset() + 1, each.leaderEpoch(), ""));
                }
            }
        }
        return rows;
    }

    Object offsets(String topic, JsonNode r) {
        TopicPartition where = new TopicPartition(topic, r.get("partition").asInt());
        try (KafkaConsumer<byte[], byte[]> consumer = newConsumer(Map.of())) {
            Map<String, Object> answer = new HashMap<>();
            answer.put("beginning", consumer.beginningOffsets(List.of(where)).get(where));
            answer.put("end", consumer.endOffsets(List.of(where)).get(where));
            answer.put("at_timestamp",
                Optional.ofNullable(consumer.offsetsForTimes(Map.of(where, r.get("timestamp").asLong())).get(where))
                    .map(each -> each.offset()).orElse(null));
            return answer;
        }
    }

    Object open(JsonNode r) {
        JsonNode asked = r.get("settings");
        boolean modern = asked.path("protocol").asText().equals("consumer");
        Map<String, Object> settings = new HashMap<>();
        settings.put("group.id", r.get("group").asText());
        settings.putAll(Lines.settings(asked, Lines.CONSUMER));
        if (asked.has("assignor")) {
            String name = asked.get("assignor").asText();
            if (modern) {
                settings.put("group.remote.assignor", name);
            } else {
                settings.put("partition.assignment.strategy",
                    "org.apache.kafka.clients.consumer." + ASSIGNORS.get(name) + "Assignor");
            }
        }
        Opened opened = new Opened();
        opened.consumer = newConsumer(settings);
        List<String> topics = new ArrayList<>();
        r.get("topics").forEach(each -> topics.add(each.asText()));
        opened.consumer.subscribe(topics);
        consumers.put(r.get("consumer").asText(), opened);
        return Map.of();
    }

    void stop() {
        consumers.values().forEach(each -> each.consumer.close());
        producers.values().forEach(each -> each.close(WAIT));
        if (admin != null) {
            admin.close();
        }
    }

    public static void main(String[] arguments) throws Exception {
        Driver driver = new Driver(arguments[arguments.length - 1]);
        Lines.serve(driver::answer);
        driver.stop();
    }
}
