package io.resilver.execution;

import io.resilver.execution.scrub.ScrubOptions;
import io.resilver.execution.scrub.ScrubTurns;
import io.resilver.replica.AdapterTraits;
import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Repeated;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.ScrubStatus;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.PinRequest;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.VolumeStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the images of a host's open stores at the host's pace, so that the checksums of their engine are looked at where nobody
 * else reads; store by store, a range of each in turn, one range at a time. It needs no lease and no term: it asks nobody, and
 * reads what is this host's own. What is corrupt is told; nothing is repaired. Lives on a strand of its own.
 */
public final class ImageScrub {
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** A store that cannot be read now, one that is to be rebuilt for example, is left alone for so long. */
    private static final Duration AGAIN = Duration.ofMinutes(1);

    /** A store that takes so long over one range keeps nobody else's from being looked at. */
    private static final Duration HANGING = Duration.ofMinutes(1);

    /** Stores that may hang at a time, each of which holds a thread of the host: beyond that it has other troubles than rot. */
    private static final int MOST_HANGING = 2;

    private static final double NANOS_PER_SECOND = 1e9;

    private final ScrubOptions options;
    private final RecoveryScheduler scheduler;
    private final PinLedger ledger;
    private final Meter meter;
    private final Consumer<RecoveryEvent> events;
    private final AdapterTraits adapter;
    private final Supplier<List<VolumeStore>> open;
    private final HostRuntime runtime;
    private final Strand strand;
    private final Repeated looks;
    private final NavigableMap<ReplicaId, Progress> known = new TreeMap<>();
    private Optional<ReplicaId> last = Optional.empty();
    private ScrubTurns.@Nullable Turn turn;
    private boolean started;
    private boolean stopped;
    private volatile List<ScrubStatus.Corrupt> corrupt = List.of();

    /** One store's image. */
    private static final class Progress {
        private final VolumeStore store;
        private final StrandIo io;
        private long offset;
        private long dueNanos;
        private Optional<CorruptException> found = Optional.empty();
        private boolean foundInPass;

        Progress(VolumeStore store, StrandIo io) {
            this.store = store;
            this.io = io;
            this.dueNanos = io.nanos();
        }
    }

    private record Read(long lsn, long bytes, boolean atEnd, Optional<CorruptException> corrupt) {}

    /**
     * A scrub that does not look yet.
     *
     * @param options the pace
     * @param scheduler the host's turns and memory
     * @param ledger the host's pins
     * @param meter counts
     * @param events takes what is found; does not block
     * @param adapter what keeps the stores
     * @param open the stores that are open now
     * @param runtime time and threads
     * @param strand its own
     */
    public ImageScrub(
            ScrubOptions options,
            RecoveryScheduler scheduler,
            PinLedger ledger,
            Meter meter,
            Consumer<RecoveryEvent> events,
            AdapterTraits adapter,
            Supplier<List<VolumeStore>> open,
            HostRuntime runtime,
            Strand strand) {
        this.options = options;
        this.scheduler = scheduler;
        this.ledger = ledger;
        this.meter = meter;
        this.events = events;
        this.adapter = adapter;
        this.open = open;
        this.runtime = runtime;
        this.strand = strand;
        this.looks = new Repeated(runtime, strand, LOOK, "images that are read for what has rotted", this::look);
    }

    /** Begins to look, where there is a pace. Idempotent; thread safe. */
    public void start() {
        strand.execute(() -> {
            if (!started && !stopped && options.bytesPerSecond() > 0) {
                started = true;
                looks.start();
            }
        });
    }

    /** Looks no more; a range that is being read, or paid for, ends by itself. Idempotent; thread safe. */
    public void stop() {
        strand.execute(() -> {
            stopped = true;
            looks.stop();
        });
    }

    /**
     * The images in which something is corrupt, as the last pass over each has found. Thread safe.
     *
     * @return the first place in each
     */
    public List<ScrubStatus.Corrupt> corrupt() {
        return corrupt;
    }

    private void look() {
        follow();
        if (!stopped && turn == null && next().isPresent()) {
            turn = scheduler.scrubs().take(() -> strand.execute(this::begin));
        }
    }

    /** Stores come and go; one that was opened again begins anew. */
    private void follow() {
        Map<ReplicaId, VolumeStore> now = new TreeMap<>();
        open.get().forEach(each -> now.put(each.replica(), each));
        known.values().removeIf(each -> now.get(each.store.replica()) != each.store);
        now.forEach((replica, store) -> known.computeIfAbsent(
                replica, first -> new Progress(store, new StrandIo(runtime, strand, adapter.storeOf(replica)))));
        publish();
    }

