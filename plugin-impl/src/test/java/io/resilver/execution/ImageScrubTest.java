package io.resilver.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.execution.scrub.ScrubOptions;
import io.resilver.execution.scrub.ScrubTurns;
import io.resilver.replica.AdapterTraits;
import io.resilver.replica.HangingIo;
import io.resilver.replica.ManualRuntime;
import io.resilver.replica.MemoryVolume;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.ScrubStatus;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.event.RecoveryEvent.CorruptionFound;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A host reads the images of its open stores, so that checksums are looked at where nobody reads. */
class ImageScrubTest {
    private static final Duration INTERVAL = Duration.ofMinutes(10);
    private static final Epoch TERM = new Epoch(1, new MintId("m"));
    private static final int RANGE = 200;

    private final ManualRuntime runtime = new ManualRuntime();
    private final HangingIo io = new HangingIo(runtime);
    private final RecoveryScheduler scheduler = new RecoveryScheduler(1, 1, 1 << 20);
    private final PinLedger ledger = new PinLedger();
    private final List<RecoveryEvent> events = new ArrayList<>();
    private final List<Throwable> uncaught = new ArrayList<>();
    private final List<VolumeStore> open = new ArrayList<>();
    private final MemorySource a = open("a");
    private long bytes;

    private MemorySource open(String name) {
        MemorySource source = new MemorySource();
        source.append(TERM, 4);
        open.add(new Store(new ReplicaId(new VolumeId("vol"), name), source, new MemoryVolume()));
        return source;
    }

    private ImageScrub scrub(long bytesPerSecond) {
        Meter meter = new Meter() {
            @Override
            public void sent(long entries, long sent) {}

            @Override
            public void step(long nanos) {}

            @Override
            public void scrubbed(long read) {
                bytes += read;
            }

            @Override
            public void committed() {}
        };
        ImageScrub scrub = new ImageScrub(
                new ScrubOptions(bytesPerSecond, RANGE, INTERVAL),
                scheduler,
                ledger,
                meter,
                events::add,
                new AdapterTraits("memory", Set.of()),
                () -> List.copyOf(open),
                io,
                new Strand(runtime.workers(), uncaught::add));
        scrub.start();
        scrub.start();
        return scrub;
    }

    @Test
    @DisplayName(
            "R22: a store that does not come back from a read keeps the scrub of the others waiting for a minute, no longer")
    void aStoreThatHangs() {
        a.hook = call -> {
            if (call.startsWith("describe") || call.startsWith("read base")) {
                io.hang(); // the next read of any
            }
        };
        MemorySource b = open("b");
        b.hook = call -> io.block();
        scrub(400);
        pass(Duration.ofSeconds(30));
        assertThat(io.out()).isEqualTo(1);
        int read = reads(a).size() + reads(b).size();
        a.hook = call -> {};
        io.goOn();
        pass(Duration.ofSeconds(20));
        assertThat(reads(a).size() + reads(b).size()).as("it is waited for").isEqualTo(read);
        pass(Duration.ofSeconds(30));
        assertThat(reads(a).size() + reads(b).size()).as("the other").isGreaterThan(read);
        assertThat(reads(b)).as("the one that hangs is not asked again").isEmpty();
        io.comeBack();
        pass(INTERVAL);
        assertThat(reads(a)).hasSizeGreaterThanOrEqualTo(3);
        assertThat(reads(b)).hasSizeGreaterThanOrEqualTo(3);
    }

    @AfterEach
    void nothingIsLeftOver() {
        runtime.runAll();
        assertThat(uncaught).isEmpty();
        assertThat(ledger.count()).as("R12").isZero();
        assertThat(a.pins).as("R12").isEmpty();
        assertThat(scheduler.bytesUnderWay()).isZero();
    }

    private void pass(Duration time) {
        runtime.runAll();
        for (Duration left = time; !left.isZero(); left = left.minusMillis(100)) {
            runtime.advance(Duration.ofMillis(100));
            runtime.runAll();
        }
    }

    private static List<String> reads(MemorySource source) {
        return source.calls.stream()
                .filter(each -> each.startsWith("read base"))
                .toList();
    }

