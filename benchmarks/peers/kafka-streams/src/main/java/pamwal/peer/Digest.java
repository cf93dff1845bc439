package pamwal.peer;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.QueryableStoreTypes;

/** What both folds have to agree in; `benchmarks/peers/digest.py` says what each line counts. */
final class Digest {
    private final KafkaStreams streams;
    private final Map<String, long[]> counts = new TreeMap<>();
    private final Map<String, String> heard = new TreeMap<>();

    private Digest(KafkaStreams streams) {
        this.streams = streams;
    }

    static String of(KafkaStreams streams) {
        Digest digest = new Digest(streams);
        digest.<States.Officer>each(States.OFFICERS, digest::officer);
        digest.<States.Post>each(States.POSTS, (key, post) ->
                digest.heard.put(key + "|heard", post.lastHeard() + "|" + post.highest()));
        digest.<States.Subject>each(States.PLAN, digest::subject);
        return digest.hex();
    }

    private interface Entry<T> {
        void take(String key, T value);
    }

    private <T> void each(String store, Entry<T> entry) {
        var query = StoreQueryParameters.fromNameAndType(store, QueryableStoreTypes.<String, T>keyValueStore());
        try (KeyValueIterator<String, T> all = streams.store(query).all()) {
            while (all.hasNext()) {
                KeyValue<String, T> found = all.next();
                entry.take(found.key, found.value);
            }
        }
    }

    /** Check-ins and check-outs at each place, and who stands there: his last report is a check-in. */
    private void officer(String key, States.Officer officer) {
        String last = "";
        States.Report latest = null;
        for (Map.Entry<String, States.Report> each : officer.reports().entrySet()) {
            States.Report report = each.getValue();
            count(operation(key) + "|seen|" + report.place(), report.in() ? 0 : 1);
            String[] postAndFact = each.getKey().split("\\|");
            String at = report.occurredAt() + "|" + postAndFact[1] + "|" + postAndFact[0];
            if (latest == null || at.compareTo(last) > 0) {
                last = at;
                latest = report;
            }
        }
        if (latest != null && latest.in()) {
            count(operation(key) + "|seen|" + latest.place(), 2);
        }
    }

    private void subject(String key, States.Subject subject) {
        String[] operationAndKind = key.split("\\|");
        String what = operationAndKind[1].equals("deployment") ? "ordered|" + subject.place() : operationAndKind[1];
        count(operationAndKind[0] + "|" + what, 0);
    }

    private void count(String line, int column) {
        counts.computeIfAbsent(line, ignored -> new long[3])[column]++;
    }

    private static String operation(String key) {
        return key.substring(0, key.indexOf('|'));
    }

    private String hex() {
        Map<String, String> lines = new TreeMap<>(heard);
        counts.forEach((line, found) -> lines.put(line, found[0] + "|" + found[1] + "|" + found[2]));
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            lines.forEach((line, found) ->
                    sha256.update((line + "|" + found + "\n").getBytes(StandardCharsets.UTF_8)));
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }
}
