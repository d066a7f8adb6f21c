// Apache Kafka's console and admin tools as a driver: see ../../DRIVERS.md. They all run in this virtual machine, one after the
// other, for one of its own takes each of them a second. Records come to the producer and from the consumer as JSON, by the
// plug-ins that the tools have for that.

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.MessageFormatter;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.utils.internals.Exit;
import org.apache.kafka.tools.BrokerApiVersionsCommand;
import org.apache.kafka.tools.ConfigCommand;
import org.apache.kafka.tools.ConsoleProducer;
import org.apache.kafka.tools.GetOffsetShell;
import org.apache.kafka.tools.TopicCommand;
import org.apache.kafka.tools.api.RecordReader;
import org.apache.kafka.tools.consumer.ConsoleConsumer;
import org.apache.kafka.tools.consumer.group.ConsumerGroupCommand;

public class Driver {
    static final Pattern BROKER = Pattern.compile("^(\\S+):(\\d+) \\(id: (\\d+) ", Pattern.MULTILINE);
    static final Pattern TOPIC = Pattern.compile("^Topic: (\\S+)\t.*?PartitionCount: (\\d+)", Pattern.MULTILINE);
    static final Pattern CONFIG = Pattern.compile("^  (\\S+?)=(.*?) sensitive=", Pattern.MULTILINE);

    interface Tool {
        void main(String... arguments) throws Exception;
    }

    // A tool that wants to end the virtual machine.
    static class Ended extends Error {
    }

    // The lines of the console producer's input as records.
    public static class Reader implements RecordReader {
        String topic;

        @Override
        public void configure(Map<String, ?> settings) {
            topic = (String) settings.get("topic");
        }

        @Override
        public Iterator<ProducerRecord<byte[], byte[]>> readRecords(InputStream input) {
            try {
                List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
                for (JsonNode each : Lines.JSON.readTree(input)) {
                    records.add(Lines.sent(topic, each));
                }
                return records.iterator();
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        }
    }

    // What became of the console producer's records, which it does not tell itself, by their headers.
    public static class Positions implements ProducerInterceptor<byte[], byte[]> {
        static final List<Headers> SENT = new ArrayList<>();
        static final Map<Headers, List<Object>> FOUND = new IdentityHashMap<>();
        static Exception failure;

        static synchronized void clear() {
            SENT.clear();
            FOUND.clear();
            failure = null;
        }

        static synchronized List<Object> all() {
            if (failure != null) {
                throw failure instanceof KafkaException known ? known : new KafkaException(failure);
            }
            List<Object> positions = new ArrayList<>();
            SENT.forEach(each -> positions.add(FOUND.get(each)));
            return positions;
        }

        @Override
        public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> record) {
            synchronized (Positions.class) {
                SENT.add(record.headers());
            }
            return record;
        }

        @Override
        public void onAcknowledgement(RecordMetadata at, Exception error, Headers headers) {
            synchronized (Positions.class) {
                failure = error == null ? failure : error;
                FOUND.put(headers, error == null ? Lines.position(at) : null);
            }
        }

        @Override
        public void configure(Map<String, ?> settings) {
        }

        @Override
        public void close() {
        }
    }

    // A record as a line of the console consumer's output.
    public static class Formatter implements MessageFormatter {
        @Override
        public void writeTo(ConsumerRecord<byte[], byte[]> record, PrintStream output) {
            try {
                output.println(Lines.JSON.writeValueAsString(Lines.told(record)));
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        }
    }

    final String bootstrap;
    final Path settings = Files.createTempFile("tools", ".properties");
    final List<Runnable> atExit = new ArrayList<>();
    final List<Integer> statuses = new ArrayList<>();
    final Map<String, JsonNode> opened = new HashMap<>();

    Driver(String bootstrap) throws Exception {
        this.bootstrap = bootstrap;
        List<String> lines = new ArrayList<>(List.of("default.api.timeout.ms=15000", "request.timeout.ms=5000"));
        Lines.security().forEach((name, value) -> lines.add(name + "=" + value));
        Files.write(settings, lines);
        Exit.setExitProcedure((status, message) -> {
            statuses.add(status);
            throw new Ended();
        });
        Exit.setShutdownHookAdder((name, hook) -> atExit.add(hook));
    }

    // What the tool prints; it has done what its process does until its end.
    String run(Tool tool, String input, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("--bootstrap-server", bootstrap, "--command-config", settings.toString()));
        all.addAll(List.of(arguments));
        PrintStream output = System.out;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        statuses.clear();
        System.setOut(new PrintStream(said, false, StandardCharsets.UTF_8));
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        try {
            tool.main(all.toArray(String[]::new));
        } catch (Ended ended) {
            // as its process would
        } finally {
            atExit.forEach(Runnable::run);
            atExit.clear();
            System.out.flush();
            System.setOut(output);
        }
        String text = said.toString(StandardCharsets.UTF_8);
        if ((!statuses.isEmpty() && statuses.get(0) != 0) || text.contains("Error:")) {  // a tool may catch its own end, and fail
            throw new KafkaException("status " + statuses + ": " + text);
        }
        return text;
    }

    String topics(String... arguments) throws Exception {
        return run(TopicCommand::main, "", arguments);
    }

