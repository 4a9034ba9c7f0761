package io.resilver.execution;

import static io.resilver.execution.LeaderFixture.A;
import static io.resilver.execution.LeaderFixture.B;
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
import io.resilver.spi.event.RecoveryEvent.ContentDiffers;
import io.resilver.spi.event.RecoveryEvent.CorruptionFound;
import io.resilver.spi.event.RecoveryEvent.ImageDiffers;
import io.resilver.spi.event.RecoveryEvent.ReplicaLeft;
import io.resilver.spi.storage.Capability;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The image of a replica in sync is compared with the primary's own, at one LSN (docs/decisions/0008-scrub.md). */
class ImageComparisonTest {
    private static final Duration INTERVAL = Duration.ofMinutes(10);
    private static final int RANGE = 200;
    private static final long IMAGE = 499;

    private final LeaderFixture f = new LeaderFixture();

    @AfterEach
    void nothingIsLeftOver() {
        assertThat(f.uncaught).isEmpty();
        f.runtime.runAll();
        assertThat(f.ledger.count()).as("R12").isEqualTo(f.source.pins.size());
        assertThat(f.stores.get(B).pins).as("R12").isZero();
    }

    @Test
    @DisplayName(
            "R7, R12: equal images are compared to their end, range by range, and nothing is found, held or changed")
    void equalImages() throws RecoveryException {
        leadWithB();
        f.pass(Duration.ofSeconds(2));
        ScrubStatus scrub = f.status(B).scrub();
        assertThat(scrub.passes()).isEqualTo(1);
        assertThat(scrub.comparedImageBytes()).hasValue(IMAGE);
        assertThat(scrub.found()).isZero();
        assertThat(f.told(ImageDiffers.class)).isEmpty();
        assertThat(f.link.sent(Request.DigestImage.class, B))
                .extracting(Request.DigestImage::offset)
                .containsExactly(0L, 200L, 400L);
        assertThat(f.ledger.count()).as("keep-up's pin, and no other").isEqualTo(1);
        f.pass(INTERVAL);
        assertThat(f.status(B).scrub().passes()).as("again after the interval").isEqualTo(2);
    }

    @Test
    @DisplayName("R7: a byte that differs is told of with its range and both digests, and nothing else becomes of it")
    void otherByte() throws RecoveryException {
        leadWithB();
        f.stores.get(B).rottenAt = 250;
        f.pass(Duration.ofSeconds(2));
        ImageDiffers told = f.told(ImageDiffers.class).get(0);
        assertThat(told.replica()).isEqualTo(B);
        assertThat(told.lsn()).isEqualTo(33);
        assertThat(told.offset()).isEqualTo(200);
        assertThat(told.bytes()).isEqualTo(200);
        assertThat(told.ofPrimary()).hasSize(64).isNotEqualTo(told.ofReplica());
        assertThat(f.told(ImageDiffers.class)).hasSize(1);
        assertThat(f.status(B).scrub().differingImage().orElseThrow().ofReplica())
                .isEqualTo(told.ofReplica());
        assertThat(f.status(B).inSync()).as("nobody is removed for it").isTrue();
        assertThat(f.told(ReplicaLeft.class)).isEmpty();
        f.stores.get(B).rottenAt = -1;
        f.pass(INTERVAL);
        assertThat(f.status(B).scrub().differingImage())
                .as("until a pass finds nothing")
                .isEmpty();
    }

    @Test
    @DisplayName(
            "R30: while a range is compared writes are acknowledged as ever, and the replica hears of none of them; then it does")
    void writesGoOn() throws RecoveryException {
        leadWithB();
        f.link.lostAnswers = answer -> answer instanceof Response.ImageDigest;
        f.pass(Duration.ofSeconds(1));
        assertThat(f.status(B).scrub().state()).isEqualTo("ASKING");
        f.source.imageLsn = OptionalLong.of(33);
        long head = f.write(2);
        f.pass(Duration.ofMillis(200));
        assertThat(f.committed()).as("committed, and acknowledged").hasValue(head);
        assertThat(f.stores.get(B).last().lsn()).isEqualTo(head);
        assertThat(f.stores.get(B).committed()).as("told there").hasValue(33);
        f.link.lostAnswers = answer -> false;
        f.pass(Duration.ofSeconds(6));
        assertThat(f.stores.get(B).committed()).hasValue(head);
    }

    @Test
    @DisplayName("R22: a replica that does not answer hears of commits again, and is asked again")
    void noAnswer() throws RecoveryException {
        leadWithB();
        f.link.lostAnswers = answer -> answer instanceof Response.ImageDigest;
        f.pass(Duration.ofMillis(5_500));
        assertThat(f.link.sent(Request.DigestImage.class, B)).hasSize(1);
        f.pass(Duration.ofSeconds(1));
        assertThat(f.link.sent(Request.DigestImage.class, B)).hasSize(2);
        f.link.lostAnswers = answer -> false;
        f.pass(Duration.ofSeconds(10));
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
    }

    @Test
    @DisplayName("R12: a session that ends in the middle of a question leaves nothing behind, and the next one goes on")
    void goesOnAfterASession() throws RecoveryException {
        leadWithB();
        f.pass(Duration.ofMillis(50));
        f.link.lostAnswers = answer -> answer instanceof Response.ImageDigest;
        f.pass(Duration.ofSeconds(2));
        assertThat(f.status(B).scrub().state()).isEqualTo("ASKING");
        f.link.cut(B);
        f.runtime.runAll();
        f.link.lostAnswers = answer -> false;
        assertThat(f.scheduler.bytesUnderWay()).isZero();
        f.pass(Duration.ofSeconds(3));
        assertThat(f.status(B).state()).isEqualTo("IN_SYNC");
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
        long head = f.write(1);
        f.pass(Duration.ofSeconds(1));
        assertThat(f.stores.get(B).committed()).hasValue(head);
    }

