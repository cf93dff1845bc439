package pamwal.peer;

import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The aggregate by hand, on the Processor API: decisions are keyed by operation, and so is all that is kept, so
 * that nothing is repartitioned.
 */
final class ByProcessor implements Processor<String, Decision, Void, Void> {
    private final Pace pace;
    private KeyValueStore<String, States.Officer> officers;
    private KeyValueStore<String, States.Post> posts;
    private KeyValueStore<String, States.Subject> plan;

    private ByProcessor(Pace pace) {
        this.pace = pace;
    }

    static void build(KStream<String, Decision> decisions, Pace pace) {
        decisions.process(new ProcessorSupplier<String, Decision, Void, Void>() {
            @Override
            public Processor<String, Decision, Void, Void> get() {
                return new ByProcessor(pace);
            }

            @Override
            public Set<StoreBuilder<?>> stores() {
                return Set.of(
                        store(States.OFFICERS, States.Officer.class),
                        store(States.POSTS, States.Post.class),
                        store(States.PLAN, States.Subject.class));
            }
        });
    }

    /** In memory, with a changelog, and with the record cache that aggregates have unless one says otherwise. */
    private static <T> StoreBuilder<KeyValueStore<String, T>> store(String name, Class<T> type) {
        return Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), Serdes.String(), Json.of(type))
                .withCachingEnabled();
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
        officers = context.getStateStore(States.OFFICERS);
        posts = context.getStateStore(States.POSTS);
        plan = context.getStateStore(States.PLAN);
    }

    @Override
    public void process(Record<String, Decision> record) {
        Decision decision = record.value();
        pace.took(0);
        for (Decision.Fact fact : decision.facts()) {
            if (fact.isReport()) {
                States.Officer known = officers.get(decision.officerKey(fact));
                known = known == null ? States.Officer.unseen() : known;
                officers.put(decision.officerKey(fact), known.with(decision.post(), fact));
            }
            String key = decision.planKey(fact);
            if (key != null) {
                States.Subject known = plan.get(key);
                plan.put(key, (known == null ? States.Subject.unknown() : known).with(fact));
            }
        }
        States.Post known = posts.get(decision.postKey());
        posts.put(decision.postKey(), (known == null ? States.Post.unheard() : known).with(decision.heard()));
        pace.check();
    }
}
