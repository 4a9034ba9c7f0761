package io.resilver.execution;

import static io.resilver.execution.LeaderFixture.A;
import static io.resilver.execution.LeaderFixture.B;
import static io.resilver.execution.LeaderFixture.C;
import static io.resilver.execution.LeaderFixture.FIRST;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.execution.scrub.ScrubOptions;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.driver.ScrubStatus;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.event.RecoveryEvent.ContentDiffers;
import io.resilver.spi.event.RecoveryEvent.CorruptionFound;
import io.resilver.spi.model.HostId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The committed log of a replica in sync is compared with the primary's own (docs/decisions/0008-scrub.md). */
class ScrubTest {
    private static final Duration INTERVAL = Duration.ofMinutes(10);
    private static final int RANGE = 1 << 19;
    private static final byte[] ROTTEN = "other bytes".getBytes(StandardCharsets.UTF_8);

    private final LeaderFixture f = new LeaderFixture();

    @AfterEach
    void nothingIsLeftOver() {
        assertThat(f.uncaught).isEmpty();
        f.runtime.runAll();
        assertThat(f.ledger.count()).as("R12").isEqualTo(f.source.pins.size());
        assertThat(f.stores.get(B).pins).as("R12").isZero();
    }

    @Test
    @DisplayName("R7, R12: equal logs are compared to the committed LSN, and nothing is found, held or changed")
    void equalLogs() throws RecoveryException {
        leadWithB(1 << 20);
        f.pass(Duration.ofSeconds(2));
        ScrubStatus scrub = f.status(B).scrub();
        assertThat(scrub.passes()).isEqualTo(1);
        assertThat(scrub.comparedLsn()).isEqualTo(33);
        assertThat(scrub.found()).isZero();
        assertThat(scrub.differing()).isEmpty();
        assertThat(f.told(ContentDiffers.class)).isEmpty();
        assertThat(f.link.sent(Request.DigestLog.class, B)).hasSize(1);
        assertThat(f.ledger.count()).as("keep-up's pin, and no other").isEqualTo(1);
        f.pass(INTERVAL);
        assertThat(f.status(B).scrub().passes()).as("again after the interval").isEqualTo(2);
    }

    @Test
    @DisplayName("R7: an entry with other bytes under the same LSN and epoch is told of with both digests, and kept")
    void otherBytes() throws RecoveryException {
        leadWithB(1 << 20);
        f.stores.get(B).rot(15, ROTTEN);
        f.pass(Duration.ofSeconds(2));
        ContentDiffers told = f.told(ContentDiffers.class).get(0);
        assertThat(told.replica()).isEqualTo(B);
        assertThat(told.afterLsn()).isZero();
        assertThat(told.upToLsn()).isEqualTo(33);
        assertThat(told.ofPrimary()).hasSize(64).isNotEqualTo(told.ofReplica());
        ScrubStatus scrub = f.status(B).scrub();
        assertThat(scrub.differing().orElseThrow().ofReplica()).isEqualTo(told.ofReplica());
        assertThat(scrub.found()).isEqualTo(1);
        assertThat(f.status(B).inSync()).as("nobody is removed for it").isTrue();
        assertThat(f.stores.get(B).batch(12, 15).entries().get(0).payload().array())
                .as("nothing is repaired")
                .isEqualTo(ROTTEN);
        assertThat(f.link.sent(Request.Truncate.class, B)).isEmpty();
        assertThat(f.told(RecoveryEvent.ReplicaLeft.class)).isEmpty();
    }

    @Test
    @DisplayName("what was found stays in the status until a pass over the log finds nothing")
    void staysUntilItIsGone() throws RecoveryException {
        leadWithB(1 << 20);
        byte[] right = f.source.batch(12, 15).entries().get(0).payload().array();
        f.stores.get(B).rot(15, ROTTEN);
        f.pass(Duration.ofSeconds(2));
        f.pass(INTERVAL);
        assertThat(f.told(ContentDiffers.class)).as("told once a pass").hasSize(2);
        f.stores.get(B).rot(15, right);
        assertThat(f.status(B).scrub().differing()).isPresent();
        f.pass(INTERVAL);
        assertThat(f.status(B).scrub().differing()).isEmpty();
        assertThat(f.status(B).scrub().found()).as("it was found all the same").isEqualTo(2);
    }

