// Spring Kafka as an application: see ../../DRIVERS.md.

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;

@Configuration
@EnableKafka
public class Application {
    private static String bootstrap;
    private static String sink;

    @Bean
    public KafkaTemplate<byte[], byte[]> template() {
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap);
        return new KafkaTemplate<>(
            new DefaultKafkaProducerFactory<>(settings, new ByteArraySerializer(), new ByteArraySerializer()));
    }

    @Bean
    public ConcurrentKafkaListenerContainerFactory<byte[], byte[]> kafkaListenerContainerFactory() {
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest");
        ConcurrentKafkaListenerContainerFactory<byte[], byte[]> made = new ConcurrentKafkaListenerContainerFactory<>();
        made.setConsumerFactory(
            new DefaultKafkaConsumerFactory<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
        return made;
    }

    @Bean
    public Listener listener(KafkaTemplate<byte[], byte[]> template) {
        return new Listener(template);
    }

    public record Listener(KafkaTemplate<byte[], byte[]> template) {
        @KafkaListener(topics = "${source}", groupId = "${group}")
        public void listen(ConsumerRecord<byte[], byte[]> read) {
            String text = new String(read.value(), StandardCharsets.UTF_8);
            template.send(sink, read.key(), text.toUpperCase().getBytes(StandardCharsets.UTF_8)).join();
        }
    }

    public static void main(String[] arguments) {
        bootstrap = arguments[0];
        sink = arguments[2];
        System.setProperty("source", arguments[1]);
        System.setProperty("group", arguments[3]);
        new AnnotationConfigApplicationContext(Application.class).registerShutdownHook();
    }
}
