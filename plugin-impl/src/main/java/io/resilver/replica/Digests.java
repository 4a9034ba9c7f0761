package io.resilver.replica;

import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Answers a primary that compares its log and its image with this store's. It only reads, beside whatever changes the store, one
 * question at a time and no more than the primary has read of its own. Used on the store's strand.
 */
final class Digests {
    /** The most payload that a question may be about: several times what a primary asks for. */
    static final long MOST_BYTES = 8L << 20;

    /** The most entries that a question may be about. */
    static final long MOST_ENTRIES = 1L << 16;

    /** The most bytes of an image that a question may be about. */
    static final int MOST_IMAGE_BYTES = 8 << 20;

    private static final int CHUNK_BYTES = 1 << 20;

    private final VolumeStore store;
    private final boolean comparesImages;
    private final StoreIo io;
    /** Reads run beside the changes: one that hangs holds up no fence. */
    private final StoreIo reads;

    private final CompletableFuture<Void> quiet = new CompletableFuture<>();
    private boolean reading;
    private boolean closed;

    Digests(VolumeStore store, boolean comparesImages, StoreIo io, StoreIo reads) {
        this.store = store;
        this.comparesImages = comparesImages;
        this.io = io;
        this.reads = reads;
    }

    /** How something waits until the store has dealt with all that came before, and holds up what comes after. */
    interface Turns {
        /** Begins it, once; it runs the other when the store may go on. */
        void wait(Consumer<Runnable> begin);
    }

    /** Reads and digests, and gives exactly one answer, on the strand. */
    void answer(Request.DigestLog asked, Consumer<Response> back) {
        Optional<RecoveryException> refusal = refusal().or(() -> refusal(asked));
        if (refusal.isPresent()) {
            back.accept(not(asked, refusal.get()));
            return;
        }
        reading = true;
        reads.run(
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

    /**
     * The same, of the image at exactly one LSN. It is frozen when the store has dealt with all that came before the question,
     * and so when it knows what it was told to be committed; read it is beside the changes that follow.
     */
    void answer(Request.DigestImage asked, Turns turns, Consumer<Response> back) {
        Optional<RecoveryException> refusal = refusal().or(() -> refusal(asked));
        if (refusal.isPresent()) {
            back.accept(not(asked, refusal.get()));
            return;
        }
        reading = true;
        turns.wait(goOn -> io.run(
                () -> freeze(asked),
                pin -> {
                    goOn.run();
                    read(asked, pin, back);
                },
                cause -> {
                    goOn.run();
                    done();
                    back.accept(not(asked, cause));
                }));
    }

    private BasePin freeze(Request.DigestImage asked) throws RecoveryException {
        BasePin pin = store.source().pinFullBase(asked.lsn());
        boolean right = false;
        try {
            long lsn = pin.base().lsn();
            if (lsn != asked.lsn()) {
                throw new RetriableException(
                        "the image of " + store.replica() + " is at LSN " + lsn + " and was asked about at "
                                + asked.lsn(),
                        Duration.ZERO);
            }
            right = true;
            return pin;
        } finally {
            if (!right) {
                pin.close();
            }
        }
    }

    private void read(Request.DigestImage asked, BasePin pin, Consumer<Response> back) {
        reads.run(
                () -> {
                    try (pin) {
                        return ImageDigest.of(pin, asked.offset(), asked.bytes());
                    }
                },
                digest -> {
                    done();
                    back.accept(
                            new Response.ImageDigest(asked.replica(), asked.token(), asked.question(), digest.value()));
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

    private Optional<RecoveryException> refusal() {
        if (closed) {
            return Optional.of(new RetriableException("the store is being closed", Duration.ZERO));
        } else if (reading) {
            return Optional.of(new RetriableException(
                    "another range of this store is being digested: ask for one at a time", Duration.ZERO));
        }
        return Optional.empty();
    }

    private Optional<RecoveryException> refusal(Request.DigestImage asked) {
        if (!comparesImages) {
            return Optional.of(new PermanentException("the engine of " + store.replica() + " does not declare "
                    + Capability.SAME_IMAGE + ": its images cannot be compared"));
        } else if (asked.lsn() < 0 || asked.offset() < 0 || asked.bytes() < 0) {
            return Optional.of(new PermanentException(
                    "there are no " + asked.bytes() + " bytes from " + asked.offset() + " on at LSN " + asked.lsn()));
        } else if (asked.bytes() > MOST_IMAGE_BYTES) {
            return Optional.of(new ResourceExhaustedException(
                    asked.bytes() + " bytes are asked about, and at most " + MOST_IMAGE_BYTES
                            + " are digested at a time",
                    "image digest"));
        }
        return Optional.empty();
    }

    private Optional<RecoveryException> refusal(Request.DigestLog asked) {
        if (asked.afterLsn() < 0 || asked.upToLsn() <= asked.afterLsn()) {
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

    private static Response not(Request.Question asked, RecoveryException cause) {
        return new Response.NotDigested(asked.replica(), asked.token(), asked.question(), cause);
    }
}
