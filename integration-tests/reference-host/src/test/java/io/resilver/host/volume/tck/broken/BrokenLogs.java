package io.resilver.host.volume.tck.broken;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.StorageAdapter;
import java.io.Closeable;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Breaks of reading and holding the log. */
final class BrokenLogs {
    private BrokenLogs() {}

    /** An LSN off by one: the entry at the tail is granted, which is the first that is gone. */
    public static final class LsnOffByOne extends BrokenFixture {
        public LsnOffByOne() {
            super(new Seams() {
                @Override
                SourceVolume source(SourceVolume right, WrappedStore store) {
                    return new WrappedSource(right, store) {
                        @Override
                        public LogPin pinLog(long afterLsn) throws RecoveryException {
                            long tail = history().tailLsn();
                            return super.pinLog(afterLsn == tail - 1 ? tail : afterLsn);
                        }
                    };
                }
            });
        }
    }

    /** A pin at the head holds nothing of what is still to come. */
    public static final class PinThatDoesNotHold extends BrokenFixture {
        public PinThatDoesNotHold() {
            super(new Seams() {
                @Override
                SourceVolume source(SourceVolume right, WrappedStore store) {
                    return new WrappedSource(right, store) {
                        @Override
                        public LogPin pinLog(long afterLsn) throws RecoveryException {
                            LogPin pin = super.pinLog(afterLsn);
                            if (afterLsn == 0 || afterLsn < history().headLsn()) {
                                return pin;
                            }
                            pin.close();
                            return new PinOfNothing(right, afterLsn);
                        }
                    };
                }
            });
        }
    }

    /** Remembers where it would begin, and looks for it when it is read. */
    private record PinOfNothing(SourceVolume source, long afterLsn) implements LogPin {
        @Override
        public void advance(long lsn) {}

        @Override
        public EntryCursor open(long lsn) {
            return new EntryCursor() {
                private Optional<LogPin> pin = Optional.empty();
                private Optional<EntryCursor> cursor = Optional.empty();

                @Override
                public EntryBatch next(long upToLsn, int maxBytes) throws RecoveryException {
                    if (cursor.isEmpty()) {
                        pin = Optional.of(source.pinLog(lsn));
                        cursor = Optional.of(pin.get().open(lsn));
                    }
                    return cursor.get().next(upToLsn, maxBytes);
                }

                @Override
                public void close() {
                    cursor.ifPresent(EntryCursor::close);
                    pin.ifPresent(LogPin::close);
                }
            };
        }

        @Override
        public long heldBytes() {
            return 0;
        }

        @Override
        public void close() {}
    }

