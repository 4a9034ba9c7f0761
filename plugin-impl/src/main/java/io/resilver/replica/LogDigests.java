package io.resilver.replica;

import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Answers a primary that compares its log with this store's. It only reads, beside whatever changes the store, one question at
 * a time and no more of the log than the primary has read of its own. Used on the store's strand.
 */
final class LogDigests {
    /** The most payload that a question may be about: several times what a primary asks for. */
    static final long MOST_BYTES = 8L << 20;

    /** The most entries that a question may be about. */
    static final long MOST_ENTRIES = 1L << 16;

    private static final int CHUNK_BYTES = 1 << 20;

    private final VolumeStore store;
    private final StoreIo io;
    private final CompletableFuture<Void> quiet = new CompletableFuture<>();
    private boolean reading;
    private boolean closed;

    LogDigests(VolumeStore store, StoreIo io) {
        this.store = store;
        this.io = io;
    }

    /** Reads and digests, and gives exactly one answer, on the strand. */
    void answer(Request.DigestLog asked, Consumer<Response> back) {
        Optional<RecoveryException> refusal = refusal(asked);
        if (refusal.isPresent()) {
            back.accept(not(asked, refusal.get()));
            return;
        }
        reading = true;
        io.run(
                () -> digest(asked),
                digest -> {
                    done();
                    back.accept(new Response.LogDigest(
                            asked.replica(), asked.token(), asked.question(), digest.entries(), digest.value()));
                },
                cause -> {
                    done();
                    back.accept(not(asked, cause));
                });
    }

    /** Answers nobody any more; completes once nothing is being read. */
    CompletionStage<Void> close() {
        closed = true;
        if (!reading) {
            quiet.complete(null);
        }
        return quiet;
    }

    private void done() {
        reading = false;
        if (closed) {
            quiet.complete(null);
        }
    }

    private Optional<RecoveryException> refusal(Request.DigestLog asked) {
        if (closed) {
            return Optional.of(new RetriableException("the store is being closed", Duration.ZERO));
        } else if (reading) {
            return Optional.of(new RetriableException(
                    "another range of this log is being digested: ask for one at a time", Duration.ZERO));
        } else if (asked.afterLsn() < 0 || asked.upToLsn() <= asked.afterLsn()) {
            return Optional.of(new PermanentException(
                    "there is no range after LSN " + asked.afterLsn() + " up to " + asked.upToLsn()));
        } else if (!isWithin(asked.entries(), MOST_ENTRIES) || !isWithin(asked.bytes(), MOST_BYTES)) {
            return Optional.of(new ResourceExhaustedException(
                    asked.entries() + " entries of " + asked.bytes() + " bytes are asked about, and at most "
                            + MOST_ENTRIES + " of " + MOST_BYTES + " are digested at a time",
                    "log digest"));
        }
        return Optional.empty();
    }

    private static boolean isWithin(long asked, long most) {
        return asked >= 0 && asked <= most;
    }

    /** Stops where the primary's range is exceeded: then the two differ, whatever comes behind. */
    private LogDigest digest(Request.DigestLog asked) throws RecoveryException {
        LogDigest digest = new LogDigest(asked.afterLsn());
        try (LogPin pin = store.source().pinLog(asked.afterLsn());
                EntryCursor cursor = pin.open(asked.afterLsn())) {
            boolean more = true;
            while (more && digest.entries() <= asked.entries() && digest.bytes() <= asked.bytes()) {
                EntryBatch batch = cursor.next(asked.upToLsn(), CHUNK_BYTES);
                digest.add(batch, (int) asked.entries() + 1);
                more = !batch.isEmpty() && digest.lastLsn() < asked.upToLsn();
            }
        }
        return digest;
    }

    private static Response not(Request.DigestLog asked, RecoveryException cause) {
        return new Response.NotDigested(asked.replica(), asked.token(), asked.question(), cause);
    }
}
