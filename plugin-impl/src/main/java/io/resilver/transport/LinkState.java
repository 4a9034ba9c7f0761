package io.resilver.transport;

/**
 * Where a connection is in its life.
 *
 * <pre>
 *   CONNECTING ──▶ GREETING ──▶ OPEN ──▶ ENDED
 *        └────────────┴───────────────────▲
 * </pre>
 */
enum LinkState {
    /** The socket is not there yet. */
    CONNECTING,
    /** The socket is there, the peer's hello is not. */
    GREETING,
    /** Both hellos fit: streams run. */
    OPEN,
    /** For ever. */
    ENDED;

    boolean mayBecome(LinkState next) {
        return switch (this) {
            case CONNECTING -> next == GREETING || next == ENDED;
            case GREETING -> next == OPEN || next == ENDED;
            case OPEN -> next == ENDED;
            case ENDED -> false;
        };
    }
}
