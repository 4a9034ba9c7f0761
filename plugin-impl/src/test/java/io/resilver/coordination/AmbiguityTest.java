package io.resilver.coordination;

import static io.resilver.coordination.Ensemble.failure;
import static io.resilver.coordination.Ensemble.get;
import static io.resilver.coordination.TwoHosts.lead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a primary may believe after an answer was lost, a record was replaced or a volume was made anew. */
class AmbiguityTest {
    private static Ensemble ensemble;
    private TwoHosts hosts;

    @BeforeAll
    static void startServer(@TempDir Path directory) throws Exception {
        ensemble = new Ensemble(directory);
    }

    @AfterAll
    static void stopServer() {
        ensemble.close();
    }

    @BeforeEach
    void create() throws Exception {
        hosts = new TwoHosts(ensemble);
    }

    @AfterEach
    void close() {
        hosts.close();
    }

    /** The access that is left: none, so that the settling read is refused, or reading, so that the settling write is. */
    @ParameterizedTest
    @ValueSource(ints = {ZooDefs.Perms.ADMIN, ZooDefs.Perms.READ | ZooDefs.Perms.ADMIN})
    @DisplayName(
            "R31, R35: a join whose answer is lost and that cannot be settled ends the term, and the queue with it")
    void aJoinThatCannotBeSettledEndsTheTerm(int left) throws Exception {
        hosts.second();
        VolumeAuthority first = hosts.first();
        Tenure tenure = lead(first);
        get(tenure.leave(hosts.two));
        hosts.hostOne.store.loseAnswers(1);
        hosts.hostOne.store.whenLost(() -> access(left));
        CompletionStage<VolumeRecord> join = tenure.join(hosts.two, hosts.diskTwo.identity);
        CompletionStage<VolumeRecord> next = tenure.confirm();
        assertThat(failure(join)).isInstanceOf(FencedException.class).hasMessageContaining("cannot be known");
        assertThat(failure(next)).isInstanceOf(FencedException.class);
        await().until(() -> first.state() == AuthorityState.FOLLOWING);
        access(ZooDefs.Perms.ALL);
        assertThat(hosts.record().inSync()).as("it was applied").contains(hosts.two);
    }

    @Test
    @DisplayName("R31: a change that was refused at first, with no answer missing, is known not to be in force")
    void aRefusalWithNothingMissingIsNoEndOfTheTerm() throws Exception {
        Tenure tenure = lead(hosts.first());
        access(ZooDefs.Perms.READ | ZooDefs.Perms.ADMIN);
        assertThat(failure(tenure.leave(hosts.two))).isInstanceOf(PermanentException.class);
        access(ZooDefs.Perms.ALL);
        assertThat(get(tenure.leave(hosts.two)).inSync()).containsExactly(hosts.one);
    }

