package io.resilver.coordination;

import static io.resilver.coordination.Ensemble.failure;
import static io.resilver.coordination.Ensemble.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Opening, take-over, joining and leaving, by hosts with real sessions against a real server. */
class VolumeAuthorityTest {
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static Ensemble ensemble;

    private final VolumeId volume = new VolumeId("v" + COUNT.incrementAndGet());
    private final ReplicaId one = new ReplicaId(volume, "r1");
    private final ReplicaId two = new ReplicaId(volume, "r2");
    private final DiskFixture diskOne = new DiskFixture("d1");
    private final DiskFixture diskTwo = new DiskFixture("d2");
    private HostFixture hostOne;
    private HostFixture hostTwo;

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
        hostOne = new HostFixture(ensemble, "authority", "h1", 7001).started();
        hostTwo = new HostFixture(ensemble, "authority", "h2", 7002).started();
        get(hostOne.volumes().create(spec()));
    }

    @AfterEach
    void close() {
        hostOne.close();
        hostTwo.close();
    }

    private VolumeSpec spec() {
        return new VolumeSpec(
                volume,
                List.of(
                        new ReplicaAssignment(one, new HostId("h1"), Optional.empty(), Duty.FOLLOW),
                        new ReplicaAssignment(two, new HostId("h2"), Optional.empty(), Duty.FOLLOW)),
                1);
    }

    private VolumeAuthority admitted(HostFixture host, ReplicaId replica, DiskFixture disk) throws Exception {
        VolumeAuthority authority = host.authority(replica);
        assertThat(get(authority.admit(disk.identity, disk))).isInstanceOf(Opening.Admitted.class);
        return authority;
    }

    private static Tenure lead(VolumeAuthority authority) throws Exception {
        TakeOver result = get(authority.takeOver(Optional.empty(), true, Optional.empty()));
        assertThat(result).isInstanceOf(TakeOver.Minted.class);
        return ((TakeOver.Minted) result).tenure();
    }

    private VolumeRecord record() throws Exception {
        return hostOne.record(one).orElseThrow();
    }

    // ---------------------------------------------------------------- creation

    @Test
    void aVolumeIsCreatedOnceWithEveryReplicaInSyncAndNoPrimary() throws Exception {
        assertThat(record().inSync()).containsExactlyInAnyOrder(one, two);
        assertThat(record().primary()).isEmpty();
        assertThat(failure(hostTwo.volumes().create(spec())))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("exists");
    }

    /** R35: a creation whose answer was lost is recognised by its incarnation. */
    @Test
    void aCreationWhoseAnswerWasLostSucceeds() throws Exception {
        get(hostOne.volumes().delete(volume, record().incarnation(), VolumeAuthorityTest::notLed));
        hostOne.store.loseAnswers(1);
        assertThat(get(hostOne.volumes().create(spec()))).isEqualTo(record().incarnation());
    }

    @Test
    void aVolumeThatIsLedCannotBeDeleted() throws Exception {
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        assertThat(failure(hostTwo.volumes().delete(volume, record().incarnation(), VolumeAuthorityTest::notLed)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("h1");
        get(tenure.resign());
        get(hostTwo.volumes().delete(volume, record().incarnation(), VolumeAuthorityTest::notLed));
        assertThat(hostOne.record(one)).isEmpty();
    }

    @Test
    @DisplayName("R35: that a record is there, or is not, is proved by a write and not by reading")
    void aRecordIsProvedByAWrite() throws Exception {
        VolumeRecord before = record();
        int sent = hostOne.store.changes();
        assertThat(get(hostOne.volumes().proved(volume))).contains(before);
        assertThat(hostOne.store.changes()).isEqualTo(sent + 1);
        get(hostTwo.volumes().delete(volume, before.incarnation(), VolumeAuthorityTest::notLed));
        hostOne.store.loseAnswers(1);
        assertThat(get(hostOne.volumes().proved(volume))).isEmpty();
        Incarnation again = get(hostTwo.volumes().create(spec()));
        get(hostTwo.volumes().delete(volume, before.incarnation(), VolumeAuthorityTest::notLed));
        assertThat(get(hostOne.volumes().proved(volume)).orElseThrow().incarnation())
                .isEqualTo(again);
    }

    @Test
    @DisplayName(
            "R41: replicas and least size change one at a time under a new configuration number; a new one is not in sync")
    void theConfigurationChangesOneStepAtATime() throws Exception {
        ReplicaId three = new ReplicaId(volume, "r3");
        long before = record().configuration();
        VolumeRecord added = get(hostOne.volumes().addReplica(three, new HostId("h3")));
        assertThat(added.inSync()).containsExactlyInAnyOrder(one, two);
        assertThat(added.configuration()).isEqualTo(before + 1);
        VolumeRecord atLeastThree = get(hostOne.volumes().changeLeastInSync(volume, 3));
        assertThat(atLeastThree.leastInSync()).isEqualTo(3);
        assertThat(atLeastThree.configuration()).isEqualTo(before + 2);
        assertThat(failure(hostOne.volumes().removeReplica(three))).isInstanceOf(PermanentException.class);
        assertThat(get(hostOne.volumes().changeLeastInSync(volume, 2)).configuration())
                .isEqualTo(before + 3);
        VolumeRecord removed = get(hostOne.volumes().removeReplica(three));
        assertThat(removed.replica(three)).isEmpty();
        assertThat(removed.configuration()).isEqualTo(before + 4);
        assertThat(failure(hostOne.volumes().removeReplica(two)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("in-sync set");
    }

    @Test
    @DisplayName("R41: a replica id has one holder, and a holder one replica, when a volume is created and later")
    void aHostHoldsOneReplica() throws Exception {
        ReplicaId three = new ReplicaId(volume, "r3");
        assertThat(failure(hostOne.volumes().addReplica(three, new HostId("h2"))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("one replica");
        assertThat(failure(hostOne.volumes().addReplica(two, new HostId("h3"))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("on host h2 already");
        assertThat(record().replicas()).hasSize(2);
    }

    @Test
    @DisplayName(
            "R31 R41 R35: its primary takes a member out of volume and set in one change, also when the answer is lost")
    void aPrimaryRemovesAMember() throws Exception {
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        long before = record().configuration();
        hostOne.store.loseAnswers(1);
        VolumeRecord removed = get(tenure.remove(two));
        assertThat(removed).isEqualTo(record());
        assertThat(removed.replica(two)).isEmpty();
        assertThat(removed.inSync()).containsExactly(one);
        assertThat(removed.configuration()).isEqualTo(before + 1);
        assertThat(get(tenure.remove(two)).configuration()).isEqualTo(before + 1);
        assertThat(failure(tenure.remove(one)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("primary's own");
    }

    // ---------------------------------------------------------------- opening

    /** R36: the count is raised on disk and in the record, at every opening, and the record learns where the host listens. */
    @Test
    void everyOpeningRaisesTheCount() throws Exception {
        for (int count = 1; count <= 3; count++) {
            admitted(hostOne, one, diskOne).close();
            StoreIdentity expected = new StoreIdentity(new StoreId("d1"), count);
            assertThat(diskOne.identity).isEqualTo(expected);
            assertThat(record().replica(one).orElseThrow().store()).contains(expected);
        }
        assertThat(record().replica(one).orElseThrow().endpoint()).contains(hostOne.session.endpoint());
    }

    /** R36: a crash between disk and record leaves the disk ahead, which is sound. */
    @Test
    void aDiskThatIsAheadOfTheRecordIsTheSameDisk() throws Exception {
        admitted(hostOne, one, diskOne).close();
        diskOne.identity = new StoreIdentity(new StoreId("d1"), 2);
        admitted(hostOne, one, diskOne);
        assertThat(record().replica(one).orElseThrow().store()).contains(new StoreIdentity(new StoreId("d1"), 3));
    }

    /** R36: another id is a replaced disk: not usable, known to the record, and out of the set in one change. */
    @Test
    void aReplacedDiskLeavesTheSetAndIsNoCandidate() throws Exception {
        admitted(hostOne, one, diskOne).close();
        DiskFixture fresh = new DiskFixture("d9");
        VolumeAuthority authority = hostOne.authority(one);
        Opening opening = get(authority.admit(fresh.identity, fresh));
        assertThat(opening).isInstanceOf(Opening.Replaced.class);
        assertThat(((Opening.Replaced) opening).found()).isEqualTo(new StoreIdentity(new StoreId("d9"), 0));
        assertThat(fresh.usable).isFalse();
        assertThat(record().inSync()).containsExactly(two);
        assertThat(record().replica(one).orElseThrow().store()).contains(fresh.identity);
        assertThat(get(authority.takeOver(Optional.empty(), false, Optional.of(new UncleanPermission(record())))))
                .isInstanceOf(TakeOver.NotCandidate.class);
        assertThat(get(authority.takeOver(Optional.empty(), true, Optional.empty())))
                .isInstanceOf(TakeOver.NotCandidate.class);
    }

    /** R36: a lower count is a restored disk; it gets a fresh id, since other copies of it may share the old one. */
    @Test
    void aRestoredDiskGetsAFreshId() throws Exception {
        admitted(hostOne, one, diskOne).close();
        StoreIdentity copy = diskOne.identity;
        admitted(hostOne, one, diskOne).close();
        diskOne.identity = copy;
        assertThat(get(hostOne.authority(one).admit(copy, diskOne))).isInstanceOf(Opening.Replaced.class);
        assertThat(diskOne.identity.id()).isNotEqualTo(copy.id());
        assertThat(diskOne.identity.openCount()).isEqualTo(1);
        assertThat(record().replica(one).orElseThrow().store()).contains(diskOne.identity);
        assertThat(record().inSync()).containsExactly(two);
    }

    /** R36: never the last member. */
    @Test
    void theLastMemberIsNotRemovedByAReplacedDisk() throws Exception {
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        get(tenure.leave(two));
        get(tenure.resign());
        DiskFixture fresh = new DiskFixture("d9");
        VolumeAuthority authority = hostOne.authority(one);
        assertThat(get(authority.admit(fresh.identity, fresh))).isInstanceOf(Opening.LastMember.class);
        assertThat(fresh.usable).isFalse();
        assertThat(authority.state()).isEqualTo(AuthorityState.UNADMITTED);
        assertThat(record().inSync()).containsExactly(one);
        assertThat(record().replica(one).orElseThrow().store()).contains(diskOne.identity);
        assertThat(get(authority.admit(diskOne.identity, diskOne))).isInstanceOf(Opening.Admitted.class);
    }

    /** R35, R36: an opening whose answers or requests are lost is settled and raises the count once. */
    @Test
    void anOpeningWithLostAnswersIsSettled() throws Exception {
        hostOne.store.loseAnswers(2);
        admitted(hostOne, one, diskOne);
        assertThat(diskOne.identity.openCount()).isEqualTo(1);
        hostTwo.store.loseRequests(2);
        admitted(hostTwo, two, diskTwo);
        assertThat(record().replica(two).orElseThrow().store()).contains(diskTwo.identity);
    }

    /** A replica of another host, or of a volume that does not exist, is refused and not guessed. */
    @Test
    void onlyTheHostThatTheRecordNamesIsAdmitted() throws Exception {
        assertThat(failure(hostTwo.authority(one).admit(diskOne.identity, diskOne)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("h2");
        ReplicaId unknown = new ReplicaId(new VolumeId("none"), "r1");
        assertThat(failure(hostOne.authority(unknown).admit(diskOne.identity, diskOne)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("none");
        assertThat(diskOne.identity.openCount()).isZero();
    }

    // ---------------------------------------------------------------- take-over

    /** R32: the epoch rises above record and promise, under a fresh mint id and a higher configuration number. */
    @Test
    void aTakeOverMintsAboveTheRecordAndTheOwnPromise() throws Exception {
        VolumeAuthority authority = admitted(hostOne, one, diskOne);
        VolumeRecord before = record();
        Epoch promise = new Epoch(40, new MintId("older"));
        TakeOver result = get(authority.takeOver(Optional.of(promise), true, Optional.empty()));
        VolumeRecord after = ((TakeOver.Minted) result).record();
        assertThat(after).isEqualTo(record());
        assertThat(after.epoch().number()).isEqualTo(41);
        assertThat(after.epoch().mint()).isNotEqualTo(before.epoch().mint());
        assertThat(after.primary()).isEqualTo(hostOne.session.node());
        assertThat(after.configuration()).isGreaterThan(before.configuration());
        assertThat(authority.state()).isEqualTo(AuthorityState.LEADING);
    }

    /** R32: of two that try at the same time exactly one is primary by the record, whatever each was told. */
    @RepeatedTest(20)
    void ofTwoHostsThatRaceOneWins() throws Exception {
        VolumeAuthority first = admitted(hostOne, one, diskOne);
        VolumeAuthority second = admitted(hostTwo, two, diskTwo);
        CompletionStage<TakeOver> a = first.takeOver(Optional.empty(), true, Optional.empty());
        CompletionStage<TakeOver> b = second.takeOver(Optional.empty(), true, Optional.empty());
        Epoch last = record().epoch();
        List<TakeOver.Minted> winners = new ArrayList<>();
        for (TakeOver each : List.of(get(a), get(b))) {
            if (each instanceof TakeOver.Minted minted) {
                winners.add(minted);
            } else {
                assertThat(each).isInstanceOf(TakeOver.LostRace.class);
            }
        }
        Epoch now = record().epoch();
        assertThat(now.number()).isGreaterThanOrEqualTo(last.number());
        assertThat(winners).isNotEmpty();
        assertThat(winners.stream().filter(each -> each.record().epoch().equals(now)))
                .hasSize(1);
        assertThat(winners.stream().map(each -> each.record().epoch().number()).distinct())
                .as("no two terms share a number")
                .hasSize(winners.size());
    }

    /** R35: whether a lost mint was applied, was not, or comes late, it is settled and no second one is minted over it. */
    @Test
    void aMintWithLostAnswersIsSettled() throws Exception {
        VolumeAuthority authority = admitted(hostOne, one, diskOne);
        long before = record().epoch().number();
        hostOne.store.loseAnswers(3);
        Tenure tenure = lead(authority);
        assertThat(tenure.epoch().number()).isEqualTo(before + 1);
        assertThat(record()).isEqualTo(tenure.record());
        get(tenure.resign());

        hostOne.store.loseRequests(3);
        Tenure again = lead(authority);
        assertThat(again.epoch().number()).isEqualTo(before + 2);
        get(again.resign());

        hostOne.store.holdBackOne();
        Tenure third = lead(authority);
        hostOne.store.letGo();
        assertThat(record()).as("a late request changes nothing").isEqualTo(third.record());
    }

    /** R32: who is not in the set does not lead, but once with a person's permission; then it is the set. */
    @Test
    void anUncleanTakeOverNeedsAPermissionThatIsGoodOnce() throws Exception {
        VolumeAuthority second = admitted(hostTwo, two, diskTwo);
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        get(tenure.leave(two));
        assertThat(get(second.takeOver(Optional.empty(), true, Optional.empty())))
                .isInstanceOf(TakeOver.NotCandidate.class);
        UncleanPermission permission = new UncleanPermission(record());
        TakeOver result = get(second.takeOver(Optional.empty(), true, Optional.of(permission)));
        assertThat(((TakeOver.Minted) result).record().inSync()).containsExactly(two);
        assertThat(permission.spend()).as("it is spent").isFalse();

        ((TakeOver.Minted) result).tenure().standDown("test");
        assertThat(failure(tenure.confirm())).isInstanceOf(FencedException.class);
        VolumeAuthority first = hostOne.authority(one);
        assertThat(get(first.admit(diskOne.identity, diskOne))).isInstanceOf(Opening.Admitted.class);
        assertThat(get(first.takeOver(Optional.empty(), true, Optional.of(permission))))
                .as("the permission was for another record, and is spent")
                .isInstanceOf(TakeOver.NotCandidate.class);
    }

    @Test
    @DisplayName("R32, R41: a replica that was removed does not lead, not even with a permission, which is not used up")
    void aRemovedReplicaIsNoCandidate() throws Exception {
        VolumeAuthority second = admitted(hostTwo, two, diskTwo);
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        get(tenure.leave(two));
        get(hostOne.volumes().removeReplica(two));
        UncleanPermission permission = new UncleanPermission(record());
        assertThat(get(second.takeOver(Optional.empty(), true, Optional.of(permission))))
                .isInstanceOf(TakeOver.NotCandidate.class);
        assertThat(permission.spend()).isTrue();
    }

    /** R38: without a lease nothing is sent. */
    @Test
    void withoutALeaseNothingIsMintedOrChanged() throws Exception {
        VolumeAuthority authority = admitted(hostOne, one, diskOne);
        Tenure tenure = lead(authority);
        VolumeRecord before = record();
        int sent = hostOne.store.changes();
        hostOne.session.close();
        assertThat(failure(tenure.leave(two))).isInstanceOf(RetriableException.class);
        tenure.standDown("test");
        await().until(() -> authority.state() == AuthorityState.FOLLOWING);
        assertThat(get(authority.takeOver(Optional.empty(), true, Optional.empty())))
                .isInstanceOf(TakeOver.NoLease.class);
        assertThat(hostOne.store.changes()).isEqualTo(sent);
        assertThat(hostTwo.record(one)).contains(before);
    }

    // ---------------------------------------------------------------- tenure

    @Test
    @DisplayName("R31, R40: a member leaves and joins with one quorum write each, and none of any other kind")
    void aMemberLeavesAndJoinsWithOneWriteEach() throws Exception {
        admitted(hostTwo, two, diskTwo);
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        int before = hostOne.store.changes();
        VolumeRecord without = get(tenure.leave(two));
        assertThat(without.inSync()).containsExactly(one);
        assertThat(record()).isEqualTo(without);
        VolumeRecord with = get(tenure.join(two, diskTwo.identity));
        assertThat(with.inSync()).containsExactlyInAnyOrder(one, two);
        assertThat(with.configuration()).isEqualTo(without.configuration() + 1);
        assertThat(record()).isEqualTo(with);
        assertThat(hostOne.store.changes()).isEqualTo(before + 2);
    }

    /** R31, R36: a join names the disk and the opening that the fence reported; the record is read anew for it. */
    @Test
    void aJoinWithAnotherOpeningIsRefusedUntilItIsFencedAnew() throws Exception {
        admitted(hostTwo, two, diskTwo).close();
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        get(tenure.leave(two));
        StoreIdentity fenced = diskTwo.identity;
        admitted(hostTwo, two, diskTwo);
        assertThat(failure(tenure.join(two, fenced)))
                .isInstanceOf(RetriableException.class)
                .hasMessageContaining("fence it again");
        assertThat(record().inSync()).containsExactly(one);
        assertThat(get(tenure.join(two, diskTwo.identity)).inSync()).contains(two);
    }

    @Test
    @DisplayName("R36, R42: a store that was opened since its record's backup says so again, and joins")
    void anOpeningThatWasForgottenIsSaidAgain() throws Exception {
        admitted(hostTwo, two, diskTwo).close();
        StoreIdentity then = diskTwo.identity;
        VolumeAuthority again = admitted(hostTwo, two, diskTwo);
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        get(tenure.leave(two));
        VolumeRecord old = record().opened(two, then, new Endpoint("127.0.0.1", 1));
        hostOne.putBack(old);
        assertThat(failure(tenure.join(two, diskTwo.identity))).isInstanceOf(RetriableException.class);
        again.recordSeen(old);
        await().until(() -> record().replica(two).orElseThrow().store().equals(Optional.of(diskTwo.identity)));
        assertThat(record().replica(two).orElseThrow().endpoint())
                .as("where it listens now")
                .contains(new Endpoint("127.0.0.1", 7002));
        assertThat(get(tenure.join(two, diskTwo.identity)).inSync()).contains(two);
    }

    /** R35: a version conflict under the own mint id is not deposition. */
    @Test
    void aConflictUnderTheOwnMintIsNoDeposition() throws Exception {
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        admitted(hostTwo, two, diskTwo);
        assertThat(get(tenure.leave(two)).inSync()).containsExactly(one);
        assertThat(record().replica(two).orElseThrow().store()).contains(diskTwo.identity);
    }

    /** R35: another mint is deposition, and the old primary changes nothing any more. */
    @Test
    void aDeposedPrimaryChangesNothing() throws Exception {
        VolumeAuthority first = admitted(hostOne, one, diskOne);
        Tenure old = lead(first);
        Tenure young = lead(admitted(hostTwo, two, diskTwo));
        VolumeRecord before = record();
        assertThat(failure(old.leave(two))).isInstanceOf(FencedException.class);
        assertThat(failure(old.join(two, diskTwo.identity))).isInstanceOf(FencedException.class);
        assertThat(record()).isEqualTo(before);
        assertThat(before.epoch()).isEqualTo(young.epoch());
        assertThat(first.state()).isEqualTo(AuthorityState.FOLLOWING);
    }

    /** R31, R35: a join or leave whose answer or request was lost, or that comes late, is settled before it answers. */
    @Test
    void changesOfTheSetWithLostAnswersAreSettled() throws Exception {
        admitted(hostTwo, two, diskTwo);
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        hostOne.store.loseAnswers(2);
        assertThat(get(tenure.leave(two))).isEqualTo(record());
        hostOne.store.loseRequests(2);
        assertThat(get(tenure.join(two, diskTwo.identity))).isEqualTo(record());
        hostOne.store.holdBackOne();
        VolumeRecord after = get(tenure.leave(two));
        hostOne.store.letGo();
        assertThat(record()).isEqualTo(after);
        assertThat(after.inSync()).containsExactly(one);
    }

    /** R33: the primary's own replica never leaves. */
    @Test
    void thePrimaryDoesNotRemoveItself() throws Exception {
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        assertThat(failure(tenure.leave(one))).isInstanceOf(PermanentException.class);
    }

    /** R21: the queue of changes is bounded. */
    @Test
    void tooManyChangesAreRefused() throws Exception {
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        hostOne.store.loseRequests(3);
        List<CompletionStage<VolumeRecord>> all = new ArrayList<>();
        for (int i = 0; i < Tenure.MAX_QUEUED + 2; i++) {
            all.add(tenure.confirm());
        }
        assertThat(failure(all.get(all.size() - 1))).isInstanceOf(ResourceExhaustedException.class);
        assertThat(get(all.get(0))).isEqualTo(get(all.get(Tenure.MAX_QUEUED)));
    }

    /** R39: a primary that resigns keeps nobody waiting, and its term is over. */
    @Test
    void aPrimaryResigns() throws Exception {
        VolumeAuthority authority = admitted(hostOne, one, diskOne);
        Tenure tenure = lead(authority);
        assertThat(get(tenure.resign()).primary()).isEmpty();
        assertThat(record().primary()).isEmpty();
        assertThat(record().epoch()).isEqualTo(tenure.epoch());
        assertThat(failure(tenure.confirm())).isInstanceOf(CancelledException.class);
        assertThat(authority.state()).isEqualTo(AuthorityState.FOLLOWING);
    }

    /** R38: after the session expired, the term is confirmed in place: the new host node, the same epoch. */
    @Test
    void aTermOutlivesItsSession() throws Exception {
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        HostNode before = hostOne.session.node().orElseThrow();
        ensemble.expire(before.session());
        await().atMost(Duration.ofSeconds(30)).until(() -> hostOne.sessions.size() == 2);
        VolumeRecord confirmed = get(tenure.confirm());
        assertThat(confirmed.epoch()).isEqualTo(tenure.epoch());
        assertThat(confirmed.primary()).contains(hostOne.sessions.get(1));
        assertThat(record()).isEqualTo(confirmed);
        assertThat(Set.of(before)).doesNotContain(confirmed.primary().orElseThrow());
    }

    /** R32, R35: a host that still believes in a session that is over changes nothing: its node is checked with the change. */
    @Test
    void aHostThatDoesNotKnowThatItsSessionEndedChangesNothing() throws Exception {
        AtomicReference<HostNode> believed =
                new AtomicReference<>(hostOne.session.node().orElseThrow());
        HostPresence believer = new Believer(hostOne.session, believed);
        VolumeAuthority authority = new VolumeAuthority(
                hostOne.store, believer, one, record().incarnation(), hostOne.strand(), hostOne.runtime);
        get(authority.admit(diskOne.identity, diskOne));
        Tenure tenure = lead(authority);
        VolumeRecord before = record();
        believed.set(new HostNode(new HostId("h1"), 1));
        assertThat(failure(tenure.leave(two))).isInstanceOf(RetriableException.class);
        tenure.standDown("test");
        await().until(() -> authority.state() == AuthorityState.FOLLOWING);
        assertThat(failure(authority.takeOver(Optional.empty(), true, Optional.empty())))
                .isInstanceOf(RetriableException.class);
        assertThat(record()).isEqualTo(before);
        assertThat(authority.state()).isEqualTo(AuthorityState.FOLLOWING);
    }

    /** A host that is as it says, but for its node. */
    private record Believer(HostSession real, AtomicReference<HostNode> believed) implements HostPresence {
        @Override
        public HostId host() {
            return real.host();
        }

        @Override
        public Endpoint endpoint() {
            return real.endpoint();
        }

        @Override
        public Optional<HostNode> node() {
            return Optional.of(believed.get());
        }

        @Override
        public boolean mayDecide() {
            return true;
        }

        @Override
        public void suspect() {
            real.suspect();
        }
    }

    /** R31, R35: a join that was applied is in the answer, although another opening is recorded when it is settled. */
    @Test
    void aJoinThatWasAppliedIsInTheSetThatCountsWhateverWasOpenedSince() throws Exception {
        admitted(hostTwo, two, diskTwo).close();
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        get(tenure.leave(two));
        hostOne.store.loseAnswers(1);
        hostOne.store.whenLost(() -> {
            try {
                admitted(hostTwo, two, diskTwo);
            } catch (Exception failed) {
                throw new AssertionError(failed);
            }
        });
        StoreIdentity fenced = diskTwo.identity;
        assertThat(get(tenure.join(two, fenced))).isEqualTo(record());
        assertThat(record().replica(two).orElseThrow().store()).isNotEqualTo(Optional.of(fenced));
        assertThat(tenure.record()).isEqualTo(record());
        assertThat(tenure.record().inSync()).containsExactlyInAnyOrder(one, two);
    }

    @Test
    void aTermOfADeletedVolumeSaysSo() throws Exception {
        Tenure tenure = lead(admitted(hostOne, one, diskOne));
        String path = Paths.volume(volume);
        int version = get(hostTwo.store.read(path)).orElseThrow().version();
        get(hostTwo.store.delete(path, Paths.mark(record().incarnation()), version, Set.of()));
        assertThat(failure(tenure.leave(two)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("has no record");
    }

    /** A closed authority and its tenure answer; nothing hangs. */
    @Test
    void aClosedAuthorityAnswers() throws Exception {
        VolumeAuthority authority = admitted(hostOne, one, diskOne);
        Tenure tenure = lead(authority);
        authority.close();
        assertThat(failure(tenure.confirm())).isInstanceOf(CancelledException.class);
        assertThat(failure(authority.takeOver(Optional.empty(), true, Optional.empty())))
                .isInstanceOf(CancelledException.class);
        assertThat(record().epoch()).isEqualTo(tenure.epoch());
    }

    /** A deletion by a host that has no term to end. */
    private static CompletionStage<Void> notLed() {
        return CompletableFuture.completedFuture(null);
    }
}
