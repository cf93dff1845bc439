package pamwal.peer;

import java.util.Map;
import java.util.TreeMap;

/** What the stores keep, each under a key that begins with its operation. */
final class States {
    static final String OFFICERS = "officers";
    static final String POSTS = "posts";
    static final String PLAN = "plan";

    private States() {}

    /** One check-in or check-out. */
    record Report(boolean in, String place, String occurredAt) {}

    /** All reports of one officer, a set by post and fact id: twice is once, in any order. */
    record Officer(Map<String, Report> reports) {
        static Officer unseen() {
            return new Officer(new TreeMap<>());
        }

        Officer with(String post, Decision.Fact fact) {
            Report report = new Report(fact.type().equals("checked_in"), fact.place(), fact.occurred_at());
            reports.put(post + "|" + fact.id(), report);
            return this;
        }
    }

    /** What one post was heard to say: when an edge last had something from it, and its highest number. */
    record Post(String lastHeard, long highest) {
        static Post unheard() {
            return new Post("", 0);
        }

        Post with(Post other) {
            String later = other.lastHeard.compareTo(lastHeard) > 0 ? other.lastHeard : lastHeard;
            return new Post(later, Math.max(other.highest, highest));
        }
    }

    /** A subject of the plan by its newest version: a deployment with its place, a rally, an officer. */
    record Subject(int version, String place) {
        static Subject unknown() {
            return new Subject(0, null);
        }

        Subject with(Decision.Fact fact) {
            return fact.version() > version ? new Subject(fact.version(), fact.place()) : this;
        }
    }
}
