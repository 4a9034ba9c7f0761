package io.resilver.coordination;

import java.util.EnumSet;
import java.util.Set;

/** Where one replica stands towards leading its volume; the chart is in the package's description. */
public enum AuthorityState {
    /** Its store was not compared with the record, or did not pass. */
    UNADMITTED,
    /** Its store is being compared with the record. */
    ADMITTING,
    /** Its store is known to the record. */
    FOLLOWING,
    /** It asks to become primary. */
    TAKING_OVER,
    /** It is primary by the record. */
    LEADING,
    /** The end. */
    CLOSED;

    private Set<AuthorityState> next() {
        return switch (this) {
            case UNADMITTED -> EnumSet.of(ADMITTING, CLOSED);
            case ADMITTING -> EnumSet.of(UNADMITTED, FOLLOWING, CLOSED);
            case FOLLOWING -> EnumSet.of(TAKING_OVER, CLOSED);
            case TAKING_OVER -> EnumSet.of(FOLLOWING, LEADING, CLOSED);
            case LEADING -> EnumSet.of(FOLLOWING, CLOSED);
            case CLOSED -> EnumSet.noneOf(AuthorityState.class);
        };
    }

    /**
     * Whether a step is legal.
     *
     * @param to the state after it
     * @return true for the arrows of the chart
     */
    public boolean mayBecome(AuthorityState to) {
        return next().contains(to);
    }
}
