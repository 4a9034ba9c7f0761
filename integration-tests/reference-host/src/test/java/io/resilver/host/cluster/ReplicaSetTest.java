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

import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.Incarnation;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replicas come and go while a volume is led and written: whole hosts over real files. */
class ReplicaSetTest {
    @TempDir
    Path directory;

    private TestCluster cluster;
    private TestHost a;
    private TestHost b;
    private TestHost c;
    private Incarnation incarnation;
    private Leadership term;

    /** Host a leads, and b is in sync; c has no replica yet. */
    @BeforeEach
    void start() throws Exception {
        cluster = new TestCluster(directory);
        a = cluster.host("a");
        b = cluster.host("b");
        c = cluster.host("c");
        incarnation = TestCluster.create(List.of(a, b));
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
        c.close();
        cluster.close();
    }

    private void add(TestHost asked, TestHost holder) throws Exception {
        again(() -> asked.driver().addReplica(holder.replica(), holder.id()));
    }

    private void remove(TestHost asked, TestHost holder) throws Exception {
        again(() -> asked.driver().removeReplica(holder.replica()));
    }

    private void needs(int leastInSync) throws Exception {
        again(() -> a.driver().changeLeastInSync(VOLUME, leastInSync));
    }

    @Test
    @DisplayName(
            "R41 R31: a replica that is added counts for nothing until it joins, and then holds all that was committed")
    void anAddedReplicaJoins() throws Exception {
        add(a, c);
        add(a, c); // again changes nothing
        assertThat(cluster.records().read().replicas()).hasSize(3);
        assertThat(cluster.records().read().inSync()).doesNotContain(c.replica());
        a.write(term, BLOCK, block(2));
        c.openReplica();
        cluster.inSync(a, b, c);
        long last = a.write(term, 2 * BLOCK, block(3));
        assertThat(c.volume().appendedLsn()).isEqualTo(last);
        needs(3);
        a.write(term, 3 * BLOCK, block(4));
    }

    @Test
    @DisplayName(
            "R41 R31 R6: the primary takes a member out: commits go on, its host lets go of the store, and it may come again")
    void aMemberIsRemovedByItsPrimary() throws Exception {
        assertThatThrownBy(() -> remove(c, b))
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContaining("on host a");
        remove(a, b);
        remove(a, b);
        remove(c, b);
        assertThat(cluster.records().read().replica(b.replica())).isEmpty();
        assertThat(term.ended().toCompletableFuture()).isNotDone();
        a.write(term, BLOCK, block(2));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(a.driver().status().replicas())
                        .noneMatch(each -> each.replica().equals(b.replica())));
        assertThat(orphaned(b).why()).contains("no such replica");
        assertThatThrownBy(() -> b.volume().flush()).isInstanceOf(PermanentException.class);
        assertThatThrownBy(b::openReplica).hasCauseInstanceOf(PermanentException.class);
        assertThat(b.directory()).exists();

        add(a, b);
        b.openReplica();
        cluster.inSync(a, b);
        assertThat(b.volume().appendedLsn()).isEqualTo(a.volume().appendedLsn());
    }

    @Test
    @DisplayName("R41 R35: the bytes of a removed replica go when that is asked for, and not while the record names it")
    void aRemovedReplicasStoreIsRemoved() throws Exception {
        assertThatThrownBy(() -> await(b.driver().removeStore(b.replica(), incarnation)))
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContaining("record names it");
        remove(a, b);
        again(() -> b.driver().removeStore(b.replica(), incarnation));
        assertThat(b.directory()).doesNotExist();
        add(a, b);
        b.openReplica();
        cluster.inSync(a, b);
    }

    @Test
    @DisplayName("R41: what would leave a volume without enough replicas, or without its primary's own, is refused")
    void tooFewAreNotLeft() throws Exception {
        assertThatThrownBy(() -> remove(a, a))
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContaining("primary's own");
        needs(2);
        assertThatThrownBy(() -> remove(a, b))
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContaining("a commit needs 2");
        assertThatThrownBy(() -> needs(3)).hasCauseInstanceOf(PermanentException.class);
        assertThatThrownBy(() -> again(() -> a.driver().addReplica(b.replica(), c.id()))) // b's id, on another host
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContaining("on host b already");
        assertThat(cluster.records().read().replicas()).hasSize(2);
        needs(1);
        remove(a, b);
        a.write(term, BLOCK, block(2));
    }
}