    Object answer(String what, JsonNode r) throws Exception {
        String topic = r.path("topic").asText();
        switch (what) {
            case "metadata": return metadata();
            case "create_topic":
                List<String> asked = new ArrayList<>(List.of("--create", "--topic", topic, "--partitions",
                    r.get("partitions").asText(), "--replication-factor", r.get("replication_factor").asText()));
                r.get("configs").fields().forEachRemaining(
                    each -> asked.addAll(List.of("--config", each.getKey() + "=" + each.getValue().asText())));
                topics(asked.toArray(String[]::new));
                return Map.of();
            case "add_partitions":
                topics("--alter", "--topic", topic, "--partitions", r.get("count").asText());
                return Map.of();
            case "topic_config":
                Map<String, String> configs = new HashMap<>();
                String described = run(ConfigCommand::main, "", "--entity-type", "topics", "--entity-name", topic, "--describe", "--all");
                found(CONFIG, described).forEach(each -> configs.put(each.group(1), each.group(2)));
                return Map.of("configs", configs);
            case "alter_topic_config":
                String change = r.get("name").asText() + "=" + r.get("value").asText();
                run(ConfigCommand::main, "", "--entity-type", "topics", "--entity-name", topic, "--alter", "--add-config", change);
                return Map.of();
            case "delete_topic":
                topics("--delete", "--topic", topic);
                return Map.of();
            case "list_groups":
                return Map.of("groups", run(ConsumerGroupCommand::main, "", "--list").lines().toList());
            case "delete_group":
                run(ConsumerGroupCommand::main, "", "--delete", "--group", r.get("group").asText());
                return Map.of();
            case "produce": return produce(topic, r);
            case "consume":
                String start = r.get("start").asText().replace("beginning", "earliest").replace("end", "latest");
                return consume(r, topic, "--partition", r.get("partition").asText(), "--offset", start,
                    "--isolation-level", r.get("isolation").asText());
            case "offsets":
                Map<String, Object> offsets = new HashMap<>();
                offsets.put("beginning", offset(r, "earliest"));
                offsets.put("end", offset(r, "latest"));
                offsets.put("at_timestamp", offset(r, r.get("timestamp").asText()));
                return offsets;
            case "open":
                opened.put(r.get("consumer").asText(), r);
                return Map.of();
            case "poll": return poll(r);
            case "commit": return Map.of();  // the console consumer has committed when it ended
            case "close":
                opened.remove(r.get("consumer").asText());
                return Map.of();
            default: return null;
        }
    }

    static List<MatchResult> found(Pattern pattern, String text) {
        List<MatchResult> found = new ArrayList<>();
        for (Matcher each = pattern.matcher(text); each.find();) {
            found.add(each.toMatchResult());
        }
        return found;
    }

    Object metadata() throws Exception {
        List<Object> brokers = new ArrayList<>();
        for (MatchResult each : found(BROKER, run(BrokerApiVersionsCommand::main, ""))) {
            brokers.add(Map.of("id", Integer.valueOf(each.group(3)), "host", each.group(1), "port", Integer.valueOf(each.group(2))));
        }
        Map<String, Integer> topics = new HashMap<>();
        found(TOPIC, topics("--describe")).forEach(each -> topics.put(each.group(1), Integer.valueOf(each.group(2))));
        return Map.of("brokers", brokers, "topics", topics);
    }

    Object produce(String topic, JsonNode r) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("--topic", topic, "--line-reader", Reader.class.getName()));
        Map<String, String> settings = Lines.settings(r.get("settings"), Lines.PRODUCER);
        if (settings.containsKey("compression.type")) {
            arguments.addAll(List.of("--compression-codec", settings.remove("compression.type")));
        }
        settings.put("interceptor.classes", Positions.class.getName());
        settings.putIfAbsent("enable.idempotence", "false");
        settings.forEach((name, value) -> arguments.addAll(List.of("--command-property", name + "=" + value)));
        Positions.clear();
        run(ConsoleProducer::main, r.get("records").toString(), arguments.toArray(String[]::new));
        return Map.of("positions", Positions.all());
    }

    Map<String, Object> consume(JsonNode r, String topic, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("--topic", topic, "--formatter", Formatter.class.getName(),
            "--max-messages", r.get("count").asText(), "--timeout-ms", r.get("within_ms").asText()));
        arguments.addAll(List.of(more));
        Field count = ConsoleConsumer.class.getDeclaredField("messageCount");  // of all that this virtual machine has read
        count.setAccessible(true);
        count.setInt(null, 0);
        List<JsonNode> rows = new ArrayList<>();
        for (String line : run(ConsoleConsumer::main, "", arguments.toArray(String[]::new)).lines().toList()) {
            rows.add(Lines.JSON.readTree(line));
        }
        return Map.of("records", rows);
    }

    // A member that joins, reads, commits and leaves.
    Object poll(JsonNode r) throws Exception {
        JsonNode asked = opened.get(r.get("consumer").asText());
        List<String> arguments = new ArrayList<>(List.of("--group", asked.get("group").asText(), "--from-beginning"));
        Lines.settings(asked.get("settings"), Lines.CONSUMER).forEach(
            (name, value) -> arguments.addAll(List.of("--command-property", name + "=" + value)));
        Map<String, Object> answer = new HashMap<>(consume(r, asked.get("topics").get(0).asText(), arguments.toArray(String[]::new)));
        answer.put("assignment", List.of());  // it does not tell
        return answer;
    }

    Long offset(JsonNode r, String time) throws Exception {
        String where = r.get("topic").asText() + ":" + r.get("partition").asText();
        String said = run(GetOffsetShell::main, "", "--topic-partitions", where, "--time", time).strip();
        String offset = said.substring(said.lastIndexOf(':') + 1);
        return said.startsWith(where + ":") && !offset.isEmpty() ? Long.valueOf(offset) : null;
    }

    public static void main(String[] arguments) throws Exception {
        Driver driver = new Driver(arguments[arguments.length - 1]);
        Lines.serve(driver::answer);
        Files.delete(driver.settings);
    }
}
