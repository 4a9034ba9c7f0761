package io.resilver.host.volume.tck.broken;

import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.ReplicaVolume;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Breaks of appending, flushing, truncating and promising. */
final class BrokenTargets {
    private BrokenTargets() {}

    /** A single entry is acknowledged before it is forced, which the next flush does. */
    public static final class AcknowledgedBeforeForce extends BrokenFixture {
        public AcknowledgedBeforeForce() {
            super(new Seams() {
                @Override
                ReplicaVolume target(ReplicaVolume right, WrappedStore store) {
                    return new WrappedTarget(right, store) {
                        private int waiting;

                        @Override
                        public void append(EntryBatch batch) throws RecoveryException {
                            super.append(batch);
                            waiting += batch.entries().size();
                        }

                        @Override
                        public long flush() throws RecoveryException {
                            boolean one = waiting == 1;
                            waiting = 0;
                            return one ? store.right().appendedLsn() : super.flush();
                        }
                    };
                }
            });
        }
    }

    /** What is sent again before it was flushed is appended again, behind the head. */
    public static final class AppliedTwice extends BrokenFixture {
        public AppliedTwice() {
            super(new Seams() {
                @Override
                ReplicaVolume target(ReplicaVolume right, WrappedStore store) {
                    return new WrappedTarget(right, store) {
                        @Override
                        public void append(EntryBatch batch) throws RecoveryException {
                            long head = store.right().appendedLsn();
                            boolean again = !batch.isEmpty()
                                    && batch.last().lsn() == head
                                    && batch.entries().get(0).lsn() > position().flushedLsn();
                            super.append(batch);
                            if (again) {
                                super.append(shifted(batch, head));
                            }
                        }
                    };
                }
            });
        }

        private static EntryBatch shifted(EntryBatch batch, long by) {
            long epoch = batch.last().epoch();
            List<LogEntry> entries = new ArrayList<>();
            for (LogEntry entry : batch.entries()) {
                entries.add(new LogEntry(entry.lsn() + by, epoch, entry.payload()));
            }
            return new EntryBatch(new EntryId(by, epoch), entries, batch.writers());
        }
    }

    /** A payload in a direct buffer is read by moving that very buffer. */
    public static final class PayloadMoved extends BrokenFixture {
        public PayloadMoved() {
            super(new Seams() {
                @Override
                ReplicaVolume target(ReplicaVolume right, WrappedStore store) {
                    return new WrappedTarget(right, store) {
                        @Override
                        public void append(EntryBatch batch) throws RecoveryException {
                            super.append(batch);
                            for (LogEntry entry : batch.entries()) {
                                ByteBuffer payload = entry.payload();
                                payload.position(payload.isDirect() ? payload.limit() : payload.position());
                            }
                        }
                    };
                }
            });
        }
    }

    /** A truncation is a matter of bookkeeping: the entries are there again when the store is opened again. */
    public static final class TruncationOfBookkeeping extends BrokenFixture {
        public TruncationOfBookkeeping() {
            super(new Seams() {
                private final Map<String, EntryBatch> removed = new HashMap<>();

                @Override
                ReplicaVolume target(ReplicaVolume right, WrappedStore store) {
                    Optional<EntryBatch> before =
                            Optional.ofNullable(removed.remove(store.replica().name()));
                    if (before.isPresent()) {
                        try {
                            right.append(before.get());
                            right.flush();
                        } catch (RecoveryException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                    return new WrappedTarget(right, store) {
                        @Override
                        public void append(EntryBatch batch) throws RecoveryException {
                            removed.remove(store.replica().name());
                            super.append(batch);
                        }

                        @Override
                        public void truncateTo(long lsn) throws RecoveryException {
                            EntryBatch gone = entriesAfter(store, lsn);
                            super.truncateTo(lsn);
                            removed.put(store.replica().name(), gone);
                        }
                    };
                }
            });
        }

        private static EntryBatch entriesAfter(WrappedStore store, long lsn) throws RecoveryException {
            try (LogPin pin = store.right().source().pinLog(lsn);
                    EntryCursor cursor = pin.open(lsn)) {
                return cursor.next(Long.MAX_VALUE, 1 << 20);
            }
        }
    }

    /** The writers of what was truncated stay in the position until something is appended. */
    public static final class LineageNotTruncated extends BrokenFixture {
        public LineageNotTruncated() {
            super(new Seams() {
                @Override
                ReplicaVolume target(ReplicaVolume right, WrappedStore store) {
                    return new WrappedTarget(right, store) {
                        private Optional<ReplicaPosition> before = Optional.empty();

                        @Override
                        public ReplicaPosition position() throws RecoveryException {
                            ReplicaPosition now = super.position();
                            return before.isEmpty()
                                    ? now
                                    : new ReplicaPosition(
                                            now.flushedLsn(),
                                            now.truncationFloorLsn(),
                                            now.committedLsn(),
                                            now.usable(),
                                            before.get().lineage());
                        }

                        @Override
                        public void append(EntryBatch batch) throws RecoveryException {
                            before = Optional.empty();
                            super.append(batch);
                        }

                        @Override
                        public void truncateTo(long lsn) throws RecoveryException {
                            ReplicaPosition whole = super.position();
                            super.truncateTo(lsn);
                            before = Optional.of(whole);
                        }
                    };
                }
            });
        }
    }

    /** A truncation that is refused is taken for done. */
    public static final class ErrorSwallowed extends BrokenFixture {
        public ErrorSwallowed() {
            super(new Seams() {
                @Override
                ReplicaVolume target(ReplicaVolume right, WrappedStore store) {
                    return new WrappedTarget(right, store) {
                        @Override
                        public void truncateTo(long lsn) throws RecoveryException {
                            try {
                                super.truncateTo(lsn);
                            } catch (TruncationUnsafeException e) {
                                return; // it will not matter
                            }
                        }
                    };
                }
            });
        }
    }

    /** A promise is kept in memory until the store is closed. */
    public static final class PromiseNotDurable extends BrokenFixture {
        public PromiseNotDurable() {
            super(new Seams() {
                @Override
                ReplicaVolume target(ReplicaVolume right, WrappedStore store) {
                    return new WrappedTarget(right, store) {
                        private Optional<Epoch> promised = Optional.empty();

                        @Override
                        public Optional<Epoch> promise() throws RecoveryException {
                            Optional<Epoch> durable = super.promise();
                            return promised.isPresent() ? promised : durable;
                        }

                        @Override
                        public void promise(Epoch epoch) throws RecoveryException {
                            Epoch before = promise().orElse(epoch);
                            if (epoch.number() < before.number() || epoch.conflictsWith(before)) {
                                throw new FencedException(before + " was promised", before.number());
                            }
                            promised = Optional.of(epoch);
                            store.beforeClose(() -> super.promise(epoch));
                        }
                    };
                }
            });
        }
    }

    /** Another mint id of the promised epoch's number is taken for the same epoch. */
    public static final class AnyMintAgrees extends BrokenFixture {
        public AnyMintAgrees() {
            super(new Seams() {
                @Override
                ReplicaVolume target(ReplicaVolume right, WrappedStore store) {
                    return new WrappedTarget(right, store) {
                        @Override
                        public void promise(Epoch epoch) throws RecoveryException {
                            if (promise().stream().noneMatch(epoch::conflictsWith)) {
                                super.promise(epoch);
                            }
                        }
                    };
                }
            });
        }
    }
}
