package io.resilver.bench.many;

import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.RecoveryDriver;
import io.resilver.spi.driver.RecoveryDrivers;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * One of the two hosts, with the driver as any host product opens it. Volumes come in two groups, which are recovered each for
 * itself: many, and one alone. Used by one thread at a time.
 */
final class ManyHost implements AutoCloseable {
    static final HostId SOURCE = new HostId("source");
    static final HostId TARGET = new HostId("target");

    /** What an ensemble is asked for at a time while all is set up. */
    private static final int AT_ONCE = 256;

    /** Entries in one batch of the host's own writer: 1 MiB. */
    private static final int MOST_AT_ONCE = 256;

    private final RecoveryDriver driver;
    private final HostId self;
    private final int many;
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final ManyPolicy policy = new ManyPolicy();
    private final Payloads payloads = new Payloads();
    private final Map<VolumeId, MemoryStore> stores = new HashMap<>();
    private final Map<VolumeId, Leadership> terms = new ConcurrentHashMap<>();

    ManyHost(HostId self, Path data, int many, Map<String, String> keys) throws RecoveryException {
        this.self = self;
        this.many = many;
        this.driver = RecoveryDrivers.open(DriverOptions.builder(self, data)
                .set("resilver.adapter.name", "memory")
                .set("resilver.policy.name", "many")
                .set("resilver.events.sinks", "")
                .setAll(keys)
                .lend(ManyPolicy.class, policy)
                .build());
    }

    private List<VolumeId> group(Message request) throws Message.MalformedException {
        return request.requireText("group").equals("one") ? List.of(new VolumeId("one")) : manyVolumes();
    }

    private List<VolumeId> manyVolumes() {
        return IntStream.range(0, many).mapToObj(i -> new VolumeId("v" + i)).toList();
    }

    private static ReplicaId of(VolumeId volume, HostId host) {
        return new ReplicaId(volume, host.value());
    }

    /** Answers one request. */
    Message.Builder answer(Message request) throws Message.MalformedException, DemoException, RecoveryException {
        String verb = request.requireText("verb");
        return switch (verb) {
            case "create" -> all(request, this::create);
            case "open" -> open(group(request));
            case "lead" -> lead(group(request));
            case "hold" -> all(request, volume -> driver.fence(of(volume, TARGET)));
            case "write" -> write(group(request), request.requireNumber("entries"));
            case "count-threads" -> countThreads();
            case "recover" -> recover(group(request));
            case "sums" -> sums(group(request), request.requireNumber("after"));
            case "trim" -> trim(group(request));
            default -> throw new Message.MalformedException("there is no verb " + verb);
        };
    }

    private Message.Builder all(Message request, Function<VolumeId, CompletionStage<?>> question)
            throws Message.MalformedException, DemoException {
        Every.of(group(request), AT_ONCE, each -> question.apply(each).thenApply(any -> true));
        return Message.builder();
    }

    private CompletionStage<?> create(VolumeId volume) {
        List<ReplicaAssignment> both = List.of(SOURCE, TARGET).stream()
                .map(host -> new ReplicaAssignment(of(volume, host), host, Optional.empty(), Duty.FOLLOW))
                .toList();
        return driver.createVolume(new VolumeSpec(volume, both, 1));
    }

    private Message.Builder open(List<VolumeId> volumes) throws DemoException {
        Every.of(volumes, AT_ONCE, each -> driver.openReplica(of(each, self)))
                .forEach(store -> stores.put(store.replica().volume(), (MemoryStore) store));
        return Message.builder();
    }

    private Message.Builder lead(List<VolumeId> volumes) throws DemoException {
        Every.of(volumes, AT_ONCE, driver::lead).forEach(term -> terms.put(term.volume(), term));
        return Message.builder();
    }

