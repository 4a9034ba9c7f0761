package io.resilver.engine;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What a sender is doing.
 *
 * <pre>
 * stateDiagram-v2
 *   [*]         --> IDLE
 *   IDLE        --> CONNECTING : a new session
 *   CONNECTING  --> FENCING    : connected
 *   FENCING     --> PLANNING   : it promised, and told its position
 *   PLANNING    --> UNDECIDED  : nothing can be proved now
 *   PLANNING    --> WAITING    : planned, waiting for a slot
 *   PLANNING    --> RECOVERING : planned, no slot needed
 *   PLANNING    --> KEEPING_UP : zero gap
 *   WAITING     --> RECOVERING : pins are taken
 *   RECOVERING  --> PLANNING   : the plan does not hold, or escalates
 *   RECOVERING  --> KEEPING_UP : durable at the target
 *   KEEPING_UP  --> IN_SYNC    : joined
 *   IN_SYNC     --> KEEPING_UP : left the set, still fed
 *   BACKING_OFF --> CONNECTING : the next attempt
 *   UNDECIDED   --> CONNECTING : asked again
 *   GIVEN_UP    --> CONNECTING : asked for by somebody, or the record knows another opening of its store
 *   CONNECTING, FENCING, PLANNING, WAITING, RECOVERING, KEEPING_UP, IN_SYNC
 *               --> BACKING_OFF (failed) or GIVEN_UP (no attempt is left)
 *   BACKING_OFF --> GIVEN_UP   : called off
 *   all but IDLE and CLOSED --> IDLE : cancelled; a new epoch or endpoint
 *   all but CLOSED          --> CLOSED : the replica or this term is gone
 * </pre>
 */
public enum SenderState {
    /** Nothing is under way and nothing is scheduled. */
    IDLE,
    /** A session is begun; the replica's host does not answer yet. */
    CONNECTING,
    /** The replica was asked to promise the epoch and to tell its position. */
    FENCING,
    /** Its position is known; what it needs is being decided. */
    PLANNING,
    /** It is decided; a slot is not free yet. */
    WAITING,
    /** The plan is being executed. */
    RECOVERING,
    /** Fed at the head, not a member of the in-sync set. */
    KEEPING_UP,
    /** Fed at the head, a member of the in-sync set. */
    IN_SYNC,
    /** An attempt failed; the next one has its time. */
    BACKING_OFF,
    /** Nothing can be proved now; it is asked again later. */
    UNDECIDED,
    /** It failed for good, or too often; somebody must act. */
    GIVEN_UP,
    /** The end. */
    CLOSED;

    /**
     * The states that may follow.
     *
     * @return a copy
     */
    public Set<SenderState> next() {
        return switch (this) {
            case IDLE -> EnumSet.of(CONNECTING, CLOSED);
            case CONNECTING -> orEnd(FENCING);
            case FENCING -> orEnd(PLANNING);
            case PLANNING -> orEnd(WAITING, RECOVERING, KEEPING_UP, UNDECIDED);
            case WAITING -> orEnd(RECOVERING);
            case RECOVERING -> orEnd(PLANNING, KEEPING_UP);
            case KEEPING_UP -> orEnd(IN_SYNC);
            case IN_SYNC -> orEnd(KEEPING_UP);
            case BACKING_OFF -> EnumSet.of(CONNECTING, IDLE, GIVEN_UP, CLOSED);
            case UNDECIDED, GIVEN_UP -> EnumSet.of(CONNECTING, IDLE, CLOSED);
            case CLOSED -> EnumSet.noneOf(SenderState.class);
        };
    }

    /**
     * Whether another state may follow this one.
     *
     * @param next the other state
     * @return false also for the same state: nothing happened then
     */
    public boolean mayBecome(SenderState next) {
        return Objects.requireNonNull(Chart.NEXT.get(this)).contains(next);
    }

    /**
     * Whether a sender in this state has its one active session (R1, R13).
     *
     * @return true from connecting to in sync
     */
    public boolean hasSession() {
        return switch (this) {
            case CONNECTING, FENCING, PLANNING, WAITING, RECOVERING, KEEPING_UP, IN_SYNC -> true;
            case IDLE, BACKING_OFF, UNDECIDED, GIVEN_UP, CLOSED -> false;
        };
    }

    /** The chart, drawn once: a sender asks it at each of its steps. */
    private static final class Chart {
        private static final Map<SenderState, Set<SenderState>> NEXT = new EnumMap<>(SenderState.class);

        static {
            for (SenderState each : values()) {
                NEXT.put(each, each.next());
            }
        }
    }

    /** Every session can fail, be cancelled, run out of attempts or lose its sender. */
    private static Set<SenderState> orEnd(SenderState... onward) {
        Set<SenderState> all = EnumSet.of(IDLE, BACKING_OFF, GIVEN_UP, CLOSED);
        all.addAll(Set.of(onward));
        return all;
    }
}
