package io.resilver.execution;

import io.resilver.spi.driver.Admission;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.storage.ReplicaVolume;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Tells the primary's own store what is committed, through its own gate (R2): one call at a time, and then the newest that
 * is known by then. That is what this term has committed; and what a replica knows to be committed from a term before, which
 * lets the store's image go on though nothing can be acknowledged or read yet. Used on the strand.
 */
final class OwnCommitted {
    private final ReplicaVolume store;
    private final VolumeLeader.LocalGate gate;
    private final StrandIo io;
    private final LongConsumer whenTold;
    private final Consumer<RecoveryException> failed;
    private OptionalLong wanted = OptionalLong.empty();
    private OptionalLong told = OptionalLong.empty();
    private long heardLsn;
    private long toldLsn;
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

    /** A replica knows all up to here to be committed, and the own log agrees with it so far. */
    void heard(long lsn) {
        heardLsn = Math.max(heardLsn, lsn);
        tell();
    }

    /** What the store knows in this term: what may be read there, and acknowledged (R37). */
    OptionalLong told() {
        return told;
    }

    private void tell() {
        OptionalLong own = wanted;
        long upTo = Math.max(heardLsn, own.orElse(0));
        if (telling || (own.equals(told) && upTo <= toldLsn)) {
            return;
        }
        telling = true;
        io.run(
                () -> {
                    Admission pass = gate.enter();
                    try {
                        store.committed(upTo);
                    } finally {
                        pass.close();
                    }
                    return own;
                },
                done -> {
                    telling = false;
                    toldLsn = Math.max(toldLsn, upTo);
                    if (!done.equals(told)) {
                        told = done;
                        whenTold.accept(done.orElseThrow());
                    }
                    tell();
                },
                cause -> {
                    telling = false;
                    failed.accept(cause);
                });
    }
}
