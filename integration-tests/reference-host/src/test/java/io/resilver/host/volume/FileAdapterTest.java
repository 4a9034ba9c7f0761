package io.resilver.host.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.host.disk.CrashDisk;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.StorageAdapterProvider;
import java.nio.file.Path;
import java.util.Random;
import java.util.ServiceLoader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The adapter and how it is found. */
class FileAdapterTest {
    private static final ReplicaId OTHER = new ReplicaId(new VolumeId("vol"), "r2");

    @Test
    void isFoundByTheServiceLoaderUnderItsName() {
        assertThat(ServiceLoader.load(StorageAdapterProvider.class))
                .filteredOn(provider -> provider instanceof FileAdapterProvider)
                .extracting(StorageAdapterProvider::name)
                .containsExactly("file");
    }

    @Test
    @DisplayName("R36: a store is removed when it is of the incarnation meant, and closed; any other is left as it is")
    void removesTheStoreOfOneIncarnation() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        FileAdapter adapter = new FileAdapter(disk, Path.of("/data"), Fixture.SMALL, new Random(1), Runnable::run);
        FileVolume store = adapter.open(Fixture.REPLICA, Fixture.INCARNATION);
        assertThat(store.incarnation()).isEqualTo(Fixture.INCARNATION);
        StoreIdentity before = store.target().identity();
        assertThatThrownBy(() -> adapter.remove(Fixture.REPLICA, Fixture.INCARNATION))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("open");
        store.close();
        assertThat(adapter.remove(Fixture.REPLICA, new Incarnation("other"))).isFalse();
        assertThat(adapter.remove(OTHER, Fixture.INCARNATION)).isFalse();
        adapter.open(Fixture.REPLICA, Fixture.INCARNATION).close();
        assertThat(adapter.remove(Fixture.REPLICA, Fixture.INCARNATION)).isTrue();
        assertThat(adapter.remove(Fixture.REPLICA, Fixture.INCARNATION)).isFalse();
        try (FileVolume anew = adapter.open(Fixture.REPLICA, new Incarnation("other"))) {
            assertThat(anew.target().identity().id()).isNotEqualTo(before.id());
        }
    }

    @Test
    @DisplayName("R36: a restored store gets a new id that no record knows, and keeps its content and its promise")
    void renewsTheIdentityOfAClosedStore() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        StoreIdentity before;
        try (FileVolume store = Fixture.open(disk)) {
            store.append(Fixture.writer(1, 1), 0, Fixture.bytes("abc"));
            store.target().promise(new Epoch(3, new MintId("m3")));
            store.target().committed(store.flush());
            before = new StoreIdentity(store.target().identity().id(), 9);
            store.target().identify(before);
            assertThatThrownBy(() -> StoreRenewal.renew(disk, Fixture.DIRECTORY, Fixture.REPLICA, new Random(2)))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("open");
        }
        assertThatThrownBy(() -> StoreRenewal.renew(disk, Fixture.DIRECTORY, OTHER, new Random(2)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("and not of");
        assertThatThrownBy(() -> StoreRenewal.renew(disk, Path.of("/data/vol/none"), OTHER, new Random(2)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("no store");
        StoreIdentity fresh = StoreRenewal.renew(disk, Fixture.DIRECTORY, Fixture.REPLICA, new Random(2));
        assertThat(fresh.id()).isNotEqualTo(before.id());
        try (FileVolume store = Fixture.open(disk)) {
            assertThat(store.target().identity()).isEqualTo(fresh);
            assertThat(store.target().promise()).contains(new Epoch(3, new MintId("m3")));
            assertThat(Fixture.content(store)).isEqualTo("abc");
        }
    }

    @Test
    void closesEveryStoreThatIsStillOpenAndOpensNoMore() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        FileAdapter adapter = new FileAdapter(disk, Path.of("/data"), Fixture.SMALL, new Random(1), Runnable::run);
        FileVolume one = adapter.open(Fixture.REPLICA, Fixture.INCARNATION);
        FileVolume two = adapter.open(OTHER, Fixture.INCARNATION);
        assertThat(one.target().identity().id())
                .isNotEqualTo(two.target().identity().id());
        assertThatThrownBy(() -> adapter.open(OTHER, Fixture.INCARNATION)).isInstanceOf(PermanentException.class);
        one.close();
        adapter.open(Fixture.REPLICA, Fixture.INCARNATION);
        adapter.close();
        adapter.close();
        assertThat(two.isClosed()).isTrue();
        assertThatThrownBy(() -> adapter.open(OTHER, Fixture.INCARNATION)).isInstanceOf(PermanentException.class);
        Fixture.open(disk).close();
    }
}
