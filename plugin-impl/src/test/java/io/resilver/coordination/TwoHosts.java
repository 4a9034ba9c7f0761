package io.resilver.coordination;

import static io.resilver.coordination.Ensemble.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A volume with a replica on each of two hosts. */
final class TwoHosts implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();

    final VolumeId volume = new VolumeId("w" + COUNT.incrementAndGet());
    final ReplicaId one = new ReplicaId(volume, "r1");
    final ReplicaId two = new ReplicaId(volume, "r2");
    final DiskFixture diskOne = new DiskFixture("d1");
    final DiskFixture diskTwo = new DiskFixture("d2");
    final HostFixture hostOne;
    final HostFixture hostTwo;

    TwoHosts(Ensemble ensemble) throws Exception {
        hostOne = new HostFixture(ensemble, "two-hosts", "h1", 7001).started();
        hostTwo = new HostFixture(ensemble, "two-hosts", "h2", 7002).started();
        get(hostOne.volumes().create(spec()));
    }

    VolumeSpec spec() {
        return new VolumeSpec(
                volume,
                List.of(
                        new ReplicaAssignment(one, new HostId("h1"), Optional.empty(), Duty.FOLLOW),
                        new ReplicaAssignment(two, new HostId("h2"), Optional.empty(), Duty.FOLLOW)),
                1);
    }

    VolumeAuthority first() throws Exception {
        return admitted(hostOne, one, diskOne);
    }

    VolumeAuthority second() throws Exception {
        return admitted(hostTwo, two, diskTwo);
    }

    /** Deletes the volume and creates it again; both hosts' work on the old incarnation is left as it is. */
    void recreate() throws Exception {
        get(hostTwo.store.delete(path(), mark(), version(), Set.of()));
        get(hostTwo.volumes().create(spec()));
    }

    private static VolumeAuthority admitted(HostFixture host, ReplicaId replica, DiskFixture disk) throws Exception {
        VolumeAuthority authority = host.authority(replica);
        assertThat(get(authority.admit(disk.identity, disk))).isInstanceOf(Opening.Admitted.class);
        return authority;
    }

    static Tenure lead(VolumeAuthority authority) throws Exception {
        TakeOver result = get(authority.takeOver(Optional.empty(), true, Optional.empty()));
        assertThat(result).isInstanceOf(TakeOver.Minted.class);
        return ((TakeOver.Minted) result).tenure();
    }

    VolumeRecord record() throws Exception {
        return hostTwo.record(two).orElseThrow();
    }

    String path() {
        return Paths.volume(volume);
    }

    private String mark() throws Exception {
        return Paths.mark(record().incarnation());
    }

    int version() throws Exception {
        return get(hostTwo.store.read(path())).orElseThrow().version();
    }

    /** Another record under a version that was in use before, as after the ensemble was restored and went on. */
    VolumeRecord versionAgain(Function<VolumeRecord, VolumeRecord> content) throws Exception {
        int version = version();
        VolumeRecord other = content.apply(record());
        byte[] bytes = VolumeRecordCodec.encode(other);
        get(hostTwo.store.delete(path(), mark(), version, Set.of()));
        get(hostTwo.store.create(path(), Paths.mark(other.incarnation()), bytes, Set.of()));
        for (int each = 0; each < version; each++) {
            get(hostTwo.store.compareAndSet(path(), bytes, each, Set.of()));
        }
        assertThat(version()).isEqualTo(version);
        return other;
    }

    @Override
    public void close() {
        hostOne.close();
        hostTwo.close();
    }
}