    /** The next one that is due, in the order of ids from the last one on. */
    private Optional<Progress> next() {
        if (known.values().stream().filter(each -> each.io.callsOut() > 0).count() >= MOST_HANGING) {
            return Optional.empty();
        }
        List<Progress> order = new ArrayList<>();
        last.ifPresent(each -> order.addAll(known.tailMap(each, false).values()));
        order.addAll(known.values());
        long now = runtime.clock().nanos();
        return order.stream()
                .filter(each -> now - each.dueNanos >= 0 && each.io.callsOut() == 0)
                .findFirst();
    }

    private void begin() {
        Optional<Progress> chosen = next();
        boolean quiet = scheduler.active() == 0 && scheduler.waiting() == 0;
        if (stopped || turn == null || chosen.isEmpty() || !quiet || !scheduler.takeBytesNow(options.rangeBytes())) {
            giveTurnBack();
            return;
        }
        Progress one = chosen.get();
        last = Optional.of(one.store.replica());
        long offset = one.offset;
        ScrubTurns.Turn mine = turn;
        HostRuntime.Timer patience = one.io.after(HANGING, () -> {
            if (turn == mine) {
                giveTurnBack(); // the others do not wait for a store that does not come back
            }
        });
        one.io.run(
                () -> read(one.store, offset),
                read -> {
                    patience.cancel();
                    scheduler.giveBytes(options.rangeBytes());
                    have(one, read);
                    pace(mine, read.bytes());
                },
                cause -> {
                    patience.cancel();
                    scheduler.giveBytes(options.rangeBytes());
                    one.dueNanos = one.io.nanos() + AGAIN.toNanos();
                    pace(mine, 0);
                });
    }

    private Read read(VolumeStore store, long offset) throws RecoveryException {
        BasePin pin = store.source().pinFullBase(0);
        PinLedger.Held held = ledger.enter(store.replica(), new PinRequest(PinRequest.Kind.FULL_BASE, 0), pin);
        try {
            long size = pin.base().sizeBytes();
            int length = (int) Math.max(0, Math.min(options.rangeBytes(), size - offset));
            boolean atEnd = offset + length >= size;
            try {
                if (length > 0 && pin.read(offset, ByteBuffer.allocate(length)) != length) {
                    throw new PermanentException(
                            "the image of " + store.replica() + " ended before byte " + (offset + length));
                }
                return new Read(pin.base().lsn(), length, atEnd, Optional.empty());
            } catch (CorruptException found) {
                return new Read(pin.base().lsn(), length, atEnd, Optional.of(found));
            }
        } finally {
            held.close();
        }
    }

    private void have(Progress one, Read read) {
        meter.scrubbed(read.bytes());
        read.corrupt().ifPresent(cause -> {
            if (!one.foundInPass) { // the first of a pass: an image that is rotten everywhere is no flood of events
                one.foundInPass = true;
                one.found = Optional.of(cause);
                events.accept(new RecoveryEvent.CorruptionFound(one.store.replica(), 0, read.lsn(), cause));
            }
        });
        one.offset += read.bytes();
        if (read.atEnd()) {
            one.offset = 0;
            one.dueNanos = one.io.nanos() + options.interval().toNanos();
            if (!one.foundInPass) {
                one.found = Optional.empty();
            }
            one.foundInPass = false;
        }
        publish();
    }

    private void publish() {
        corrupt = known.values().stream()
                .flatMap(each -> each.found.stream()
                        .map(cause -> new ScrubStatus.Corrupt(each.store.replica(), cause.where(), cause.offset())))
                .toList();
    }

    /** What was read takes the time that the pace gives it, and the turn is held for as long. */
    private void pace(ScrubTurns.Turn paid, long bytes) {
        Duration rest = Duration.ofNanos((long) (bytes * NANOS_PER_SECOND / options.bytesPerSecond()));
        runtime.after(
                rest,
                () -> strand.execute(() -> {
                    if (turn == paid) {
                        giveTurnBack();
                    }
                    look();
                }));
    }

    private void giveTurnBack() {
        ScrubTurns.Turn mine = turn;
        turn = null;
        if (mine != null) {
            mine.close();
        }
    }
}
