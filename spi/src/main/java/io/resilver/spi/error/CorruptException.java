package io.resilver.spi.error;

import io.resilver.spi.Api;

/** Stored bytes are not what was written. They were not served, and nothing was repaired silently. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public final class CorruptException extends RecoveryException {
    private static final long serialVersionUID = 1L;
    private final String what;
    private final String where;
    private final long offset;

    /**
     * A check failed.
     *
     * @param message what was expected and what was found
     * @param where the file or object
     * @param offset the first byte that is not right, from the beginning of {@code where}
     */
    public CorruptException(String message, String where, long offset) {
        super(message + " (" + where + " at byte " + offset + ")");
        this.what = message;
        this.where = where;
        this.offset = offset;
    }

    /**
     * What was expected and what was found, without the place, which {@link #getMessage} names after it.
     *
     * @return the message that this was made with
     */
    public String what() {
        return what;
    }

    /**
     * The file or object.
     *
     * @return a name that a person can find
     */
    public String where() {
        return where;
    }

    /**
     * The first byte that is not right.
     *
     * @return bytes from the beginning
     */
    public long offset() {
        return offset;
    }
}
