package io.resilver.execution;

import io.resilver.spi.driver.Admission;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.storage.ReplicaVolume;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Tells the primary's own store what is committed, through its own gate (R2): one call at a time, and then the newest that
 * is known by then. Used on the strand.
 */
final class OwnCommitted {
    private final ReplicaVolume store;
    private final VolumeLeader.LocalGate gate;
    private final StrandIo io;
    private final LongConsumer whenTold;
    private final Consumer<RecoveryException> failed;
    private OptionalLong wanted = OptionalLong.empty();
    private OptionalLong told = OptionalLong.empty();
    private boolean telling;

    OwnCommitted(
            ReplicaVolume store,
            VolumeLeader.LocalGate gate,
            StrandIo io,
            LongConsumer whenTold,
            Consumer<RecoveryException> failed) {
        this.whenTold = whenTold;
        this.store = store;
        this.gate = gate;
        this.io = io;
        this.failed = failed;
    }

    /** Something was committed up to here. */
    void committed(long lsn) {
        wanted = OptionalLong.of(lsn);
        tell();
    }

    /** What the store knows in this term: what may be read there, and acknowledged (R37). */
    OptionalLong told() {
        return told;
    }

    private void tell() {
        if (telling || wanted.equals(told)) {
            return;
        }
        telling = true;
        long upTo = wanted.orElseThrow();
        io.run(
                () -> {
                    Admission pass = gate.enter();
                    try {
                        store.committed(upTo);
                    } finally {
                        pass.close();
                    }
                    return upTo;
                },
                done -> {
                    telling = false;
                    told = OptionalLong.of(done);
                    whenTold.accept(done);
                    tell();
                },
                cause -> {
                    telling = false;
                    failed.accept(cause);
                });
    }
}