    /** A pin that was open when its store was closed is held again when it is opened, by nobody. */
    public static final class PinForgottenAtReopen extends BrokenFixture {
        public PinForgottenAtReopen() {
            super(new Seams() {
                private final Map<String, Long> held = new HashMap<>();

                @Override
                SourceVolume source(SourceVolume right, WrappedStore store) {
                    Optional<Long> before =
                            Optional.ofNullable(held.remove(store.replica().name()));
                    if (before.isPresent()) {
                        try {
                            right.pinLog(before.get());
                        } catch (RecoveryException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                    return right;
                }

                @Override
                LogPin logPin(LogPin right, WrappedStore store) {
                    held.put(store.replica().name(), right.afterLsn());
                    return new WrappedLogPin(right, store) {
                        @Override
                        public void close() {
                            held.remove(store.replica().name());
                            super.close();
                        }
                    };
                }
            });
        }
    }

    /** A pin says that it costs nothing, whatever it holds. */
    public static final class PinThatCostsNothing extends BrokenFixture {
        public PinThatCostsNothing() {
            super(new Seams() {
                @Override
                LogPin logPin(LogPin right, WrappedStore store) {
                    return new WrappedLogPin(right, store) {
                        @Override
                        public long heldBytes() {
                            return 0;
                        }
                    };
                }
            });
        }
    }

    /** A cursor goes on after its pin was closed, with what it has read ahead. */
    public static final class CursorOutlivesPin extends BrokenFixture {
        public CursorOutlivesPin() {
            super(new Seams() {
                @Override
                EntryCursor cursor(EntryCursor right, WrappedStore store) {
                    return new EntryCursor() {
                        @Override
                        public EntryBatch next(long upToLsn, int maxBytes) throws RecoveryException {
                            try {
                                return right.next(upToLsn, maxBytes);
                            } catch (LogTrimmedException e) {
                                return new EntryBatch(EntryId.NONE, List.of(), List.of());
                            }
                        }

                        @Override
                        public void close() {
                            right.close();
                        }
                    };
                }
            });
        }
    }

    /** "Up to an LSN" is taken for exclusive. */
    public static final class WrongEndOfRange extends BrokenFixture {
        public WrongEndOfRange() {
            super(new Seams() {
                @Override
                EntryCursor cursor(EntryCursor right, WrappedStore store) {
                    return new EntryCursor() {
                        @Override
                        public EntryBatch next(long upToLsn, int maxBytes) throws RecoveryException {
                            return right.next(upToLsn == Long.MAX_VALUE ? upToLsn : upToLsn - 1, maxBytes);
                        }

                        @Override
                        public void close() {
                            right.close();
                        }
                    };
                }
            });
        }
    }

    /** A batch of one entry comes in a buffer that the next one comes in too. */
    public static final class BufferUsedAgain extends BrokenFixture {
        public BufferUsedAgain() {
            super(new Seams() {
                @Override
                EntryCursor cursor(EntryCursor right, WrappedStore store) {
                    return new EntryCursor() {
                        private final byte[] buffer = new byte[1 << 10];

                        @Override
                        public EntryBatch next(long upToLsn, int maxBytes) throws RecoveryException {
                            EntryBatch batch = right.next(upToLsn, maxBytes);
                            if (batch.isEmpty() || maxBytes > 1) {
                                return batch;
                            }
                            LogEntry entry = batch.entries().get(0);
                            int length = entry.payload().remaining();
                            entry.payload().duplicate().get(buffer, 0, length);
                            LogEntry again =
                                    new LogEntry(entry.lsn(), entry.epoch(), ByteBuffer.wrap(buffer, 0, length));
                            return new EntryBatch(batch.previous(), List.of(again), batch.writers());
                        }

                        @Override
                        public void close() {
                            right.close();
                        }
                    };
                }
            });
        }
    }

    /** A cursor leaves a file open when it is closed; it goes with the adapter. */
    public static final class LeakedCursor extends BrokenFixture {
        public LeakedCursor() {
            super(new Seams() {
                private final List<Closeable> leaked = new ArrayList<>();

                @Override
                StorageAdapter adapter(StorageAdapter right) {
                    return new ForwardedAdapter(right) {
                        @Override
                        public void close() throws RecoveryException {
                            super.close();
                            for (Closeable one : leaked) {
                                try {
                                    one.close();
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            }
                            leaked.clear();
                        }
                    };
                }

                @Override
                EntryCursor cursor(EntryCursor right, WrappedStore store) {
                    try {
                        synchronized (leaked) {
                            leaked.add(new FileInputStream(store.meta().toFile()));
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return right;
                }
            });
        }
    }

    /** The source says that all of its log is committed. */
    public static final class CommittedTooHigh extends BrokenFixture {
        public CommittedTooHigh() {
            super(new Seams() {
                @Override
                SourceVolume source(SourceVolume right, WrappedStore store) {
                    return new WrappedSource(right, store) {
                        @Override
                        public RetainedHistory history() throws RecoveryException {
                            RetainedHistory history = super.history();
                            return history.withCommitted(OptionalLong.of(history.headLsn()));
                        }
                    };
                }
            });
        }
    }
}
