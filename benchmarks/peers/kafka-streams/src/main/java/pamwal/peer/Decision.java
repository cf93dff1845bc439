package pamwal.peer;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/** A decision as the aggregate reads it: the parts it folds. What it never looks at is skipped. */
@JsonIgnoreProperties(ignoreUnknown = true)
record Decision(String operationid, Data data) {

    /** The answer to one request. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Data(Asked request, String outcome, List<Fact> facts) {}

    /** Who asked. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Asked(String postid, Long sourceseq) {}

    /** Any fact of the workload; what a type does not say is null. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Fact(
            String type,
            String id,
            int version,
            String officer_id,
            String place,
            String occurred_at,
            String recorded_at,
            String deployment_id,
            String rally_id) {

        boolean isReport() {
            return type.equals("checked_in") || type.equals("checked_out");
        }
    }

    List<Fact> facts() {
        return data.facts() == null ? List.of() : data.facts();
    }

    String post() {
        return data.request().postid();
    }

    String postKey() {
        return operationid + "|" + post();
    }

    String officerKey(Fact fact) {
        return operationid + "|" + fact.officer_id();
    }

    /** What the decision says of its post: its number, and when an edge had it where the field speaks. */
    States.Post heard() {
        String heardAt = "";
        for (Fact fact : facts()) {
            heardAt = fact.recorded_at() == null ? heardAt : fact.recorded_at();
        }
        return new States.Post(heardAt, data.request().sourceseq());
    }

    /**
     * The key of a fact of the plan, or null where the digest has nothing of it.
     *
     * <p>Any type that the workload has not ends the program, for the digest would be of less.
     */
    String planKey(Fact fact) {
        return switch (fact.type()) {
            case "deployment_ordered" -> operationid + "|deployment|" + fact.deployment_id();
            case "rally_planned" -> operationid + "|rallies|" + fact.rally_id();
            case "officer_registered" -> operationid + "|roster|" + fact.officer_id();
            case "checked_in", "checked_out", "heartbeat_heard", "operation_opened" -> null;
            default -> throw new IllegalStateException("the workload has no " + fact.type());
        };
    }
}