    @Test
    @DisplayName("an entry that the replica has lost is a difference too")
    void lostEntry() throws RecoveryException {
        leadWithB(1 << 20);
        f.stores.get(B).lose(15);
        f.pass(Duration.ofSeconds(2));
        assertThat(f.told(ContentDiffers.class)).hasSize(1);
    }

    @Test
    @DisplayName(
            "R22: a store that does not come back from a read that is compared keeps no other's turn, and is not asked again")
    void aReadThatHangs() throws RecoveryException {
        leadWithB(1 << 20);
        f.source.hook = call -> f.sourceIo.block();
        f.sourceIo.hang();
        f.pass(Duration.ofSeconds(2));
        f.sourceIo.goOn();
        assertThat(f.sourceIo.out()).isEqualTo(1);
        assertThat(f.status(B).scrub().state()).isEqualTo("READING");
        f.pass(Duration.ofMinutes(1));
        assertThat(f.status(B).scrub().state()).isEqualTo("RESTING");
        f.source.hook = call -> {};
        f.sourceIo.comeBack();
        f.pass(INTERVAL);
        assertThat(f.status(B).scrub().passes()).isPositive();
    }

    @Test
    @DisplayName("R38: without a lease nothing is compared")
    void needsALease() throws RecoveryException {
        f.set.lease = false;
        leadWithB(1 << 20);
        f.set.lease = false;
        f.pass(Duration.ofSeconds(5));
        assertThat(f.link.sent(Request.DigestLog.class, B)).isEmpty();
        f.set.lease = true;
        f.pass(Duration.ofSeconds(1));
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
    }

    @Test
    @DisplayName("with a rate of 0, the default, nothing is compared")
    void offByDefault() throws RecoveryException {
        leadWithB(0);
        f.pass(Duration.ofSeconds(5));
        assertThat(f.link.sent(Request.DigestLog.class, B)).isEmpty();
        assertThat(f.status(B).scrub().state()).isEqualTo("OFF");
    }