    /** A new session, or the old one: an ensemble that was restored may still know it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("R35, R42: a version that was used before and is another's record now is never overwritten")
    void aVersionThatIsUsedAgainIsAnothersRecord(boolean newSession) throws Exception {
        Tenure tenure = lead(hosts.first());
        Epoch theirs = new Epoch(tenure.epoch().number(), new MintId("theirs"));
        VolumeRecord other = hosts.versionAgain(
                mine -> mine.minted(theirs, hosts.hostTwo.session.node().orElseThrow()));
        if (newSession) {
            ensemble.expire(hosts.hostOne.session.node().orElseThrow().session());
            await().until(() -> hosts.hostOne.sessions.size() == 2);
        }
        assertThat(failure(tenure.confirm()))
                .isInstanceOf(FencedException.class)
                .hasMessageContaining("theirs")
                .hasMessageContaining(tenure.epoch().mint().toString());
        assertThat(hosts.record()).isEqualTo(other);
    }

    @Test
    @DisplayName("R32, R36: a store of a volume that was deleted neither opens nor mints in the volume made anew")
    void aStoreOfAnEarlierIncarnationIsNotOfTheVolume() throws Exception {
        VolumeAuthority opened = hosts.first();
        VolumeAuthority late = hosts.hostTwo.authority(hosts.two);
        hosts.recreate();
        VolumeRecord anew = hosts.record();
        assertThat(failure(late.admit(hosts.diskTwo.identity, hosts.diskTwo)))
                .isInstanceOf(FencedException.class)
                .hasMessageContaining(anew.incarnation().toString());
        assertThat(hosts.diskTwo.identity.openCount())
                .as("the disk is as it was")
                .isZero();
        assertThat(failure(opened.takeOver(Optional.empty(), true, Optional.of(new UncleanPermission(anew)))))
                .isInstanceOf(FencedException.class);
        assertThat(hosts.record()).isEqualTo(anew);
    }

    @Test
    @DisplayName("R35: a term of a volume that was deleted changes nothing in the volume made anew, and is over")
    void aTermOfAnEarlierIncarnationIsOver() throws Exception {
        VolumeAuthority first = hosts.first();
        Tenure tenure = lead(first);
        VolumeRecord other = hosts.versionAgain(mine -> new VolumeRecord(
                mine.volume(),
                new Incarnation("anew"),
                mine.epoch(),
                mine.primary(),
                mine.configuration(),
                mine.replicas(),
                mine.inSync(),
                mine.leastInSync()));
        assertThat(failure(tenure.leave(hosts.two))).isInstanceOf(FencedException.class);
        await().until(() -> first.state() == AuthorityState.FOLLOWING);
        assertThat(hosts.record()).isEqualTo(other);
    }

    @Test
    @DisplayName("R35, R41: a change of the replica set whose answer is lost is not made in the volume made anew")
    void aConfigurationIsOfOneIncarnation() throws Exception {
        hosts.hostOne.store.loseAnswers(1);
        hosts.hostOne.store.whenLost(() -> {
            try {
                hosts.recreate();
            } catch (Exception failed) {
                throw new AssertionError(failed);
            }
        });
        CompletionStage<VolumeRecord> added =
                hosts.hostOne.volumes().addReplica(new ReplicaId(hosts.volume, "r3"), new HostId("h3"));
        assertThat(failure(added)).isInstanceOf(FencedException.class);
        assertThat(hosts.record().replicas()).hasSize(2);
    }

    @Test
    @DisplayName("R35: a deletion whose answer is lost does not delete the volume that was made anew meanwhile")
    void aDeletionIsOfOneIncarnation() throws Exception {
        hosts.hostOne.store.loseAnswers(1);
        hosts.hostOne.store.whenLost(() -> {
            try {
                get(hosts.hostTwo.volumes().create(hosts.spec()));
            } catch (Exception failed) {
                throw new AssertionError(failed);
            }
        });
        get(hosts.hostOne.volumes().delete(hosts.volume, hosts.record().incarnation(), AmbiguityTest::notLed));
        assertThat(hosts.record().replicas()).hasSize(2);
    }

    @Test
    @DisplayName("R35: a deletion whose answer is lost is settled by a proof that the record is gone")
    void aDeletionWhoseAnswerIsLostIsSettled() throws Exception {
        hosts.hostOne.store.loseAnswers(1);
        get(hosts.hostOne.volumes().delete(hosts.volume, hosts.record().incarnation(), AmbiguityTest::notLed));
        assertThat(hosts.hostTwo.record(hosts.two)).isEmpty();
    }

    @Test
    @DisplayName(
            "R35, R42: a change that was meant for a deleted incarnation and comes late, at a version that the volume made"
                    + " anew has too, changes nothing there")
    void aLateChangeOfAnEarlierIncarnationChangesNothing() throws Exception {
        hosts.hostOne.store.holdBackOne();
        hosts.hostOne.store.loseRequests(Integer.MAX_VALUE);
        int version = hosts.version();
        CompletionStage<Opening> opening =
                hosts.hostOne.authority(hosts.one).admit(hosts.diskOne.identity, hosts.diskOne);
        await().until(hosts.hostOne.store::holds);
        hosts.recreate();
        VolumeRecord anew = hosts.record();
        assertThat(hosts.version()).isEqualTo(version);
        hosts.hostOne.store.letGo();
        assertThat(hosts.record()).isEqualTo(anew);
        assertThat(hosts.version()).isEqualTo(version);
        assertThat(failure(opening)).isInstanceOf(FencedException.class);
    }

    @Test
    @DisplayName("R35: a creation whose answer is lost and whose settling reads fail at first is settled all the same")
    void aCreationIsSettledThoughReadsFail() throws Exception {
        get(hosts.hostOne.volumes().delete(hosts.volume, hosts.record().incarnation(), AmbiguityTest::notLed));
        hosts.hostOne.store.loseAnswers(1);
        hosts.hostOne.store.loseReads(2);
        Incarnation made = get(hosts.hostOne.volumes().create(hosts.spec()));
        assertThat(hosts.hostOne.store.readsToLose()).isZero();
        assertThat(hosts.record().incarnation()).isEqualTo(made);
    }

    @Test
    @DisplayName(
            "R35: a creation that cannot be settled is never called failed: the volume may be there, and it says so")
    void aCreationThatCannotBeSettledSaysSo() throws Exception {
        get(hosts.hostOne.volumes().delete(hosts.volume, hosts.record().incarnation(), AmbiguityTest::notLed));
        hosts.hostOne.store.loseAnswers(1);
        hosts.hostOne.store.loseReads(Integer.MAX_VALUE);
        Throwable why = failure(hosts.hostOne.volumes().create(hosts.spec()));
        assertThat(why).isInstanceOf(RetriableException.class).hasMessageContaining("it is not known whether");
        assertThat(why).hasMessageContaining(hosts.record().incarnation().toString());
        assertThat(Integer.MAX_VALUE - hosts.hostOne.store.readsToLose()).isEqualTo(Creation.MAX_TRIES);
    }

    private void access(int left) {
        try (Ensemble.Raw raw = ensemble.raw()) {
            raw.client()
                    .setACL(
                            "/two-hosts" + hosts.path(),
                            Arrays.asList(new ACL(left, ZooDefs.Ids.ANYONE_ID_UNSAFE)),
                            -1);
        } catch (Exception failed) {
            throw new AssertionError(failed);
        }
    }

    /** A deletion by a host that has no term to end. */
    private static CompletionStage<Void> notLed() {
        return CompletableFuture.completedFuture(null);
    }
}
