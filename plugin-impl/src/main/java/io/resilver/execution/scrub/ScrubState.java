package io.resilver.execution.scrub;

/**
 * Where the scrub of a replica is. The turn is held from READING to the end of PACING.
 *
 * <pre>
 *   RESTING ──▶ WAITING ──▶ READING ──▶ ASKING ──▶ PACING
 *      ▲           │           ├──────────┼──────────▲ │
 *      └───────────┴───────────┴──────────┴────────────┘
 * </pre>
 */
enum ScrubState {
    /** Nothing is due, or nothing can be done now. */
    RESTING,
    /** Another range of this host is being compared. */
    WAITING,
    /** The primary's own range is being read. */
    READING,
    /** The replica was asked for the digest of its range. */
    ASKING,
    /** What was read is paid for with time. */
    PACING;

    boolean mayBecome(ScrubState next) {
        return switch (this) {
            case RESTING -> next == WAITING;
            case WAITING -> next == READING || next == RESTING;
            case READING -> next == ASKING || next == PACING || next == RESTING;
            case ASKING -> next == PACING || next == RESTING;
            case PACING -> next == RESTING;
        };
    }
}
