package io.resilver.host.disk;

import java.io.IOException;

/** There is no room left. It may pass once something is freed; callers decide by this type, never by a message. */
public final class DiskFullException extends IOException {
    private static final long serialVersionUID = 1L;

    /**
     * A write found no room.
     *
     * @param message what was to be written where
     * @param cause what the system said
     */
    public DiskFullException(String message, IOException cause) {
        super(message, cause);
    }
}
