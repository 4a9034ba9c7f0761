package io.resilver.coordination;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A person's permission to lead from a store that is not in sync, and so to lose what only the others hold (R32). Good for
 * one attempt, and for one record: what was known when a person decided to lose it. Thread safe.
 */
public final class UncleanPermission {
    private final String grantedBy;
    private final VolumeRecord seen;
    private final AtomicBoolean spent = new AtomicBoolean();

    /**
     * A fresh permission.
     *
     * @param grantedBy who answers for it, for the event
     * @param seen the record that was looked at: whatever has changed in it since may have brought a member back
     */
    public UncleanPermission(String grantedBy, VolumeRecord seen) {
        this.grantedBy = grantedBy;
        this.seen = seen;
    }

    /**
     * Who answers for it.
     *
     * @return a name
     */
    public String grantedBy() {
        return grantedBy;
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
