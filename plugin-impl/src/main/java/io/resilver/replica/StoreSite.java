package io.resilver.replica;

import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.error.UntrustedException;
import io.resilver.spi.model.ReplicaId;

/**
 * Where an error arose: in the store of a replica, which an adapter keeps. Two stores and perhaps two vendors take part in a
 * recovery, and whoever reads its error must know whom to ask.
 *
 * @param replica whose store it is
 * @param adapter the adapter's name
 */
public record StoreSite(ReplicaId replica, String adapter) {
    /**
     * An error of this store, with its name before the message.
     *
     * @param thrown what came out of a call of the store; what is no {@link RecoveryException} is somebody's bug
     * @return an error of the same type, with the same fields, and {@code thrown} as its cause; a {@link PermanentException} for a
     *     bug
     */
    public RecoveryException says(Throwable thrown) {
        if (!(thrown instanceof RecoveryException known)) {
            return new PermanentException(
                    this + ": unexpected " + thrown + ": this is a bug in the adapter or the driver", thrown);
        }
        RecoveryException told = again(known, this + ": " + what(known));
        told.initCause(known);
        return told;
    }

    private static String what(RecoveryException error) {
        return error instanceof CorruptException corrupt ? corrupt.what() : String.valueOf(error.getMessage());
    }

    private static RecoveryException again(RecoveryException error, String message) {
        if (error instanceof LogTrimmedException e) {
            return new LogTrimmedException(message, e.oldestLsn());
        } else if (error instanceof TruncationUnsafeException e) {
            return new TruncationUnsafeException(message, e.floorLsn());
        } else if (error instanceof CorruptException e) {
            return new CorruptException(message, e.where(), e.offset());
        } else if (error instanceof FencedException e) {
            return new FencedException(message, e.promisedEpoch());
        } else if (error instanceof ResourceExhaustedException e) {
            return new ResourceExhaustedException(message, e.resource());
        } else if (error instanceof BudgetExceededException e) {
            return new BudgetExceededException(message, e.budget());
        } else if (error instanceof CancelledException) {
            return new CancelledException(message);
        } else if (error instanceof RetriableException e) {
            return new RetriableException(message, e.after());
        } else if (error instanceof UntrustedException) {
            return new UntrustedException(message);
        }
        return new PermanentException(message);
    }

    @Override
    public String toString() {
        return replica + " (adapter " + adapter + ")";
    }
}
