package io.resilver.host.cluster;

import static io.resilver.host.cluster.TestHost.VOLUME;
import static io.resilver.host.cluster.TestHost.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.event.RecoveryEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A person decides to lose what only a member that will not come back holds. */
class UncleanTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    @TempDir
    Path directory;

    private TestCluster cluster;
    private Records records;
    private TestHost a;
    private TestHost b;
    private Leadership first;

    /** Host a leads alone, with a write that b lacks. */
    @BeforeEach
    void start() throws Exception {
        cluster = new TestCluster(directory);
        records = cluster.records();
        a = cluster.host("a");
        b = cluster.host("b");
        TestCluster.create(List.of(a, b));
        a.openReplica();
        b.openReplica();
        first = await(a.driver().lead(VOLUME));
        a.write(first, 0, new byte[4096]);
        b.close();
        a.write(first, 4096, new byte[4096]);
        assertThat(records.read().inSync()).isEqualTo(Set.of(a.replica()));
    }

    @AfterEach
    void stop() throws Exception {
        a.close();
        b.close();
        cluster.close();
    }

    /** Host b comes back to a volume whose only member is gone. */
    private void onlyTheOtherIsLeft() throws Exception {
        a.close();
        b = cluster.host("b");
        b.openReplica();
    }

    @Test
    @DisplayName("R32 R33: with a named permission, and not without, a replica that is not in sync leads, alone, once")
    void aPersonPermits() throws Exception {
        onlyTheOtherIsLeft();
        CompletionStage<Leadership> waiting = b.driver().lead(VOLUME);
        Leadership term = await(b.driver().leadUncleanly(VOLUME, "ann", "host a has burnt down"));
        assertThat(await(waiting)).as("who asked before is answered too").isSameAs(term);
        assertThat(term.epoch().number()).isGreaterThan(first.epoch().number());
        assertThat(records.read().inSync()).isEqualTo(Set.of(b.replica()));
        b.write(term, 0, new byte[4096]);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(b.events())
                        .filteredOn(RecoveryEvent.OperatorActed.class::isInstance)
                        .singleElement()
                        .isEqualTo(new RecoveryEvent.OperatorActed(
                                VOLUME,
                                "ann",
                                "permitted one unclean take-over from replica vol/b: host a has burnt down")));

        a = cluster.host("a"); // with what b lacks, and an epoch that b's has passed
        a.openReplica();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(b.driver().status().replicas())
                        .filteredOn(each -> each.replica().equals(a.replica()))
                        .singleElement()
                        .satisfies(each -> assertThat(each.state()).isEqualTo("UNDECIDED")));
        b.write(term, 4096, new byte[4096]);
        assertThat(term.ended().toCompletableFuture()).as("it leads on").isNotDone();
        assertThat(records.read().inSync()).isEqualTo(Set.of(b.replica()));
    }

    @Test
    @DisplayName(
            "R32: a permission that would lose data for nothing is refused: the primary is there, or none is needed")
    void aPermissionForNothingIsRefused() throws Exception {
        assertThatThrownBy(() -> await(b.driver().leadUncleanly(VOLUME, "ann", "haste")))
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContaining("closed");
        assertThatThrownBy(() -> await(a.driver().leadUncleanly(VOLUME, "ann", "haste")))
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContaining("needs no permission");
        assertThatThrownBy(() -> await(a.driver().leadUncleanly(VOLUME, " ", "haste")))
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContaining("name");
        onlyTheOtherIsLeft();
        a = cluster.host("a"); // it is there, and by the record it leads
        records.setPrimary(records.host("a"));
        long epoch = records.read().epoch().number();
        assertThatThrownBy(() -> await(b.driver().leadUncleanly(VOLUME, "ann", "haste")))
                .hasCauseInstanceOf(PermanentException.class)
                .hasMessageContaining("host a leads it and is there");
        assertThat(records.read().epoch().number()).isEqualTo(epoch);
        assertThat(b.events()).noneMatch(RecoveryEvent.OperatorActed.class::isInstance);
    }
}
