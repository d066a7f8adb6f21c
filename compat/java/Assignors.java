import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.GroupAssignment;
import org.apache.kafka.coordinator.group.api.assignor.PartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.PartitionAssignorException;
import org.apache.kafka.coordinator.group.api.assignor.SubscribedTopicDescriber;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.apache.kafka.coordinator.group.assignor.RangeAssignor;
import org.apache.kafka.coordinator.group.assignor.UniformAssignor;
import org.apache.kafka.coordinator.group.modern.Assignment;
import org.apache.kafka.coordinator.group.modern.GroupSpecImpl;
import org.apache.kafka.coordinator.group.modern.MemberSubscriptionAndAssignmentImpl;

/** Apache Kafka's answers to the cases on stdin, one JSON object a line (tests/coordinator/group/consumer/assignors/cases.py says which). */
public class Assignors {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(JSON.writeValueAsString(answer(JSON.readTree(line))));
        }
    }

    private static Object answer(JsonNode testCase) {
        Map<Uuid, Integer> counts = new LinkedHashMap<>();
        testCase.get("topics").forEach(topic -> counts.put(uuid(topic.get(0).asText()), topic.get(1).asInt()));
        Map<String, MemberSubscriptionAndAssignmentImpl> members = new LinkedHashMap<>();
        Map<Uuid, Map<Integer, String>> owners = new LinkedHashMap<>();
        Set<Set<Uuid>> subscriptions = new LinkedHashSet<>();
        for (JsonNode member : testCase.get("members")) {
            String id = member.get("id").asText();
            Set<Uuid> subscribed = new LinkedHashSet<>();
            member.get("topics").forEach(topic -> subscribed.add(uuid(topic.asText())));
            subscriptions.add(subscribed);
            Map<Uuid, Set<Integer>> assigned = new LinkedHashMap<>();
            member.get("assigned").properties().forEach(entry -> {
                Uuid topic = uuid(entry.getKey());
                Set<Integer> held = assigned.computeIfAbsent(topic, key -> new LinkedHashSet<>());
                Map<Integer, String> owner = owners.computeIfAbsent(topic, key -> new LinkedHashMap<>());
                entry.getValue().forEach(partition -> {
                    held.add(partition.asInt());
                    owner.put(partition.asInt(), id);
                });
            });
            members.put(id, new MemberSubscriptionAndAssignmentImpl(
                Optional.empty(), Optional.ofNullable(member.get("instance").textValue()), subscribed, new Assignment(assigned)));
        }
        SubscriptionType type = subscriptions.size() == 1 ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS;
        boolean isRange = testCase.get("assignor").asText().equals(RangeAssignor.NAME);
        PartitionAssignor assignor = isRange ? new RangeAssignor() : new UniformAssignor();
        try {
            return written(members.keySet(), assignor.assign(new GroupSpecImpl(members, type, owners), new Topics(counts)));
        } catch (PartitionAssignorException refused) {
            return Map.of("error", refused.getClass().getSimpleName());
        }
    }

    private static Object written(Set<String> memberIds, GroupAssignment assignment) {
        Map<String, Object> target = new LinkedHashMap<>();
        for (String id : memberIds) {
            Map<String, Object> topics = new TreeMap<>();
            if (assignment.members().containsKey(id)) {
                assignment.members().get(id).partitions().forEach((topic, held) -> {
                    if (!held.isEmpty()) {
                        topics.put(hex(topic), new TreeSet<>(held));
                    }
                });
            }
            target.put(id, topics);
        }
        return target;
    }

    private static Uuid uuid(String hex) {
        return new Uuid(Long.parseUnsignedLong(hex.substring(0, 16), 16), Long.parseUnsignedLong(hex.substring(16), 16));
    }

    private static String hex(Uuid id) {
        return String.format("%016x%016x", id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    private record Topics(Map<Uuid, Integer> counts) implements SubscribedTopicDescriber {
        @Override
        public int numPartitions(Uuid topicId) {
            return counts.getOrDefault(topicId, -1);
        }

        @Override
        public Set<String> racksForPartition(Uuid topicId, int partition) {
            return Collections.emptySet();
        }
    }
}
