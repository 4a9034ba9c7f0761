package io.resilver.coordination;

import io.resilver.runtime.Strand;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** One host of a test: its own client, session, threads and authorities. */
final class HostFixture implements AutoCloseable {
    static final LeaseSettings LEASE = new LeaseSettings(Ensemble.SESSION, Ensemble.TICK, Duration.ofMillis(250));

    final TestRuntime runtime = new TestRuntime();
    final LossyStore store;
    final HostSession session;
    final CopyOnWriteArrayList<HostNode> sessions = new CopyOnWriteArrayList<>();
    final CopyOnWriteArrayList<Set<HostNode>> seen = new CopyOnWriteArrayList<>();
    final CopyOnWriteArrayList<RecoveryException> denials = new CopyOnWriteArrayList<>();
    final CopyOnWriteArrayList<Throwable> uncaught = new CopyOnWriteArrayList<>();

    HostFixture(Ensemble ensemble, String namespace, String host, int port) throws Exception {
        this.store = new LossyStore(ensemble.client(namespace));
        this.session = new HostSession(
                store, new HostId(host), new Endpoint("127.0.0.1", port), LEASE, runtime, new HostSession.Listener() {
                    @Override
                    public void sessionOpened(HostNode node) {
                        sessions.add(node);
                    }

                    @Override
                    public void hostsSeen(Set<HostNode> live) {
                        seen.add(live);
                    }

                    @Override
                    public void denied(RecoveryException why) {
                        denials.add(why);
                    }
                });
    }

    HostFixture started() throws Exception {
        Ensemble.get(session.start());
        return this;
    }

    Strand strand() {
        return new Strand(runtime.workers(), uncaught::add);
    }

    Volumes volumes() {
        return new Volumes(store, session, strand(), runtime);
    }

    /** An authority for the volume as it is now. */
    VolumeAuthority authority(ReplicaId replica) throws Exception {
        Incarnation now = record(replica).map(VolumeRecord::incarnation).orElse(new Incarnation("none"));
        return new VolumeAuthority(store, session, replica, now, strand(), runtime);
    }

    Optional<VolumeRecord> record(ReplicaId replica) throws Exception {
        return Ensemble.get(volumes().read(replica.volume()));
    }

    /** The record is another one, whatever it was: as after a restore of the service. */
    void putBack(VolumeRecord record) throws Exception {
        String path = Paths.volume(record.volume());
        int version = Ensemble.get(store.read(path)).orElseThrow().version();
        Ensemble.get(store.compareAndSet(path, VolumeRecordCodec.encode(record), version, Set.of()));
    }

    @Override
    public void close() {
        session.close();
        store.close();
        runtime.close();
        if (!uncaught.isEmpty()) {
            throw new AssertionError("a task threw", uncaught.get(0));
        }
    }
}