    @Test
    @DisplayName("each image is read to its end once an interval, a range of each in turn, at the pace of the host")
    void inTurnAndAtPace() {
        MemorySource b = open("b");
        scrub(400); // two ranges a second
        pass(Duration.ofSeconds(2));
        assertThat(reads(a)).hasSizeBetween(1, 2);
        assertThat(reads(b)).hasSizeBetween(1, 2);
        pass(Duration.ofSeconds(8));
        assertThat(reads(a)).containsExactly("read base at 0", "read base at 200", "read base at 400");
        assertThat(reads(b)).isEqualTo(reads(a));
        assertThat(bytes).isEqualTo(2 * 499);
        pass(INTERVAL);
        assertThat(reads(a)).hasSize(6);
    }

    @Test
    @DisplayName(
            "corrupt bytes are told of with their place, once a pass, and stay in what is known until a pass finds none")
    void corrupt() {
        a.hook = call -> {
            if (!call.equals("read base at 0") && call.startsWith("read base")) {
                throw new CorruptException("not what was written", "image", 217);
            }
        };
        ImageScrub scrub = scrub(1 << 20);
        pass(Duration.ofSeconds(5));
        assertThat(events).hasSize(1);
        CorruptionFound told = (CorruptionFound) events.get(0);
        assertThat(told.replica()).isEqualTo(open.get(0).replica());
        assertThat(told.upToLsn()).as("the image's LSN").isEqualTo(12);
        assertThat(told.cause().offset()).isEqualTo(217);
        assertThat(scrub.corrupt()).containsExactly(new ScrubStatus.Corrupt(told.replica(), "image", 217));
        assertThat(reads(a)).as("it goes on behind it").hasSize(3);
        a.hook = call -> {};
        assertThat(scrub.corrupt()).hasSize(1);
        pass(INTERVAL.plusSeconds(5));
        assertThat(scrub.corrupt()).isEmpty();
    }

    @Test
    @DisplayName("a store that cannot be read now is left alone for a while, and the others are read")
    void cannotBeRead() {
        MemorySource b = open("b");
        a.hook = call -> {
            if (call.startsWith("pinFullBase")) {
                throw new RetriableException("not usable", Duration.ZERO);
            }
        };
        scrub(1 << 20);
        pass(Duration.ofSeconds(10));
        assertThat(reads(b)).hasSize(3);
        assertThat(a.calls).containsExactly("pinFullBase 0");
        a.hook = call -> {};
        pass(Duration.ofMinutes(2));
        assertThat(reads(a)).hasSize(3);
    }

    @Test
    @DisplayName("R51: it waits while recoveries run, and for its turn and its memory")
    void waits() {
        RecoveryScheduler.Slot recovery = scheduler.acquireSlot(open.get(0).replica(), new HostId("b"), 0, () -> {});
        scrub(1 << 20);
        pass(Duration.ofSeconds(5));
        assertThat(a.calls).isEmpty();
        recovery.close();
        ScrubTurns.Turn other = scheduler.scrubs().take(() -> {});
        pass(Duration.ofSeconds(5));
        assertThat(a.calls).isEmpty();
        other.close();
        assertThat(scheduler.takeBytesNow((1 << 20) - 1)).isTrue();
        pass(Duration.ofSeconds(5));
        assertThat(a.calls).isEmpty();
        scheduler.giveBytes((1 << 20) - 1);
        pass(Duration.ofSeconds(5));
        assertThat(reads(a)).hasSize(3);
    }

    @Test
    @DisplayName("without a pace nothing is read, and after its end neither")
    void ends() {
        scrub(0);
        pass(Duration.ofSeconds(5));
        assertThat(a.calls).isEmpty();
        ImageScrub scrub = scrub(200);
        pass(Duration.ofSeconds(2));
        assertThat(reads(a)).isNotEmpty();
        scrub.stop();
        pass(Duration.ofSeconds(1));
        int read = reads(a).size();
        pass(INTERVAL);
        assertThat(reads(a)).hasSize(read);
        boolean[] free = {false};
        scheduler.scrubs().take(() -> free[0] = true).close();
        assertThat(free[0]).as("its turn was given back").isTrue();
    }

    @Test
    @DisplayName("what was found in a store that is closed, or opened again, is known no more")
    void opensAgain() {
        a.hook = call -> {
            if (call.startsWith("read base")) {
                throw new CorruptException("not what was written", "image", 3);
            }
        };
        ImageScrub scrub = scrub(1 << 20);
        pass(Duration.ofSeconds(5));
        assertThat(scrub.corrupt()).hasSize(1);
        open.clear();
        pass(Duration.ofSeconds(2));
        assertThat(scrub.corrupt()).isEmpty();
    }

    private record Store(ReplicaId replica, SourceVolume source, ReplicaVolume target) implements VolumeStore {
        @Override
        public void close() {}
    }
}
