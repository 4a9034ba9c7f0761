package io.resilver.execution;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The last sign of life of one replica, over all its sessions. Whoever receives an answer writes it down at once, on whatever
 * thread: of thousands of replicas that are asked all the time none costs a turn of its leader. Thread safe; does not block.
 */
final class SignsOfLife {
    /**
     * An answer.
     *
     * @param askedNanos when its question was sent
     * @param heardNanos when it came
     */
    record Sign(long askedNanos, long heardNanos) {}

    private volatile @Nullable Sign last;

    /**
     * The replica has answered. Signs may come in any order; the one with the latest question is kept.
     *
     * @param askedNanos when the question was sent, as the replica repeats it; one that was not sent yet is no sign (R11)
     * @param nowNanos the time
     */
    synchronized void answered(long askedNanos, long nowNanos) {
        Sign before = last;
        boolean isAsked = askedNanos - nowNanos <= 0;
        if (isAsked && (before == null || askedNanos - before.askedNanos() > 0)) {
            last = new Sign(askedNanos, nowNanos);
        }
    }

    /** The last one; empty before the first. */
    Optional<Sign> last() {
        return Optional.ofNullable(last);
    }

    /** Whether a question was answered that was sent within a time before now. */
    boolean within(long nanos, long nowNanos) {
        Sign sign = last;
        return sign != null && nowNanos - sign.askedNanos() < nanos;
    }
}
