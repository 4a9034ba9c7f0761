package io.resilver.tck;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.VolumeStore;
import java.nio.file.Path;
import java.util.Map;

/** The adapter under test, opened in a directory, as a driver does it. */
final class Engine implements AutoCloseable {
    static final Incarnation INCARNATION = new Incarnation("tck-incarnation");
    private static final VolumeId VOLUME = new VolumeId("tck-volume");

    private final TckContext context;
    private final StorageAdapter adapter;

    private Engine(TckContext context, StorageAdapter adapter) {
        this.context = context;
        this.adapter = adapter;
    }

    /** Opens the adapter; nothing is left open when it refuses. */
    static Engine open(TckFixture fixture, Path directory, Map<String, String> configuration) throws RecoveryException {
        TckContext context = new TckContext(directory, configuration);
        boolean opened = false;
        try {
            Engine engine = new Engine(context, fixture.provider().open(context));
            opened = true;
            return engine;
        } finally {
            if (!opened) {
                context.close();
            }
        }
    }

    static Engine open(TckFixture fixture, Path directory) throws RecoveryException {
        return open(fixture, directory, fixture.configuration());
    }

    static ReplicaId replica(String name) {
        return new ReplicaId(VOLUME, name);
    }

    StorageAdapter adapter() {
        return adapter;
    }

    TckContext context() {
        return context;
    }

    VolumeStore store(String name) throws RecoveryException {
        return adapter.open(replica(name), INCARNATION);
    }

    @Override
    public void close() throws RecoveryException {
        try {
            adapter.close();
        } finally {
            context.close();
        }
    }
}
