import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Members of consumer groups, told on stdin what to do: `join NAME GROUP ASSIGNOR INSTANCE TOPICS` and `close NAME GROUP`.
 * INSTANCE and ASSIGNOR may be -. Says `ready` first. Arguments: BOOTSTRAP.
 */
public class Members {
    static class Member extends Thread {
        final KafkaConsumer<byte[], byte[]> consumer;
        volatile boolean closing = false;

        Member(Properties settings, String topics) {
            consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            consumer.subscribe(Arrays.asList(topics.split(",")));
        }

        @Override
        public void run() {
            while (!closing) {
                consumer.poll(Duration.ofMillis(100));
            }
            consumer.close();
        }
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Member> members = new HashMap<>();
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        System.out.println("ready");
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.split(" ");
            if (words[0].equals("join")) {
                Properties settings = new Properties();
                settings.put("bootstrap.servers", arguments[0]);
                settings.put("client.id", words[1]);
                settings.put("group.id", words[2]);
                settings.put("group.protocol", "consumer");
                if (!words[3].equals("-")) {
                    settings.put("group.remote.assignor", words[3]);
                }
                if (!words[4].equals("-")) {
                    settings.put("group.instance.id", words[4]);
                }
                settings.put("metadata.max.age.ms", "500");
                Member member = new Member(settings, words[5]);
                member.start();
                members.put(words[1] + words[2], member);
            } else {
                Member member = members.remove(words[1] + words[2]);
                member.closing = true;
                member.join();
            }
        }
        System.exit(0);
    }
}
