package io.resilver.host.product;

import java.util.OptionalLong;

/**
 * How many bytes per second one recovery may send from this host. The host changes it while it runs, and a recovery
 * that has begun goes on at the new rate within a second. Thread safe.
 */
public final class RecoveryRate {
    private volatile OptionalLong bytesPerSecond = OptionalLong.empty();

    /** No bound. */
    public RecoveryRate() {}

    /**
     * The bound in force.
     *
     * @return bytes per second, or empty for none
     */
    public OptionalLong bytesPerSecond() {
        return bytesPerSecond;
    }

    /**
     * Changes the bound.
     *
     * @param next 1 or more bytes per second, or empty for none
     */
    public void set(OptionalLong next) {
        if (next.isPresent() && next.getAsLong() < 1) {
            throw new IllegalArgumentException("a rate of " + next.getAsLong() + " bytes per second never ends");
        }
        bytesPerSecond = next;
    }
}
