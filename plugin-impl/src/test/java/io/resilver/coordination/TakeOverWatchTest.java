package io.resilver.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** R39: when a member may try to become primary. */
class TakeOverWatchTest {
    private static final VolumeId VOLUME = new VolumeId("v");
    private static final TakeOverSettings SETTINGS = new TakeOverSettings(
            Duration.ofSeconds(1),
            Duration.ofMillis(300),
            Duration.ofMillis(100),
            Duration.ofMillis(50),
            Duration.ofMillis(400));
    private long now = Long.MAX_VALUE - 5; // the clock may overflow at any time

    private static ReplicaId replica(int i) {
        return new ReplicaId(VOLUME, "r" + i);
    }

    private static HostNode node(int i) {
        return new HostNode(new HostId("h" + i), i + 1);
    }

    private static VolumeRecord record(long epoch, Optional<HostNode> primary, int... members) {
        Set<ReplicaId> inSync = new HashSet<>();
        IntStream.of(members).forEach(i -> inSync.add(replica(i)));
        List<VolumeRecord.Replica> replicas = IntStream.range(0, 4)
                .mapToObj(i ->
                        new VolumeRecord.Replica(replica(i), new HostId("h" + i), Optional.empty(), Optional.empty()))
                .toList();
        return new VolumeRecord(
                VOLUME,
                new Incarnation("i"),
                new Epoch(epoch, new MintId("m" + epoch)),
                primary,
                0,
                replicas,
                inSync,
                1);
    }

    private TakeOverWatch watch(int self) {
        return new TakeOverWatch(() -> now, SETTINGS, replica(self));
    }

    private void pass(long millis) {
        now += millis * 1_000_000;
    }

    private static Optional<Duration> millis(long millis) {
        return Optional.of(Duration.ofMillis(millis));
    }

    /** R32, R39: only a member. */
    @Test
    void whoIsNoMemberNeverTries() {
        TakeOverWatch watch = watch(3);
        assertThat(watch.nextTry()).isEmpty();
        watch.recordSeen(record(2, Optional.empty(), 0, 1));
        assertThat(watch.nextTry()).isEmpty();
    }

    /** R39: when the host node is gone, candidates go by rank at once. */
    @Test
    void aPrimaryWhoseNodeIsGoneIsFollowedByRank() {
        TakeOverWatch first = watch(1);
        TakeOverWatch second = watch(2);
        for (TakeOverWatch each : List.of(first, second)) {
            each.recordSeen(record(2, Optional.of(node(0)), 0, 1, 2));
            each.hostsSeen(Optional.empty(), Set.of(node(0), node(1), node(2)));
        }
        assertThat(first.nextTry()).isEqualTo(millis(1_000));
        assertThat(second.nextTry()).isEqualTo(millis(1_100));
        first.hostsSeen(Optional.empty(), Set.of(node(1), node(2)));
        second.hostsSeen(Optional.empty(), Set.of(node(1), node(2)));
        assertThat(first.nextTry()).isEqualTo(millis(0));
        assertThat(second.nextTry()).isEqualTo(millis(100));
        pass(100);
        assertThat(second.nextTry()).isEqualTo(millis(0));
    }

    /** R39: nobody waits for a member whose host is known to be gone. */
    @Test
    void membersThatAreGoneHaveNoRank() {
        TakeOverWatch second = watch(2);
        second.recordSeen(record(2, Optional.of(node(0)), 0, 1, 2));
        second.hostsSeen(Optional.empty(), Set.of(node(2)));
        assertThat(second.nextTry()).isEqualTo(millis(0));
    }

    /** R39: a silent primary is preempted after the silence window, without waiting for its session. */
    @Test
    void silenceIsEnoughAndEveryWordBeginsTheWindowAnew() {
        TakeOverWatch watch = watch(1);
        watch.recordSeen(record(2, Optional.of(node(0)), 0, 1));
        watch.hostsSeen(Optional.empty(), Set.of(node(0), node(1)));
        pass(900);
        assertThat(watch.nextTry()).isEqualTo(millis(100));
        watch.heardFromPrimary();
        assertThat(watch.nextTry()).isEqualTo(millis(1_000));
        pass(1_000);
        assertThat(watch.nextTry()).isEqualTo(millis(0));
    }

    /** R39: a resigned primary keeps nobody waiting. */
    @Test
    void aResignedPrimaryIsFollowedAtOnce() {
        TakeOverWatch watch = watch(0);
        watch.recordSeen(record(2, Optional.empty(), 0, 1));
        assertThat(watch.nextTry()).isEqualTo(millis(0));
    }

    @Test
    @DisplayName("R39: who resigned goes first no more, though its host is there, until another primary was seen")
    void nobodyWaitsForWhoResigned() {
        TakeOverWatch second = watch(1);
        Set<HostNode> all = Set.of(node(0), node(1), node(2));
        second.hostsSeen(Optional.of(node(1)), all);
        second.recordSeen(record(2, Optional.of(node(0)), 0, 1, 2));
        second.recordSeen(record(2, Optional.empty(), 0, 1, 2));
        assertThat(second.nextTry()).isEqualTo(millis(0));
        second.recordSeen(record(2, Optional.empty(), 0, 1, 2));
        assertThat(second.nextTry()).as("seen again").isEqualTo(millis(0));

        second.recordSeen(record(3, Optional.of(node(2)), 0, 1, 2));
        second.recordSeen(record(3, Optional.empty(), 0, 1, 2));
        assertThat(second.nextTry()).as("another resigned").isEqualTo(millis(100));
        second.recordSeen(record(4, Optional.empty(), 0, 1, 2));
        assertThat(second.nextTry()).as("nobody knows who resigned").isEqualTo(millis(100));
    }

