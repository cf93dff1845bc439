package pamwal.peer;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The aggregate as the DSL offers it: facts under the key of what they are about, grouped, and aggregated.
 *
 * <p>Another key than the topic's means that each goes through a repartition topic.
 */
final class ByAggregate {
    /** A report on its way to its officer. */
    record Told(String post, Decision.Fact fact) {}

    private ByAggregate() {}

    static void build(KStream<String, Decision> decisions, Pace pace) {
        KStream<String, Decision> counted = decisions.peek((key, decision) -> pace.took(1));
        counted.map((key, decision) -> KeyValue.pair(decision.postKey(), decision.heard()))
                .groupByKey(Grouped.with(Serdes.String(), Json.of(States.Post.class)))
                .aggregate(
                        States.Post::unheard,
                        (key, heard, post) -> pace.aggregated(post.with(heard)),
                        kept(States.POSTS, States.Post.class));
        counted.flatMap((key, decision) -> reports(decision, pace))
                .groupByKey(Grouped.with(Serdes.String(), Json.of(Told.class)))
                .aggregate(
                        States.Officer::unseen,
                        (key, told, officer) -> pace.aggregated(officer.with(told.post(), told.fact())),
                        kept(States.OFFICERS, States.Officer.class));
        counted.flatMap((key, decision) -> planned(decision, pace))
                .groupByKey(Grouped.with(Serdes.String(), Json.of(Decision.Fact.class)))
                .aggregate(
                        States.Subject::unknown,
                        (key, fact, subject) -> pace.aggregated(subject.with(fact)),
                        kept(States.PLAN, States.Subject.class));
    }

    private static <T> Materialized<String, T, KeyValueStore<Bytes, byte[]>> kept(String name, Class<T> type) {
        return Materialized.<String, T>as(Stores.inMemoryKeyValueStore(name))
                .withKeySerde(Serdes.String())
                .withValueSerde(Json.of(type));
    }

    private static List<KeyValue<String, Told>> reports(Decision decision, Pace pace) {
        List<KeyValue<String, Told>> found = new ArrayList<>();
        for (Decision.Fact fact : decision.facts()) {
            if (fact.isReport()) {
                found.add(KeyValue.pair(decision.officerKey(fact), new Told(decision.post(), fact)));
            }
        }
        pace.sent(found.size());
        return found;
    }

    private static List<KeyValue<String, Decision.Fact>> planned(Decision decision, Pace pace) {
        List<KeyValue<String, Decision.Fact>> found = new ArrayList<>();
        for (Decision.Fact fact : decision.facts()) {
            String key = decision.planKey(fact);
            if (key != null) {
                found.add(KeyValue.pair(key, fact));
            }
        }
        pace.sent(found.size());
        return found;
    }
}
