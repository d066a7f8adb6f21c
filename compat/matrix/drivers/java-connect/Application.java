// A worker of distributed Kafka Connect as an application: its file connectors take INPUT to a file, and the file to OUTPUT.
// See ../../DRIVERS.md.

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.connect.cli.ConnectDistributed;

public class Application {
    static final String FILE = "lines.txt";
    static final int OK = 200, CREATED = 201;

    public static void main(String[] arguments) throws Exception {
        String bootstrap = arguments[0], input = arguments[1], output = arguments[2], group = arguments[3];
        String address = "http://127.0.0.1:" + freePort();
        List<String> settings = new ArrayList<>(Files.readAllLines(Path.of(System.getProperty("worker.properties"))));
        settings.add("bootstrap.servers=" + bootstrap);
        settings.add("group.id=" + group);
        settings.add("listeners=" + address);
        for (String store : List.of("config", "offset", "status")) {
            settings.add(store + ".storage.topic=" + group + "-" + store);
        }
        Path file = Files.write(Path.of("worker.properties"), settings);
        new Thread(() -> ConnectDistributed.main(new String[] {file.toString()})).start();
        if (Files.notExists(Path.of(FILE))) {  // else the worker knows its connectors from its topic
            Files.createFile(Path.of(FILE));
            put(address, "sink", "{\"connector.class\": \"FileStreamSink\", \"file\": \"" + FILE + "\", \"topics\": \"" + input + "\"}");
            put(address, "source", "{\"connector.class\": \"FileStreamSource\", \"file\": \"" + FILE + "\", \"topic\": \"" + output + "\"}");
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0)) {
            return probe.getLocalPort();
        }
    }

    // The cluster has the connector: its worker's REST interface is asked until it is there and has no rebalance to wait for.
    static void put(String address, String name, String config) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        URI where = URI.create(address + "/connectors/" + name + "/config");
        HttpRequest request = HttpRequest.newBuilder(where).header("Content-Type", "application/json")
            .PUT(HttpRequest.BodyPublishers.ofString(config)).build();
        while (true) {
            try {
                int status = client.send(request, BodyHandlers.ofString()).statusCode();
                if (status == OK || status == CREATED) {
                    return;
                }
                System.err.println(name + ": " + status);
            } catch (IOException error) {
                System.err.println(name + ": " + error);
            }
            Thread.sleep(300);
        }
    }
}
