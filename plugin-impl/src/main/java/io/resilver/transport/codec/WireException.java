package io.resilver.transport.codec;

/** Bytes that are no valid frame, or a message that fits in none. */
public final class WireException extends Exception {
    private static final long serialVersionUID = 1L;
    private final Kind kind;

    /** What a new connection could change. */
    public enum Kind {
        /** The checksum or the length is wrong: what was sent is not what came. A new connection may do better. */
        DAMAGED,
        /** The bytes are as they were sent, and mean nothing here: the peer or this host is at fault. */
        MALFORMED
    }

    /**
     * Something is wrong with a frame.
     *
     * @param kind what a new connection could change
     * @param message what was expected and what was found
     */
    public WireException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /**
     * A frame that is as it was sent and means nothing.
     *
     * @param message what was expected and what was found
     * @return the exception
     */
    static WireException malformed(String message) {
        return new WireException(Kind.MALFORMED, message);
    }

    /**
     * What a new connection could change.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }
}
