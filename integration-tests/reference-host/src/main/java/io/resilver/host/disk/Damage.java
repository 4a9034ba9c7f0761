package io.resilver.host.disk;

import io.resilver.spi.error.CorruptException;
import java.nio.file.Path;

/** Says that a store's bytes are not what was written, and what can be done about it. Stateless. */
public final class Damage {
    /** A store cannot be repaired from itself: what is right is known to the other replicas only. */
    private static final String REMEDY = "check the disk, move the store's directory away and open the replica again,"
            + " so that it is rebuilt from another replica";

    private Damage() {}

    /**
     * The error for a person who is to act on it; changes nothing.
     *
     * @param what what was expected and what was found
     * @param file where
     * @param offset the first byte that is not right, from the beginning of the file
     * @return the error, to be thrown
     */
    public static CorruptException found(String what, Path file, long offset) {
        return new CorruptException(what + ": " + REMEDY, file.toString(), offset);
    }
}
