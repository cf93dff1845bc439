package pamwal.peer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;

/**
 * Kafka Streams over the decisions, from their beginning to their end: a line of JSON.
 *
 * <p>Arguments: `aggregate` or `processor`, bootstrap servers, a folder, and the topics. One stream thread; the settings are as they come,
 * but for the replication that one broker can give. The first pass lets the machine compile its code and is not
 * counted; the second has an application of its own and is.
 */
public final class Peer {
    private static final long WITHIN_S = 200;

    private Peer() {}

    public static void main(String[] arguments) throws Exception {
        boolean byHand = arguments[0].equals("processor");
        String servers = arguments[1];
        Path folder = Path.of(arguments[2]);
        List<String> topics = List.of(arguments).subList(3, arguments.length);
        long total = records(servers, topics);
        String unique = Long.toString(System.currentTimeMillis());
        run(byHand, servers, folder, topics, total, "peer-warm-" + unique);
        System.out.println(run(byHand, servers, folder, topics, total, "peer-" + unique));
        System.exit(0);
    }

    private static String run(
            boolean byHand, String servers, Path folder, List<String> topics, long total, String name)
            throws Exception {
        Pace pace = new Pace(total);
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, Decision> decisions =
                builder.stream(topics, Consumed.with(Serdes.String(), Json.of(Decision.class)));
        if (byHand) {
            ByProcessor.build(decisions, pace);
        } else {
            ByAggregate.build(decisions, pace);
        }
        try (KafkaStreams streams = new KafkaStreams(builder.build(), settings(servers, folder, name))) {
            streams.start();
            if (!pace.awaitEnd(WITHIN_S)) {
                throw new IllegalStateException("not at the end of " + topics + " in " + WITHIN_S + " s");
            }
            return String.format(
                    Locale.ROOT,
                    "{\"found\": %d, \"seconds\": %.4f, \"cpu_s\": %.4f, \"peak_mb\": %.1f, \"digest\": \"%s\"}",
                    total, pace.seconds(), pace.cpuSeconds(), peakMb(), Digest.of(streams));
        }
    }

    private static Properties settings(String servers, Path folder, String name) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, name);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, folder.resolve("streams").toString());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        return settings;
    }

    private static long records(String servers, List<String> topics) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            var described = admin.describeTopics(topics).allTopicNames().get(30, TimeUnit.SECONDS);
            Map<TopicPartition, OffsetSpec> asked = described.values().stream()
                    .flatMap(topic -> topic.partitions().stream()
                            .map(each -> new TopicPartition(topic.name(), each.partition())))
                    .collect(Collectors.toMap(place -> place, place -> OffsetSpec.latest()));
            return admin.listOffsets(asked).all().get(30, TimeUnit.SECONDS).values().stream()
                    .mapToLong(ListOffsetsResult.ListOffsetsResultInfo::offset)
                    .sum();
        }
    }

    private static double peakMb() throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024;
            }
        }
        throw new IllegalStateException("this needs Linux");
    }
}
