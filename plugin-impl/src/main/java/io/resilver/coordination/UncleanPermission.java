package io.resilver.coordination;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A person's permission to lead from a store that is not in sync, and so to lose what only the others hold (R32). Good for
 * one attempt. Thread safe.
 */
public final class UncleanPermission {
    private final String grantedBy;
    private final AtomicBoolean spent = new AtomicBoolean();

    /**
     * A fresh permission.
     *
     * @param grantedBy who answers for it, for the event
     */
    public UncleanPermission(String grantedBy) {
        this.grantedBy = grantedBy;
    }

    /**
     * Who answers for it.
     *
     * @return a name
     */
    public String grantedBy() {
        return grantedBy;
    }

    /** Uses it up. */
    boolean spend() {
        return spent.compareAndSet(false, true);
    }
}
