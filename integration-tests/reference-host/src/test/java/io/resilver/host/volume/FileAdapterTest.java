package io.resilver.host.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.host.disk.CrashDisk;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.StorageAdapterProvider;
import java.nio.file.Path;
import java.util.Random;
import java.util.ServiceLoader;
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
