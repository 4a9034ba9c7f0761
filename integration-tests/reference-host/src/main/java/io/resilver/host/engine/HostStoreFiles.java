package io.resilver.host.engine;

import io.resilver.spi.error.RecoveryException;
import java.util.OptionalLong;

/** Reads a store beside whoever has it open, from its files alone, and changes nothing. Blocks on I/O. */
public interface HostStoreFiles {
    /**
     * How far the log reaches in the files.
     *
     * @return an LSN, 0 for an empty log; it may trail what the store itself knows
     * @throws RecoveryException when the files cannot be read
     */
    long durableLsn() throws RecoveryException;

    /**
     * The SHA-256 of the volume as it is at an LSN.
     *
     * @param upToLsn inclusive; empty for what is known to be committed, or all where that is not kept apart
     * @return 64 hexadecimal digits
     * @throws RecoveryException when the files cannot be read, or have it at another LSN
     */
    String sha256(OptionalLong upToLsn) throws RecoveryException;
}
