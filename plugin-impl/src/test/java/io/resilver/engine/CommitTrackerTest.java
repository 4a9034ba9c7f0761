package io.resilver.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class CommitTrackerTest {
    private static final ReplicaId A = replica("a");
    private static final ReplicaId B = replica("b");
    private static final ReplicaId C = replica("c");

    private final CommitTracker tracker = new CommitTracker(A, 10);

    /** R30: an entry is committed when it is durable at every member, the primary's own store included. */
    @Test
    void everyMemberAndThePrimaryMustHaveIt() {
        tracker.require(Set.of(A, B), 2, 1);
        assertThat(tracker.committed()).isEmpty();
        tracker.counted(B, 20);
        assertThat(tracker.committed()).as("not durable here").isEmpty();
        tracker.own(15);
        assertThat(tracker.committed()).hasValue(15);
        tracker.own(30);
        assertThat(tracker.committed()).hasValue(20);
    }

    /** R30: nothing is required of anybody before the set is known. */
    @Test
    void nothingIsCommittedBeforeTheSetIsKnown() {
        tracker.own(20);
        tracker.counted(B, 20);
        assertThat(tracker.committed()).isEmpty();
    }

    /** R32: nothing is committed in a term before all of the adopted head is. */
    @Test
    void nothingBelowTheBoundaryIsCommittedFirst() {
        tracker.require(Set.of(A, B), 2, 1);
        tracker.own(10);
        tracker.counted(B, 9);
        assertThat(tracker.committed()).isEmpty();
        tracker.counted(B, 10);
        assertThat(tracker.committed()).hasValue(10);
    }

    /** R30: a set that is too small commits nothing, and goes on once it is large enough. */
    @Test
    void theLeastSizeIsKept() {
        tracker.require(Set.of(A), 1, 2);
        tracker.own(20);
        assertThat(tracker.committed()).isEmpty();
        tracker.require(Set.of(A, B), 2, 2);
        tracker.counted(B, 20);
        assertThat(tracker.committed()).hasValue(20);
    }

    /** R31: a joiner is required from the moment it is held for, but does not count for the least size. */
    @Test
    void aJoinerIsRequiredAndDoesNotStandInForAMember() {
        tracker.require(Set.of(A, B), 1, 2);
        tracker.own(20);
        tracker.counted(B, 20);
        assertThat(tracker.committed())
                .as("the record has one member, two are the least")
                .isEmpty();
        tracker.require(Set.of(A, B), 2, 2);
        tracker.require(Set.of(A, B, C), 2, 2);
        assertThat(tracker.committed()).hasValue(20);
        tracker.own(30);
        tracker.counted(B, 30);
        assertThat(tracker.committed()).as("the joiner has nothing yet").hasValue(20);
        tracker.counted(C, 25);
        assertThat(tracker.committed()).hasValue(25);
    }

    /** R31: while a removal is not settled the larger set counts; once it is, commits go on without the member. */
    @Test
    void aSettledRemovalLetsCommitsGoOn() {
        tracker.require(Set.of(A, B, C), 3, 1);
        tracker.own(20);
        tracker.counted(B, 20);
        assertThat(tracker.committed()).isEmpty();
        tracker.require(Set.of(A, B), 2, 1);
        assertThat(tracker.committed()).hasValue(20);
    }

    /** R30: durable counts only in the present session: without it nothing more is committed, and nothing falls. */
    @Test
    void aReplicaWithoutASessionHoldsCommits() {
        tracker.require(Set.of(A, B), 2, 1);
        tracker.own(50);
        tracker.counted(B, 20);
        tracker.uncount(B);
        tracker.own(60);
        assertThat(tracker.committed()).hasValue(20);
        assertThat(tracker.counted(B)).isEmpty();
        tracker.counted(B, 15);
        assertThat(tracker.committed()).as("it never falls").hasValue(20);
        tracker.counted(B, 40);
        assertThat(tracker.committed()).hasValue(40);
    }

    /** R30: a late flush of the primary's own store does not take back a later one. */
    @Test
    void ownFlushesMayBeToldOutOfOrder() {
        tracker.require(Set.of(A), 1, 1);
        tracker.own(30);
        tracker.own(20);
        assertThat(tracker.counted(A)).hasValue(30);
        tracker.uncount(A);
        assertThat(tracker.counted(A)).hasValue(30);
    }

    /** R30: mistakes of the caller are not guessed at. */
    @Test
    void badArgumentsAreRefused() {
        assertThatThrownBy(() -> tracker.require(Set.of(B), 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tracker.require(Set.of(A), 1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tracker.counted(A, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    /** R30, R31: against the definition, after every step of any order of events. */
    @Property(tries = 1000)
    void committedIsAlwaysDurableEverywhereItMustBe(@ForAll Random random) {
        CommitTracker any = new CommitTracker(A, 3);
        List<ReplicaId> all = List.of(A, B, C);
        Map<ReplicaId, Long> counts = new HashMap<>();
        Set<ReplicaId> required = Set.of();
        boolean enough = false;
        OptionalLong model = OptionalLong.empty();
        for (int i = 0; i < 60; i++) {
            ReplicaId who = all.get(1 + random.nextInt(2));
            long lsn = random.nextInt(12);
            switch (random.nextInt(5)) {
                case 0 -> {
                    any.own(lsn);
                    counts.merge(A, lsn, Math::max);
                }
                case 1, 2 -> {
                    any.counted(who, lsn);
                    counts.put(who, lsn);
                }
                case 3 -> {
                    any.uncount(who);
                    counts.remove(who);
                }
                default -> {
                    Set<ReplicaId> next = new HashSet<>(Set.of(A));
                    all.stream().filter(each -> random.nextBoolean()).forEach(next::add);
                    int recorded = 1 + random.nextInt(3);
                    int least = 1 + random.nextInt(3);
                    any.require(next, recorded, least);
                    required = next;
                    enough = Math.min(next.size(), recorded) >= least;
                }
            }
            if (enough && counts.keySet().containsAll(required)) {
                long everywhere = required.stream().mapToLong(counts::get).min().orElseThrow();
                if (everywhere >= 3) {
                    model = OptionalLong.of(Math.max(everywhere, model.orElse(0)));
                }
            }
            assertThat(any.committed()).isEqualTo(model);
        }
    }

    private static ReplicaId replica(String name) {
        return new ReplicaId(new VolumeId("v"), name);
    }
}