    @Test
    @DisplayName("the pace holds over all replicas of a host: one range at a time, each for as long as its bytes take")
    void pace() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B, C), 1);
        f.scrub = new ScrubOptions(20, RANGE, INTERVAL); // 11 entries of 7 or 8 bytes take 4 s or so
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        f.holds(C, 30);
        f.lead(true, B, C);
        f.write(1);
        f.pass(LeaderOptions.DEFAULT.readLease().plusSeconds(1));
        assertThat(f.link.sent(Request.DigestLog.class, B).size()
                        + f.link.sent(Request.DigestLog.class, C).size())
                .isEqualTo(1);
        f.pass(Duration.ofSeconds(10));
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
        assertThat(f.status(C).scrub().passes()).isEqualTo(1);
    }

    @Test
    @DisplayName("R12: a session that ends in the middle of a question leaves nothing behind, and the next one goes on")
    void goesOnAfterASession() throws RecoveryException {
        leadWithB(1 << 20);
        f.link.lostAnswers = answer -> answer instanceof Response.LogDigest;
        f.pass(Duration.ofSeconds(2));
        assertThat(f.status(B).scrub().state()).isEqualTo("ASKING");
        f.link.cut(B);
        f.runtime.runAll();
        f.link.lostAnswers = answer -> false;
        assertThat(f.scheduler.bytesUnderWay()).isZero();
        f.pass(Duration.ofSeconds(3));
        assertThat(f.status(B).state()).isEqualTo("IN_SYNC");
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
    }

    @Test
    @DisplayName("R22: an answer that does not come costs its time, and is asked for again")
    void noAnswer() throws RecoveryException {
        leadWithB(1 << 20);
        f.link.lostAnswers = answer -> answer instanceof Response.LogDigest;
        f.pass(Duration.ofSeconds(40));
        assertThat(f.link.sent(Request.DigestLog.class, B)).hasSize(2);
        f.link.lostAnswers = answer -> false;
        f.pass(Duration.ofSeconds(40));
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
    }

    @Test
    @DisplayName("a late answer to an earlier question counts for nothing")
    void lateAnswer() throws RecoveryException {
        leadWithB(1 << 20);
        f.link.lostAnswers = answer -> answer instanceof Response.LogDigest;
        f.pass(Duration.ofSeconds(40));
        Request.DigestLog first = f.link.sent(Request.DigestLog.class, B).get(0);
        f.link.lostAnswers = answer -> false;
        f.link.inject(new Response.LogDigest(B, first.token(), first.question(), 1, java.nio.ByteBuffer.allocate(32)));
        f.runtime.runAll();
        assertThat(f.told(ContentDiffers.class)).isEmpty();
    }

    @Test
    @DisplayName("what the replica's log has no more is passed over: the range begins above both tails")
    void trimmedThere() throws RecoveryException {
        leadWithB(1 << 20);
        f.stores.get(B).trim(12);
        f.pass(Duration.ofSeconds(2));
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
        assertThat(f.told(ContentDiffers.class)).isEmpty();
        assertThat(f.link.sent(Request.DigestLog.class, B))
                .last()
                .returns(12L, Request.DigestLog::afterLsn)
                .returns(33L, Request.DigestLog::upToLsn);
    }

    @Test
    @DisplayName("what the primary's own log has no more is passed over as well")
    void trimmedHere() throws RecoveryException {
        leadWithB(1 << 20);
        f.source.trim(12);
        f.pass(Duration.ofSeconds(2));
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
        assertThat(f.link.sent(Request.DigestLog.class, B)).last().returns(12L, Request.DigestLog::afterLsn);
    }

    @Test
    @DisplayName("corrupt bytes at the replica are told of with file and offset, not as a difference")
    void corruptThere() throws RecoveryException {
        leadWithB(1 << 20);
        f.stores.get(B).hook = call -> {
            if (call.startsWith("read after")) {
                throw new CorruptException("a record is not what was written", "log/3.seg", 4_711);
            }
        };
        f.pass(Duration.ofSeconds(2));
        CorruptionFound told = f.told(CorruptionFound.class).get(0);
        assertThat(told.replica()).isEqualTo(B);
        assertThat(told.cause().where()).isEqualTo("log/3.seg");
        assertThat(told.cause().offset()).isEqualTo(4_711);
        assertThat(f.told(ContentDiffers.class)).isEmpty();
        assertThat(f.status(B).scrub().corrupt()).hasValue(new ScrubStatus.Corrupt(B, "log/3.seg", 4_711));
        assertThat(f.status(B).inSync()).isTrue();
    }

    @Test
    @DisplayName("corrupt bytes of the primary's own log are told of as its own")
    void corruptHere() throws RecoveryException {
        leadWithB(1 << 20);
        f.source.hook = call -> {
            if (call.equals("next after 0")) {
                throw new CorruptException("a record is not what was written", "log/1.seg", 7);
            }
        };
        f.pass(Duration.ofSeconds(2));
        assertThat(f.told(CorruptionFound.class)).singleElement().returns(A, CorruptionFound::replica);
        assertThat(f.link.sent(Request.DigestLog.class, B)).isEmpty();
        assertThat(f.status(B).scrub().corrupt()).hasValue(new ScrubStatus.Corrupt(A, "log/1.seg", 7));
    }

    @Test
    @DisplayName("a replica that cannot answer is asked again at the pace, and one that never will only once a pass")
    void cannotAnswer() throws RecoveryException {
        leadWithB(100); // a range takes most of a second
        f.stores.get(B).hook = call -> {
            if (call.startsWith("pinLog")) {
                throw new RetriableException("busy", Duration.ZERO);
            }
        };
        f.pass(Duration.ofSeconds(4));
        assertThat(f.link.sent(Request.DigestLog.class, B)).hasSizeBetween(3, 6);
        assertThat(f.status(B).scrub().why()).contains("busy");
        f.stores.get(B).hook = call -> {
            if (call.startsWith("pinLog")) {
                throw new PermanentException("an older release");
            }
        };
        f.pass(Duration.ofSeconds(2));
        int asked = f.link.sent(Request.DigestLog.class, B).size();
        f.pass(Duration.ofSeconds(60));
        assertThat(f.link.sent(Request.DigestLog.class, B)).hasSize(asked);
        assertThat(f.status(B).scrub().why()).contains("an older release");
        assertThat(f.status(B).scrub().passes()).isZero();
    }

    @Test
    @DisplayName(
            "R20, R51: a long log is compared in ranges, and the memory of one at a time comes from the host's budget")
    void inRanges() throws RecoveryException {
        f.source.append(FIRST, 20_000);
        f.holds(B, 60_000);
        f.set = new GivenSet(Set.of(A, B), 1);
        f.scrub = new ScrubOptions(1 << 30, RANGE, INTERVAL);
        f.lead(true, B);
        f.pass(LeaderOptions.DEFAULT.readLease());
        f.write(1);
        f.pass(Duration.ofSeconds(2));
        assertThat(f.link.sent(Request.DigestLog.class, B)).hasSize(3).allMatch(each -> each.entries() <= 8_192);
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
        assertThat(f.scheduler.bytesUnderWay()).isZero();
    }

    @Test
    @DisplayName("R51: without memory for a range nothing is read, and with it the scrub goes on by itself")
    void waitsForMemory() throws RecoveryException {
        leadWithB(1 << 20);
        assertThat(f.scheduler.takeBytesNow((1 << 20) - RANGE + 1)).isTrue();
        f.pass(Duration.ofSeconds(2));
        assertThat(f.link.sent(Request.DigestLog.class, B)).isEmpty();
        assertThat(f.status(B).scrub().why()).contains("memory");
        f.scheduler.giveBytes((1 << 20) - RANGE + 1);
        f.pass(Duration.ofSeconds(1));
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
    }

    @Test
    @DisplayName("a scrub waits while a recovery of this host runs or waits for its slot")
    void givesWayToRecoveries() throws RecoveryException {
        leadWithB(1 << 20);
        RecoveryScheduler.Slot busy = f.scheduler.acquireSlot(B, new HostId("b"), 0, () -> {});
        f.pass(Duration.ofSeconds(2));
        assertThat(f.link.sent(Request.DigestLog.class, B)).isEmpty();
        busy.close();
        f.pass(Duration.ofSeconds(1));
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
    }

    @Test
    @DisplayName("a log that differs everywhere does not flood the sinks: the first ranges of a pass are told of")
    void boundedTelling() throws RecoveryException {
        f.source.append(FIRST, 200_000);
        f.holds(B, 600_000);
        f.set = new GivenSet(Set.of(A, B), 1);
        f.scrub = new ScrubOptions(1 << 30, RANGE, INTERVAL);
        f.lead(true, B);
        f.pass(LeaderOptions.DEFAULT.readLease());
        f.write(1);
        for (long lsn = 3; lsn < 600_000; lsn += 3 * 1_000) {
            f.stores.get(B).rot(lsn, ROTTEN);
        }
        f.pass(Duration.ofSeconds(3));
        assertThat(f.told(ContentDiffers.class)).hasSize(16);
        assertThat(f.status(B).scrub().found()).isEqualTo(25);
    }

    @Test
    @DisplayName("a scrub ends with its term, also one that waits for its pace")
    void endsWithTheTerm() throws RecoveryException {
        VolumeLeader leader = leadWithB(10);
        f.pass(Duration.ofSeconds(1));
        assertThat(f.status(B).scrub().state()).isEqualTo("PACING");
        leader.stop("a test");
        f.runtime.runAll();
        int asked = f.link.sent(Request.DigestLog.class, B).size();
        f.pass(INTERVAL);
        assertThat(f.link.sent(Request.DigestLog.class, B)).hasSize(asked);
    }

    private VolumeLeader leadWithB(long bytesPerSecond) throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.scrub = new ScrubOptions(bytesPerSecond, RANGE, INTERVAL);
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        VolumeLeader leader = f.lead(true, B);
        f.write(1);
        f.pass(LeaderOptions.DEFAULT.readLease().minusMillis(100)); // nothing is committed before
        assertThat(f.link.sent(Request.DigestLog.class, B)).isEmpty();
        return leader;
    }
}
