// What the drivers of Java clients have in common: requests and answers, a JSON object each, a line each. See ../../DRIVERS.md.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

public class Lines {
    static final ObjectMapper JSON = new ObjectMapper();
    static final Map<String, String> PRODUCER = Map.of(
        "acks", "acks", "compression", "compression.type", "idempotence", "enable.idempotence",
        "linger_ms", "linger.ms", "batch_bytes", "batch.size", "max_request_bytes", "max.request.size");
    static final Map<String, String> CONSUMER = Map.of(
        "protocol", "group.protocol", "instance_id", "group.instance.id",
        "session_timeout_ms", "session.timeout.ms", "heartbeat_interval_ms", "heartbeat.interval.ms");

    // null is what the client has no such thing for
    interface Answers {
        Object answer(String what, JsonNode request) throws Exception;
    }

    // Answers what stdin asks until it ends.
    static void serve(Answers answers) throws Exception {
        PrintStream output = System.out;
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode request = JSON.readTree(line);
            Map<String, Object> answer = new HashMap<>();
            try {
                Object done = answers.answer(request.get("do").asText(), request);
                answer.put(done == null ? "unsupported" : "ok", done == null ? request.get("do").asText() : done);
            } catch (ExecutionException error) {
                answer.put("error", error.getCause().toString());
            } catch (KafkaException error) {
                answer.put("error", error.toString());
            }
            output.println(JSON.writeValueAsString(answer));
        }
    }

    // Kafka's settings for what CLIENT_SECURITY says.
    static Map<String, String> security() throws Exception {
        Map<String, String> settings = new HashMap<>();
        JsonNode security = JSON.readTree(System.getenv().getOrDefault("CLIENT_SECURITY", "{}"));
        if (!security.isEmpty()) {
            String kind = security.has("tls") ? "SSL" : "PLAINTEXT";
            settings.put("security.protocol", security.has("sasl") ? "SASL_" + kind : kind);
            if (security.has("sasl")) {
                JsonNode sasl = security.get("sasl");
                String module = sasl.get("mechanism").asText().equals("PLAIN") ? "plain.Plain" : "scram.Scram";
                settings.put("sasl.mechanism", sasl.get("mechanism").asText());
                settings.put("sasl.jaas.config", String.format(
                    "org.apache.kafka.common.security.%sLoginModule required username=\"%s\" password=\"%s\";",
                    module, sasl.get("username").asText(), sasl.get("password").asText()));
            }
            if (security.path("tls").has("ca_file")) {
                settings.put("ssl.truststore.type", "PEM");
                settings.put("ssl.truststore.location", security.get("tls").get("ca_file").asText());
            }
        }
        return settings;
    }

    // Kafka's names of the settings that are asked for.
    static Map<String, String> settings(JsonNode asked, Map<String, String> names) {
        Map<String, String> settings = new HashMap<>();
        asked.fields().forEachRemaining(each -> {
            if (names.containsKey(each.getKey())) {
                settings.put(names.get(each.getKey()), each.getValue().asText());
            }
        });
        return settings;
    }

    // A record that is to be sent.
    static ProducerRecord<byte[], byte[]> sent(String topic, JsonNode asked) {
        List<Header> headers = new ArrayList<>();
        for (JsonNode header : asked.get("headers")) {
            headers.add(new RecordHeader(header.get(0).asText(), data(header.get(1))));
        }
        Integer partition = asked.has("partition") ? asked.get("partition").asInt() : null;
        Long timestamp = asked.has("timestamp") ? asked.get("timestamp").asLong() : null;
        return new ProducerRecord<>(topic, partition, timestamp, data(asked.get("key")), data(asked.get("value")), headers);
    }

    static List<Object> position(RecordMetadata at) {
        return Arrays.asList(at.partition(), at.hasOffset() ? at.offset() : null);
    }

    // A record that was read.
    static Map<String, Object> told(ConsumerRecord<byte[], byte[]> each) {
        List<Object> headers = new ArrayList<>();
        for (Header header : each.headers()) {
            headers.add(Arrays.asList(header.key(), text(header.value())));
        }
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("topic", each.topic());
        row.put("partition", each.partition());
        row.put("offset", each.offset());
        row.put("timestamp", each.timestamp());
        row.put("key", text(each.key()));
        row.put("value", text(each.value()));
        row.put("headers", headers);
        return row;
    }

    static String text(byte[] value) {
        return value == null ? null : Base64.getEncoder().encodeToString(value);
    }

    static byte[] data(JsonNode value) {
        return value == null || value.isNull() ? null : Base64.getDecoder().decode(value.asText());
    }
}
