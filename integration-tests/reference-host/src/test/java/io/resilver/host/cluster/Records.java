package io.resilver.host.cluster;

import static io.resilver.host.cluster.TestHost.VOLUME;
import static io.resilver.host.cluster.TestHost.await;

import io.resilver.coordination.Answer;
import io.resilver.coordination.HostNode;
import io.resilver.coordination.Paths;
import io.resilver.coordination.Versioned;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.VolumeRecordCodec;
import io.resilver.coordination.curator.CuratorSettings;
import io.resilver.coordination.curator.CuratorStore;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Epoch;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** The volume's record as whoever restores or deletes it sees it: with a client that is no host's. */
final class Records implements AutoCloseable {
    private final CuratorStore store;

    Records(String connect) throws RecoveryException {
        store = CuratorStore.open(new CuratorSettings(
                connect, "resilver", Duration.ofSeconds(10), Duration.ofSeconds(20), Optional.empty()));
    }

    private Versioned<byte[]> versioned() throws Exception {
        return await(store.read(Paths.volume(VOLUME))).orElseThrow();
    }

    VolumeRecord read() throws Exception {
        return VolumeRecordCodec.decode(Paths.volume(VOLUME), versioned().value());
    }

    boolean exists() throws Exception {
        return await(store.read(Paths.volume(VOLUME))).isPresent();
    }

    void delete() throws Exception {
        applied(await(store.delete(
                Paths.volume(VOLUME),
                Paths.mark(read().incarnation()),
                versioned().version(),
                Set.of())));
    }

    /** Sets the record back, or on, to another epoch that nobody leads. */
    void setEpoch(Epoch epoch) throws Exception {
        VolumeRecord now = read();
        replace(now, epoch, Optional.empty());
    }

    /** Says that a host leads, in the epoch that is there. */
    void setPrimary(HostNode node) throws Exception {
        VolumeRecord now = read();
        replace(now, now.epoch(), Optional.of(node));
    }

    /** The node of a host that is there. */
    HostNode host(String name) throws Exception {
        return await(store.children(Paths.HOSTS)).stream()
                .flatMap(each -> HostNode.parse(each).stream())
                .filter(each -> each.host().value().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private void replace(VolumeRecord now, Epoch epoch, Optional<HostNode> primary) throws Exception {
        replace(new VolumeRecord(
                now.volume(),
                now.incarnation(),
                epoch,
                primary,
                now.configuration() + 1,
                now.replicas(),
                now.inSync(),
                now.leastInSync()));
    }

    private void replace(VolumeRecord next) throws Exception {
        applied(await(store.compareAndSet(
                Paths.volume(VOLUME),
                VolumeRecordCodec.encode(next),
                versioned().version(),
                Set.of())));
    }

    private static void applied(Answer answer) {
        if (!(answer instanceof Answer.Applied)) {
            throw new AssertionError("the record was not changed: " + answer);
        }
    }

    @Override
    public void close() {
        store.close();
    }
}
