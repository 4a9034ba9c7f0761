package io.resilver.transport.codec;

import java.util.Optional;

/** What a frame is. Codes are for ever: a new meaning gets a new code. */
public enum FrameType {
    /** First in both directions: who speaks, to whom, in which versions. */
    HELLO(1, Use.CONNECTION),
    /** A sign of life; needs no answer, since both ends send it. */
    PING(2, Use.CONNECTION),
    /** Why the connection ends; nothing follows. */
    GOODBYE(3, Use.CONNECTION),
    /** Opens a stream for a replica. */
    OPEN(4, Use.STREAM),
    /** Ends a stream, with an error when the far end did it. */
    CLOSE(5, Use.STREAM),
    FENCE(16, Use.REQUEST),
    ASK(17, Use.REQUEST),
    TRUNCATE(18, Use.REQUEST),
    APPEND(19, Use.REQUEST),
    BASE_BEGIN(20, Use.REQUEST),
    BASE_RANGE(21, Use.REQUEST),
    BASE_COMMIT(22, Use.REQUEST),
    DIGEST_LOG(23, Use.REQUEST, 2),
    DIGEST_IMAGE(24, Use.REQUEST, 3),
    BASE_OFFER(25, Use.REQUEST, 4),
    FENCED(32, Use.RESPONSE),
    REFUSED(33, Use.RESPONSE),
    ANSWERED(34, Use.RESPONSE),
    TRUNCATED(35, Use.RESPONSE),
    DURABLE(36, Use.RESPONSE),
    BASE_READY(37, Use.RESPONSE),
    BASE_DURABLE(38, Use.RESPONSE),
    INSTALLED(39, Use.RESPONSE),
    FAILED(40, Use.RESPONSE),
    LOG_DIGEST(41, Use.RESPONSE, 2),
    NOT_DIGESTED(42, Use.RESPONSE, 2),
    IMAGE_DIGEST(43, Use.RESPONSE, 3),
    BASE_CANDIDATES(44, Use.RESPONSE, 4),
    BASE_WANTED(45, Use.RESPONSE, 4);

    /** Where a type belongs. */
    public enum Use {
        /** On stream 0, in both directions. */
        CONNECTION,
        /** Opens or closes a stream. */
        STREAM,
        /** Only from a sender to a replica. */
        REQUEST,
        /** Only from a replica to a sender. */
        RESPONSE
    }

    private static final FrameType[] BY_CODE = new FrameType[46];

    static {
        for (FrameType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final byte code;
    private final Use use;
    private final int since;

    FrameType(int code, Use use) {
        this(code, use, 1);
    }

    FrameType(int code, Use use, int since) {
        this.code = (byte) code;
        this.use = use;
        this.since = since;
    }

    /**
     * The byte on the wire.
     *
     * @return the code
     */
    public byte code() {
        return code;
    }

    /**
     * Where it belongs.
     *
     * @return the use
     */
    public Use use() {
        return use;
    }

    /**
     * Since when it is spoken.
     *
     * @return the first protocol version that has it
     */
    public int since() {
        return since;
    }

    static Optional<FrameType> of(byte code) {
        return code < 0 || code >= BY_CODE.length ? Optional.empty() : Optional.ofNullable(BY_CODE[code]);
    }
}
