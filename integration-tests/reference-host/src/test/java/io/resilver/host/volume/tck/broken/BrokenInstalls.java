package io.resilver.host.volume.tck.broken;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Optional;

/** Breaks of bases and staged installs. */
final class BrokenInstalls {
    private BrokenInstalls() {}

    /** Once all of a base is there, the position is the new one, though the content is the old one until the commit. */
    public static final class InstallThatMixes extends BrokenFixture {
        public InstallThatMixes() {
            super(new Seams() {
                @Override
                ReplicaVolume target(ReplicaVolume right, WrappedStore store) {
                    return new WrappedTarget(right, store) {
                        private Optional<StagedInstall> open = Optional.empty();

                        @Override
                        public StagedInstall beginInstall(BaseDescriptor base) throws RecoveryException {
                            StagedInstall install = super.beginInstall(base);
                            open = Optional.of(install);
                            return new WrappedInstall(install) {
                                @Override
                                public void commit() throws RecoveryException {
                                    super.commit();
                                    open = Optional.empty();
                                }

                                @Override
                                public void close() {
                                    super.close();
                                    open = Optional.empty();
                                }
                            };
                        }

                        @Override
                        public ReplicaPosition position() throws RecoveryException {
                            ReplicaPosition old = super.position();
                            if (open.isEmpty()) {
                                return old;
                            }
                            BaseDescriptor base = open.get().base();
                            return open.get().durableRanges().cardinality() < base.ranges()
                                    ? old
                                    : new ReplicaPosition(
                                            base.lsn(),
                                            base.lsn(),
                                            old.committedLsn(),
                                            true,
                                            Optional.of(base.lineage()));
                        }
                    };
                }
            });
        }
    }

    /** Ranges between two that are durable are taken to be durable too. */
    public static final class RangeNeverWritten extends BrokenFixture {
        public RangeNeverWritten() {
            super(new Seams() {
                @Override
                StagedInstall install(StagedInstall right, WrappedStore store) {
                    return new WrappedInstall(right) {
                        @Override
                        public BitSet durableRanges() {
                            BitSet durable = super.durableRanges();
                            if (durable.cardinality() == 2) {
                                durable.set(durable.nextSetBit(0), durable.length());
                            }
                            return durable;
                        }
                    };
                }
            });
        }
    }

    /** A range is written once more with the one behind it, from the buffer that it came in. */
    public static final class RangeBufferKept extends BrokenFixture {
        public RangeBufferKept() {
            super(new Seams() {
                @Override
                StagedInstall install(StagedInstall right, WrappedStore store) {
                    return new WrappedInstall(right) {
                        private Optional<ByteBuffer> kept = Optional.empty();
                        private long keptIndex;

                        @Override
                        public void write(long index, ByteBuffer data) throws RecoveryException {
                            if (kept.isPresent()) {
                                super.write(keptIndex, kept.get());
                            }
                            kept = Optional.of(data.duplicate());
                            keptIndex = index;
                            super.write(index, data);
                        }

                        @Override
                        public void flush() throws RecoveryException {
                            kept = Optional.empty();
                            super.flush();
                        }
                    };
                }
            });
        }
    }

    /** What is said to be kept is forgotten. */
    public static final class KeptAndForgotten extends BrokenFixture {
        public KeptAndForgotten() {
            super(new Seams() {
                @Override
                StagedInstall install(StagedInstall right, WrappedStore store) {
                    return new WrappedInstall(right) {
                        @Override
                        public boolean keep(long index) {
                            return true;
                        }
                    };
                }
            });
        }
    }

    /** What is kept is what the image has when it is committed. */
    public static final class KeptAsItBecomes extends BrokenFixture {
        public KeptAsItBecomes() {
            super(new Seams() {
                @Override
                StagedInstall install(StagedInstall right, WrappedStore store) {
                    return new WrappedInstall(right) {
                        private final BitSet kept = new BitSet();

                        @Override
                        public boolean keep(long index) {
                            kept.set((int) index);
                            return true;
                        }

                        @Override
                        public BitSet durableRanges() {
                            BitSet durable = super.durableRanges();
                            durable.or(kept);
                            return durable;
                        }

                        @Override
                        public void read(long index, ByteBuffer into) throws RecoveryException {
                            if (kept.get((int) index)) {
                                candidate(index, into);
                            } else {
                                super.read(index, into);
                            }
                        }

                        @Override
                        public void commit() throws RecoveryException {
                            for (int index : kept.stream().toArray()) {
                                ByteBuffer now = ByteBuffer.allocate(base().rangeLength(index));
                                candidate(index, now);
                                write(index, now.flip());
                            }
                            super.commit();
                        }
                    };
                }
            });
        }
    }

    /** What is discarded is only closed. */
    public static final class NothingDiscarded extends BrokenFixture {
        public NothingDiscarded() {
            super(new Seams() {
                @Override
                StagedInstall install(StagedInstall right, WrappedStore store) {
                    return new WrappedInstall(right) {
                        @Override
                        public void discard() {
                            close();
                        }
                    };
                }
            });
        }
    }

    /** A base is read from the image as it is now. */
    public static final class BaseNotFrozen extends BrokenFixture {
        public BaseNotFrozen() {
            super(new Seams() {
                @Override
                BasePin fullBase(BasePin right, WrappedStore store) {
                    return new WrappedBasePin(right) {
                        @Override
                        public int read(long offset, ByteBuffer into) throws RecoveryException {
                            super.read(0, ByteBuffer.allocate(0)); // is it held?
                            try (BasePin now = store.right().source().pinFullBase(0)) {
                                return now.read(offset, into);
                            }
                        }
                    };
                }
            });
        }
    }

    /** A read gives half of what was asked for. */
    public static final class ShortReads extends BrokenFixture {
        public ShortReads() {
            super(new Seams() {
                @Override
                BasePin fullBase(BasePin right, WrappedStore store) {
                    return new WrappedBasePin(right) {
                        @Override
                        public int read(long offset, ByteBuffer into) throws RecoveryException {
                            ByteBuffer half = into.duplicate();
                            half.limit(into.position() + (into.remaining() + 1) / 2);
                            int read = super.read(offset, half);
                            into.position(half.position());
                            return read;
                        }
                    };
                }
            });
        }
    }
}
