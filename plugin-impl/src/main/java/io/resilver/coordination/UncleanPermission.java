package io.resilver.coordination;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A person's permission to lead from a store that is not in sync, and so to lose what only the others hold (R32). Who gave it is
 * told by an event; it is good for one attempt, and for one record: what was known when a person decided to lose it. Thread safe.
 */
public final class UncleanPermission {
    private final VolumeRecord seen;
    private final AtomicBoolean spent = new AtomicBoolean();

    /**
     * A fresh permission.
     *
     * @param seen the record that was looked at: whatever has changed in it since may have brought a member back
     */
    public UncleanPermission(VolumeRecord seen) {
        this.seen = seen;
    }

    /** Whether it was given for this record. */
    boolean isFor(VolumeRecord record) {
        return seen.equals(record);
    }

    /** Uses it up. */
    boolean spend() {
        return spent.compareAndSet(false, true);
    }
}
