package io.resilver.host.volume.tck.broken;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.VolumeStore;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Breaks of opening and closing stores, and of what they keep meanwhile. */
final class BrokenStores {
    private BrokenStores() {}

    /** Of two epochs the newer one is forgotten when the store is opened again. */
    public static final class EpochLost extends BrokenFixture {
        public EpochLost() {
            super(new Seams() {
                @Override
                ReplicaVolume target(ReplicaVolume right, WrappedStore store) {
                    boolean reopened = hasEntries(store);
                    return new WrappedTarget(right, store) {
                        @Override
                        public ReplicaPosition position() throws RecoveryException {
                            ReplicaPosition now = super.position();
                            if (!reopened || !hasEntries(store)) {
                                return now;
                            }
                            return new ReplicaPosition(
                                    now.flushedLsn(),
                                    now.truncationFloorLsn(),
                                    now.committedLsn(),
                                    now.usable(),
                                    now.lineage().map(EpochLost::older));
                        }
                    };
                }
            });
        }

        private static boolean hasEntries(WrappedStore store) {
            try {
                RetainedHistory history = store.right().source().history();
                return history.headLsn() > history.tailLsn();
            } catch (RecoveryException e) {
                return false;
            }
        }

        private static Lineage older(Lineage lineage) {
            int size = lineage.elements().size();
            return size < 2 ? lineage : new Lineage(lineage.elements().subList(0, size - 1));
        }
    }

    /** A store that was never counted counts its own opens. */
    public static final class OpenCountRaised extends BrokenFixture {
        public OpenCountRaised() {
            super(new Seams() {
                @Override
                StorageAdapter adapter(StorageAdapter right) {
                    return new ForwardedAdapter(right) {
                        @Override
                        public VolumeStore open(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
                            VolumeStore store = super.open(replica, incarnation);
                            StoreIdentity identity = store.target().identity();
                            if (identity.openCount() == 0) {
                                store.target().identify(new StoreIdentity(identity.id(), 1));
                            }
                            return store;
                        }
                    };
                }
            });
        }
    }

    /** A store that is open is given out once more. */
    public static final class OpenedTwice extends BrokenFixture {
        public OpenedTwice() {
            super(new Seams() {
                private Optional<WrappedStore> last = Optional.empty();

                @Override
                StorageAdapter adapter(StorageAdapter right) {
                    return new ForwardedAdapter(right) {
                        @Override
                        public synchronized VolumeStore open(ReplicaId replica, Incarnation incarnation)
                                throws RecoveryException {
                            try {
                                VolumeStore store = super.open(replica, incarnation);
                                last = Optional.of((WrappedStore) store);
                                return store;
                            } catch (PermanentException e) {
                                if (last.isEmpty()
                                        || last.get().isClosed()
                                        || !last.get().replica().equals(replica)) {
                                    throw e;
                                }
                                return last.get();
                            }
                        }
                    };
                }
            });
        }
    }

    /** A store of another incarnation is opened as if it were of the one that is meant. */
    public static final class AnyIncarnation extends BrokenFixture {
        public AnyIncarnation() {
            super(new Seams() {
                private Optional<Incarnation> first = Optional.empty();

                @Override
                StorageAdapter adapter(StorageAdapter right) {
                    return new ForwardedAdapter(right) {
                        @Override
                        public synchronized VolumeStore open(ReplicaId replica, Incarnation incarnation)
                                throws RecoveryException {
                            first = first.or(() -> Optional.of(incarnation));
                            return super.open(replica, first.get());
                        }
                    };
                }
            });
        }
    }

    /** A closed store still says which disk it was. */
    public static final class ClosedStoreAnswers extends BrokenFixture {
        public ClosedStoreAnswers() {
            super(new Seams() {
                @Override
                ReplicaVolume target(ReplicaVolume right, WrappedStore store) {
                    return new WrappedTarget(right, store) {
                        private Optional<StoreIdentity> last = Optional.empty();

                        @Override
                        public StoreIdentity identity() throws RecoveryException {
                            try {
                                last = Optional.of(super.identity());
                            } catch (PermanentException e) {
                                return last.orElse(new StoreIdentity(new StoreId("closed"), 0));
                            }
                            return last.get();
                        }
                    };
                }
            });
        }
    }

    /** Snapshots are not declared, and given all the same. */
    public static final class CapabilityNotDeclared extends BrokenFixture {
        public CapabilityNotDeclared() {
            super(new Seams() {
                @Override
                StorageAdapter adapter(StorageAdapter right) {
                    return new ForwardedAdapter(right) {
                        @Override
                        public Set<Capability> capabilities() {
                            Set<Capability> fewer = EnumSet.copyOf(super.capabilities());
                            fewer.remove(Capability.SNAPSHOT);
                            return fewer;
                        }
                    };
                }
            });
        }
    }
}