    /** Writes entries that are committed without the target, which is held and has left the set by then. */
    private Message.Builder write(List<VolumeId> volumes, long entries) throws DemoException, RecoveryException {
        Map<VolumeId, Long> heads = new HashMap<>();
        for (VolumeId each : volumes) {
            heads.put(each, write(store(each), term(each), entries));
        }
        policy.impatientWith(Set.copyOf(volumes));
        try {
            Every.of(volumes, Integer.MAX_VALUE, each -> term(each).whenCommitted(heads.getOrDefault(each, 0L)));
        } finally {
            policy.impatientWith(Set.of());
        }
        return Message.builder();
    }

    private long write(MemoryStore store, Leadership term, long entries) throws RecoveryException {
        EntryId last = store.last();
        for (long left = entries; left > 0; left -= MOST_AT_ONCE) {
            List<LogEntry> batch = new ArrayList<>();
            for (long i = 1; i <= Math.min(left, MOST_AT_ONCE); i++) {
                long lsn = last.lsn() + i;
                batch.add(new LogEntry(lsn, term.epoch().number(), payloads.of(term.volume(), lsn)));
            }
            Admission pass = term.enter();
            try {
                store.append(new EntryBatch(last, batch, List.of(term.writer())));
            } finally {
                pass.close();
            }
            last = batch.get(batch.size() - 1).id();
        }
        long head = store.flush();
        term.flushed(head);
        return head;
    }

    /** From now on, until the next sums. */
    private Message.Builder countThreads() {
        threads.resetPeakThreadCount();
        return Message.builder();
    }

    /** Recovers all of a group from one moment on, and waits until the last is fed at the head. */
    private Message.Builder recover(List<VolumeId> volumes) throws DemoException {
        threads.resetPeakThreadCount();
        long start = System.nanoTime();
        List<Recovered> all = Every.of(
                volumes,
                Integer.MAX_VALUE,
                each -> driver.recover(of(each, TARGET))
                        .thenApply(report -> new Recovered(report, System.nanoTime() - start)));
        long nanos = System.nanoTime() - start;
        long[] own = all.stream()
                .mapToLong(each -> each.report().elapsed().toNanos())
                .sorted()
                .toArray();
        long[] fromStart =
                all.stream().mapToLong(Recovered::sinceStart).sorted().toArray();
        return Message.builder()
                .put("nanos", nanos)
                .put(
                        "bytes",
                        all.stream()
                                .mapToLong(each -> each.report().bytesSent())
                                .sum())
                .put(
                        "entries",
                        all.stream().mapToLong(each -> each.report().entries()).sum())
                .put("mean", mean(own))
                .put("p99", p99(own))
                .put("most", own[own.length - 1])
                .put("meanFromStart", mean(fromStart))
                .put("p99FromStart", p99(fromStart))
                .put("threads", threads.getPeakThreadCount());
    }

    private record Recovered(RecoveryReport report, long sinceStart) {}

    private static long mean(long[] sorted) {
        long sum = 0;
        for (long each : sorted) {
            sum += each;
        }
        return sum / sorted.length;
    }

    private static long p99(long[] sorted) {
        return sorted[(int) Math.ceil(sorted.length * 0.99) - 1];
    }

    private Message.Builder sums(List<VolumeId> volumes, long after) throws DemoException {
        List<String> sums = new ArrayList<>();
        for (VolumeId each : volumes) {
            sums.add(Long.toHexString(store(each).checksum(after)));
        }
        return Message.builder().put("sums", String.join(",", sums)).put("threads", threads.getPeakThreadCount());
    }

    private Message.Builder trim(List<VolumeId> volumes) throws DemoException {
        for (VolumeId each : volumes) {
            store(each).trim(Long.MAX_VALUE);
        }
        return Message.builder();
    }

    private MemoryStore store(VolumeId volume) throws DemoException {
        MemoryStore found = stores.get(volume);
        if (found == null) {
            throw new DemoException("no store of volume " + volume + " is open");
        }
        return found;
    }

    private Leadership term(VolumeId volume) {
        Leadership found = terms.get(volume);
        if (found == null) {
            throw new IllegalStateException("volume " + volume + " is not led");
        }
        return found;
    }

    @Override
    public void close() throws RecoveryException {
        driver.close();
    }
}
