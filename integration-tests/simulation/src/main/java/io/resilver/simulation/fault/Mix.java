package io.resilver.simulation.fault;

import java.util.EnumMap;
import java.util.Map;
import java.util.Random;

/**
 * How often each kind of fault comes.
 *
 * @param name for people
 * @param weights by kind; what is missing never comes
 * @param nextMs the longest time from the beginning of one to that of the next
 * @param clientMs the longest time from one client to the next
 * @param messageMs the longest that a message between hosts takes where nothing is wrong
 * @param graceMs how long a member may make nothing durable before its primary asks it out of the set
 */
public record Mix(String name, Map<FaultKind, Integer> weights, int nextMs, int clientMs, int messageMs, int graceMs) {
    private static final int USUAL_MS = 1_000;
    private static final int BUSY_MS = 80;
    private static final int NEAR_MS = 15;
    private static final int PATIENT_MS = 1_000;
    private static final int OFTEN = 6;
    private static final int SOMETIMES = 3;
    private static final int RARELY = 1;

    /** Copies the weights. */
    public Mix {
        weights = new EnumMap<>(weights);
    }

    /**
     * Everything that can happen.
     *
     * @return the mix of runs that look for what nobody has thought of
     */
    public static Mix everything() {
        Map<FaultKind, Integer> weights = new EnumMap<>(FaultKind.class);
        for (FaultKind each : FaultKind.values()) {
            weights.put(each, SOMETIMES);
        }
        weights.put(FaultKind.CRASH, OFTEN);
        weights.put(FaultKind.PAUSE, OFTEN);
        weights.put(FaultKind.ISOLATION, OFTEN);
        weights.put(FaultKind.ENSEMBLE_RESTORE, RARELY);
        weights.put(FaultKind.OUTDATED_RESTORE, RARELY);
        weights.put(FaultKind.ENSEMBLE_LOSS, RARELY);
        weights.put(FaultKind.FULL_DISK, RARELY);
        weights.put(FaultKind.REMOVED_AND_CRASHED, RARELY);
        return new Mix("everything", weights, USUAL_MS, BUSY_MS, NEAR_MS, PATIENT_MS);
    }

    /**
     * A few kinds, equally often.
     *
     * @param name for people
     * @param kinds which
     * @return a mix that makes something particular likely
     */
    public static Mix of(String name, FaultKind... kinds) {
        Map<FaultKind, Integer> weights = new EnumMap<>(FaultKind.class);
        for (FaultKind each : kinds) {
            weights.merge(each, 1, Integer::sum);
        }
        return new Mix(name, weights, USUAL_MS, BUSY_MS, NEAR_MS, PATIENT_MS);
    }

    /**
     * The same kinds, one soon after the other.
     *
     * @param longestMs the longest time from the beginning of one to that of the next
     * @return another mix
     */
    public Mix every(int longestMs) {
        return new Mix(name, weights, longestMs, clientMs, messageMs, graceMs);
    }

    /**
     * The same kinds, with other clients.
     *
     * @param longestMs the longest time from one client to the next
     * @return another mix
     */
    public Mix clients(int longestMs) {
        return new Mix(name, weights, nextMs, longestMs, messageMs, graceMs);
    }

    /**
     * The same kinds, with hosts that are far from each other.
     *
     * @param longestMs the longest that a message takes
     * @return another mix
     */
    public Mix messages(int longestMs) {
        return new Mix(name, weights, nextMs, clientMs, longestMs, graceMs);
    }

    /**
     * The same kinds, with policies of another patience.
     *
     * @param longestMs how long a member may make nothing durable before its primary asks it out of the set
     * @return another mix
     */
    public Mix grace(int longestMs) {
        return new Mix(name, weights, nextMs, clientMs, messageMs, longestMs);
    }

    FaultKind draw(Random random) {
        int left = random.nextInt(
                weights.values().stream().mapToInt(Integer::intValue).sum());
        for (Map.Entry<FaultKind, Integer> each : weights.entrySet()) {
            left -= each.getValue();
            if (left < 0) {
                return each.getKey();
            }
        }
        throw new IllegalStateException("a mix without weights");
    }
}
