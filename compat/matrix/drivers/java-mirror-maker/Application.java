// MirrorMaker 2 as an application: it copies INPUT to the cluster of the last argument, where it is called OUTPUT, with the
// committed offsets of the group. See ../../DRIVERS.md.

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.connect.mirror.MirrorMaker;

public class Application {
    public static void main(String[] arguments) throws Exception {
        String source = arguments[0], input = arguments[1], output = arguments[2], group = arguments[3], target = arguments[4];
        // a copy is called ALIAS.INPUT, with the alias of the cluster it comes from
        String alias = output.substring(0, output.length() - input.length() - 1);
        List<String> settings = new ArrayList<>(Files.readAllLines(Path.of(System.getProperty("mm2.properties"))));
        settings.add("clusters = " + alias + ", target");
        settings.add(alias + ".bootstrap.servers = " + source);
        settings.add("target.bootstrap.servers = " + target);
        settings.add(alias + "->target.enabled = true");
        settings.add("target->" + alias + ".enabled = false");
        settings.add("topics = " + input);
        settings.add("groups = " + group);
        MirrorMaker.main(new String[] {Files.write(Path.of("mm2.properties"), settings).toString()});
    }
}