    /** R39: a node that comes back, and a new mint, call the alarm off. */
    @Test
    void aNewPrimaryGetsAFullWindow() {
        TakeOverWatch watch = watch(1);
        watch.recordSeen(record(2, Optional.of(node(0)), 0, 1, 2));
        watch.hostsSeen(Optional.empty(), Set.of(node(1), node(2)));
        assertThat(watch.nextTry()).isEqualTo(millis(0));
        pass(2_000);
        watch.recordSeen(record(3, Optional.of(node(2)), 0, 1, 2));
        assertThat(watch.nextTry()).isEqualTo(millis(1_000));
    }

    /** R32: what an earlier process of this host left behind is surely over, even while its node is still there. */
    @Test
    void theOwnPredecessorIsNotWaitedFor() {
        TakeOverWatch watch = watch(0);
        HostNode before = new HostNode(new HostId("h0"), 99);
        watch.recordSeen(record(2, Optional.of(before), 0, 1));
        watch.hostsSeen(Optional.of(node(0)), Set.of(before, node(0), node(1)));
        assertThat(watch.nextTry()).isEqualTo(millis(0));
    }

    /** R39: exponential back-off with a bound, and a good term forgives. */
    @Test
    void eachFailureDoublesTheWait() {
        TakeOverWatch watch = watch(0);
        watch.recordSeen(record(2, Optional.empty(), 0));
        for (long expected : new long[] {50, 100, 200, 400, 400}) {
            watch.failed();
            assertThat(watch.nextTry()).isEqualTo(millis(expected));
        }
        watch.succeeded();
        assertThat(watch.nextTry()).isEqualTo(millis(0));
        watch.failed();
        assertThat(watch.nextTry()).isEqualTo(millis(50));
    }

    @Test
    @DisplayName(
            "R39: a primary whose connection was lost is followed after a short grace, not after the silence window")
    void theConnectionWasLost() {
        TakeOverWatch watch = watch(1);
        watch.recordSeen(record(1, Optional.of(node(0)), 0, 1));
        pass(50);
        watch.linkLost(new HostId("h0"), now);
        assertThat(watch.nextTry()).contains(Duration.ofMillis(300));
        pass(300);
        assertThat(watch.nextTry()).contains(Duration.ZERO);
        assertThat(watch.doubtIn()).isZero();
    }

    @Test
    @DisplayName("R39: a primary that lost only its connection speaks again within the grace, and keeps its term")
    void theConnectionCameBack() {
        TakeOverWatch watch = watch(1);
        watch.recordSeen(record(1, Optional.of(node(0)), 0, 1));
        watch.linkLost(new HostId("h0"), now);
        pass(299);
        watch.heardFromPrimary();
        pass(2);
        assertThat(watch.nextTry()).contains(Duration.ofMillis(998));
    }

    @Test
    @DisplayName(
            "R39: a connection that was lost before the primary's last word says nothing, though it is told of later")
    void toldOfLater() {
        TakeOverWatch watch = watch(1);
        watch.recordSeen(record(1, Optional.of(node(0)), 0, 1));
        long before = now;
        pass(1);
        watch.heardFromPrimary();
        assertThat(watch.linkLost(new HostId("h0"), before)).isTrue();
        assertThat(watch.nextTry()).contains(Duration.ofSeconds(1));
    }

    @Test
    @DisplayName("R39: the lost connection of another host says nothing of the primary, and hides nothing of it")
    void anotherConnectionWasLost() {
        TakeOverWatch watch = watch(1);
        watch.recordSeen(record(1, Optional.of(node(0)), 0, 1, 2));
        assertThat(watch.linkLost(new HostId("h2"), now)).isFalse();
        assertThat(watch.nextTry()).contains(Duration.ofSeconds(1));
        assertThat(watch.linkLost(new HostId("h0"), now)).isTrue();
        assertThat(watch.linkLost(new HostId("h2"), now)).isFalse();
        assertThat(watch.nextTry()).contains(Duration.ofMillis(300));
    }

    @Test
    @DisplayName("R39: the connection may be lost before the record is seen that names its host as the primary")
    void lostBeforeTheRecord() {
        TakeOverWatch watch = watch(1);
        watch.recordSeen(record(1, Optional.of(node(2)), 0, 1, 2));
        assertThat(watch.linkLost(new HostId("h0"), now)).isFalse();
        pass(100);
        watch.recordSeen(record(2, Optional.of(node(0)), 0, 1, 2));
        assertThat(watch.doubtIn()).isEqualTo(Duration.ofMillis(200));
    }

    @Test
    @DisplayName("R39: a connection that was lost long ago says nothing of a term that began since")
    void lostLongAgo() {
        TakeOverWatch watch = watch(1);
        watch.linkLost(new HostId("h0"), now);
        pass(1_001);
        watch.recordSeen(record(2, Optional.of(node(0)), 0, 1));
        assertThat(watch.doubtIn()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    @DisplayName("R39: a replica that is no member doubts a silent primary too: the record may have made it one")
    void doubtOfANonMember() {
        TakeOverWatch watch = watch(3);
        assertThat(watch.doubtIn()).isZero();
        watch.recordSeen(record(1, Optional.of(node(0)), 0, 1));
        assertThat(watch.nextTry()).isEmpty();
        pass(400);
        assertThat(watch.doubtIn()).isEqualTo(Duration.ofMillis(600));
        pass(700);
        assertThat(watch.doubtIn()).isZero();
    }
}
