package io.resilver.coordination.memory;

import java.time.Duration;

/**
 * What becomes of one request.
 *
 * @param arrives when the request reaches the service
 * @param requestLost it never does: the client hears so, and does not know it
 * @param answers how long its answer then takes
 * @param answerLost the change is made all the same, and the client hears that the answer is lost: at once, where the
 *     request is late
 * @param stale how many changes of the node a read is behind, 0 for none
 */
public record Fate(Duration arrives, boolean requestLost, Duration answers, boolean answerLost, int stale) {
    /** At once, and answered at once. */
    public static final Fate PROMPT = new Fate(Duration.ZERO, false, Duration.ZERO, false, 0);

    /** The request never arrives. */
    public static final Fate REQUEST_LOST = new Fate(Duration.ZERO, true, Duration.ZERO, false, 0);

    /** The request is carried out and its answer is lost. */
    public static final Fate ANSWER_LOST = new Fate(Duration.ZERO, false, Duration.ZERO, true, 0);

    /**
     * Arrives after a while: others may come first.
     *
     * @param time from now
     * @return the fate
     */
    public static Fate late(Duration time) {
        return new Fate(time, false, Duration.ZERO, false, 0);
    }

    /**
     * The client hears at once that its answer is lost, as when its connection breaks, and the request arrives after a while:
     * what it reads meanwhile does not show what is still to come (R35).
     *
     * @param time from now, more than nothing
     * @return the fate
     */
    public static Fate lostAndLate(Duration time) {
        return new Fate(time, false, Duration.ZERO, true, 0);
    }

    /**
     * A read of what the node was some changes ago.
     *
     * @param changes how many
     * @return the fate
     */
    public static Fate stale(int changes) {
        return new Fate(Duration.ZERO, false, Duration.ZERO, false, changes);
    }
}
