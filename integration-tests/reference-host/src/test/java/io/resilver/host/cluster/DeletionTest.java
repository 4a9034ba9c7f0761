package io.resilver.host.cluster;

import static io.resilver.host.cluster.TestCluster.BLOCK;
import static io.resilver.host.cluster.TestCluster.PATIENCE;
import static io.resilver.host.cluster.TestCluster.block;
import static io.resilver.host.cluster.TestCluster.orphaned;
import static io.resilver.host.cluster.TestHost.VOLUME;
import static io.resilver.host.cluster.TestHost.again;
import static io.resilver.host.cluster.TestHost.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.HostNode;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.Incarnation;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A volume is deleted, and created again under the same id. */
class DeletionTest {
    @TempDir
    Path directory;

    private TestCluster cluster;
    private Records records;
    private TestHost a;
    private TestHost b;
    private Incarnation first;
    private Leadership term;

    /** Host a leads, and b is in sync. */
    @BeforeEach
    void start() throws Exception {
        cluster = new TestCluster(directory);
        records = cluster.records();
        a = cluster.host("a");
        b = cluster.host("b");
        first = TestCluster.create(List.of(a, b));
        a.openReplica();
        b.openReplica();
        term = await(a.driver().lead(VOLUME));
        a.write(term, 0, block(1));
        cluster.inSync(a, b);
    }

    @AfterEach
    void stop() throws Exception {
        a.close();
        b.close();
        cluster.close();
    }

    @Test
    @DisplayName(
            "R2 R35: the primary's host deletes a volume: term, record, own store; the others let go, and keep their bytes")
    void aVolumeIsDeleted() throws Exception {
        again(() -> a.driver().deleteVolume(VOLUME, first));
        assertThat(term.ended().toCompletableFuture()).isDone();
        assertThatThrownBy(term::enter).isInstanceOf(FencedException.class);
        assertThat(records.exists()).isFalse();
        assertThat(a.directory()).doesNotExist();
        assertThat(orphaned(b).incarnation()).isEqualTo(first);
        assertThatThrownBy(() -> b.volume().flush()).isInstanceOf(PermanentException.class);
        assertThat(b.directory()).exists();
        assertThatThrownBy(() -> b.openReplica())
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContaining("no record");
        again(() -> a.driver().deleteVolume(VOLUME, first)); // again changes nothing
        await(b.driver().removeStore(b.replica(), first));
        await(b.driver().removeStore(b.replica(), first));
        assertThat(b.directory()).doesNotExist();
    }

    @Test
    @DisplayName(
            "R35: a volume that another host leads is not deleted behind its back, nor is an incarnation not meant")
    void aLedVolumeIsDeletedByItsPrimaryOnly() throws Exception {
        assertThatThrownBy(() -> await(b.driver().deleteVolume(VOLUME, first)))
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContaining("led by host a");
        again(() -> a.driver().deleteVolume(VOLUME, new Incarnation("another")));
        assertThat(records.read().incarnation()).isEqualTo(first);
        a.write(term, BLOCK, block(2));
        cluster.inSync(a, b);
        for (TestHost each : List.of(a, b)) {
            assertThatThrownBy(() -> await(each.driver().removeStore(each.replica(), first)))
                    .hasCauseInstanceOf(PermanentException.class)
                    .hasMessageContaining("record names it");
            await(each.driver().removeStore(each.replica(), new Incarnation("another")));
            assertThat(each.directory()).exists();
        }
        a.write(term, BLOCK, block(3));
    }

    @Test
    @DisplayName("R32 R35: a primary that died is no obstacle: a host that is left deletes the volume")
    void aDeadPrimarysVolumeIsDeleted() throws Exception {
        HostNode dead = records.host("a");
        a.close();
        records.setPrimary(dead); // as a process leaves it that had no time to hand over
        await().atMost(PATIENCE).untilAsserted(() -> await(b.driver().deleteVolume(VOLUME, first)));
        assertThat(records.exists()).isFalse();
        assertThat(b.directory()).doesNotExist();
    }

    @Test
    @DisplayName(
            "R2 R36: of a volume that was created again nothing is touched by the old primary, its senders or an old disk")
    void nothingOfTheOldTouchesTheNew() throws Exception {
        records.delete(); // behind the primary's back: it still has a sender to b
        Incarnation second = TestCluster.create(List.of(a, b));
        assertThat(orphaned(b).incarnation()).isEqualTo(first);
        await(b.driver().removeStore(b.replica(), first));
        b.openReplica();
        assertThat(b.volume().incarnation()).isEqualTo(second);
        assertThat(orphaned(a).incarnation()).isEqualTo(first);
        assertThat(term.ended().toCompletableFuture()).isDone();
        assertThatThrownBy(term::enter).isInstanceOf(FencedException.class);
        Leadership next = await(b.driver().lead(VOLUME));
        long last = b.write(next, 0, block(9));
        cluster.inSync(b);
        assertThatThrownBy(() -> a.openReplica()) // its disk is of the old incarnation
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContainingAll(first.value(), second.value());
        assertThat(a.directory()).exists();
        await(a.driver().removeStore(a.replica(), first));
        a.openReplica();
        cluster.inSync(a, b);
        await().atMost(PATIENCE).until(() -> a.volume().appendedLsn() >= last);
        assertThat(a.volume().incarnation()).isEqualTo(second);
    }
}