    @Test
    @DisplayName("a primary whose own image is not yet as far as the replica was told, or farther than it has, waits")
    void notAtOneLsn() throws RecoveryException {
        leadWithB();
        f.source.imageLsn = OptionalLong.of(36); // of what is not even appended
        f.pass(Duration.ofMillis(600));
        assertThat(f.link.sent(Request.DigestImage.class, B)).isEmpty();
        f.source.imageLsn = OptionalLong.empty();
        f.pass(Duration.ofSeconds(1));
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
        assertThat(f.told(ImageDiffers.class)).isEmpty();
    }

    @Test
    @DisplayName("a replica whose image stays elsewhere is not asked for ever: the pass ends, and does not count")
    void staysElsewhere() throws RecoveryException {
        leadWithB();
        f.stores.get(B).hook = call -> {
            if (call.startsWith("pinFullBase")) {
                throw new RetriableException("the image is elsewhere", Duration.ZERO);
            }
        };
        f.pass(Duration.ofSeconds(60));
        assertThat(f.link.sent(Request.DigestImage.class, B)).hasSize(16);
        assertThat(f.status(B).scrub().passes()).isZero();
        assertThat(f.status(B).scrub().why()).contains("elsewhere");
    }

    @Test
    @DisplayName(
            "corrupt bytes of either image are told of with their place, not as a difference, and the pass goes on behind them")
    void corrupt() throws RecoveryException {
        leadWithB();
        f.stores.get(B).hook = call -> {
            if (call.equals("read image at 200")) {
                throw new CorruptException("a block is not what was written", "image", 217);
            }
        };
        f.source.hook = call -> {
            if (call.equals("read base at 0")) {
                throw new CorruptException("a block is not what was written", "image", 3);
            }
        };
        f.pass(Duration.ofSeconds(3));
        assertThat(f.told(CorruptionFound.class))
                .extracting(CorruptionFound::replica)
                .containsExactly(A, B);
        assertThat(f.told(ImageDiffers.class)).isEmpty();
        assertThat(f.status(B).scrub().comparedImageBytes()).hasValue(IMAGE);
    }

    @Test
    @DisplayName("an image that cannot be frozen for what is corrupt in it is told of once a pass, and the pass ends")
    void cannotBeFrozen() throws RecoveryException {
        leadWithB();
        f.source.hook = call -> {
            if (call.startsWith("pinFullBase")) {
                throw new CorruptException("a block is not what was written", "image", 3);
            }
        };
        f.pass(Duration.ofSeconds(60));
        assertThat(f.told(CorruptionFound.class)).singleElement().returns(A, CorruptionFound::replica);
        assertThat(f.link.sent(Request.DigestImage.class, B)).isEmpty();
        assertThat(f.status(B).scrub().state()).isEqualTo("RESTING");
    }

    @Test
    @DisplayName(
            "R22: a range that takes too long to be read holds the replica's commits back no longer, and is not asked about")
    void slowToRead() throws RecoveryException {
        leadWithB();
        f.source.hook = call -> {
            if (call.equals("read base at 0")) {
                f.source.hook = another -> {};
                f.runtime.advance(Duration.ofSeconds(6)); // the tick comes meanwhile
            }
        };
        f.pass(Duration.ofSeconds(3));
        assertThat(f.source.calls.stream().filter("read base at 0"::equals)).hasSize(2);
        assertThat(f.link.sent(Request.DigestImage.class, B))
                .extracting(Request.DigestImage::offset)
                .containsExactly(0L, 200L, 400L);
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
    }

    @Test
    @DisplayName(
            "a replica that can never compare its image takes nothing from the passes over its log, and from what they find")
    void neverThere() throws RecoveryException {
        leadWithB();
        f.stores.get(B).hook = call -> {
            if (call.startsWith("pinFullBase")) {
                throw new PermanentException("an older release");
            }
        };
        f.stores.get(B).rot(15, new byte[] {1, 2});
        for (int pass = 1; pass <= 20; pass++) {
            f.pass(Duration.ofSeconds(1));
            assertThat(f.status(B).scrub().passes()).isEqualTo(pass);
            assertThat(f.told(ContentDiffers.class)).as("told in each pass").hasSize(pass);
            f.pass(INTERVAL);
        }
    }

    @Test
    @DisplayName("where the engine does not declare that images are the same, logs are compared and no image")
    void notDeclared() throws RecoveryException {
        f.capabilities = Set.of();
        lead();
        f.pass(Duration.ofSeconds(2));
        assertThat(f.status(B).scrub().passes()).isEqualTo(1);
        assertThat(f.status(B).scrub().comparedImageBytes()).isEmpty();
        assertThat(f.link.sent(Request.DigestImage.class, B)).isEmpty();
    }

    private void leadWithB() throws RecoveryException {
        f.capabilities = Set.of(Capability.SAME_IMAGE);
        lead();
    }

    private void lead() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.scrub = new ScrubOptions(1 << 10, RANGE, INTERVAL);
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        f.lead(true, B);
        f.write(1);
        f.pass(LeaderOptions.DEFAULT.readLease().minusMillis(100)); // nothing is committed before
        assertThat(f.link.sent(Request.DigestLog.class, B)).isEmpty();
    }
}
