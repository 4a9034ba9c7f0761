package io.resilver.plugin.driver;

import io.resilver.replica.MemoryVolume;
import io.resilver.spi.ProviderContext;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.StorageAdapterProvider;
import io.resilver.spi.storage.VolumeStore;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stores in memory whose opening and closing a test decides. Lent to the driver by its class. */
final class ScriptedAdapter implements StorageAdapter {
    final List<Store> opened = new CopyOnWriteArrayList<>();
    volatile Hook onOpen = () -> {};
    volatile Hook onStoreClose = () -> {};
    volatile Runnable onClose = () -> {};

    /** Runs inside of a call, before it does anything; may block or throw. */
    @FunctionalInterface
    interface Hook {
        void run() throws RecoveryException;
    }

    /** Found by ServiceLoader. */
    public static final class Provider implements StorageAdapterProvider {
        @Override
        public String name() {
            return "scripted";
        }

        @Override
        public StorageAdapter open(ProviderContext context) {
            return context.lent(ScriptedAdapter.class).orElseThrow();
        }
    }

    /** One open store. */
    final class Store implements VolumeStore {
        private final ReplicaId replica;
        private final MemoryVolume volume = new MemoryVolume();
        volatile boolean closed;

        Store(ReplicaId replica) {
            this.replica = replica;
        }

        @Override
        public ReplicaId replica() {
            return replica;
        }

        @Override
        public SourceVolume source() {
            throw new AssertionError("nobody else is to be sent anything");
        }

        @Override
        public ReplicaVolume target() {
            return volume;
        }

        @Override
        public void close() throws RecoveryException {
            closed = true;
            onStoreClose.run();
        }
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of();
    }

    @Override
    public VolumeStore open(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
        onOpen.run();
        Store store = new Store(replica);
        opened.add(store);
        return store;
    }

    @Override
    public boolean remove(ReplicaId replica, Incarnation incarnation) {
        return true;
    }

    @Override
    public void close() {
        onClose.run();
    }
}
