package io.resilver.host.cluster;

import io.resilver.host.product.HostListener;
import io.resilver.host.volume.FileAdapter;
import io.resilver.host.volume.FileVolume;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.RecoveryDriver;
import io.resilver.spi.driver.RecoveryDrivers;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.awaitility.Awaitility;

/** One host: a driver, and the store of one replica. */
final class TestHost implements AutoCloseable {
    static final VolumeId VOLUME = new VolumeId("vol");

    /** Longer than any take-over here; a stuck test says where it stuck. */
    private static final long PATIENCE_SECONDS = 40;

    private final HostId id;
    private final RecoveryDriver driver;
    private final List<RecoveryEvent> events;
    private FileVolume volume;

    private TestHost(HostId id, RecoveryDriver driver, List<RecoveryEvent> events) {
        this.id = id;
        this.driver = driver;
        this.events = events;
    }

    static TestHost open(String name, Path data, Map<String, String> configuration) throws RecoveryException {
        HostId id = new HostId(name);
        List<RecoveryEvent> events = new CopyOnWriteArrayList<>();
        DriverOptions options = DriverOptions.builder(id, data.resolve(name))
                .set("resilver.adapter.name", "file")
                .set("resilver.adapter.file.segment-bytes", "65536")
                .set("resilver.policy.name", "default")
                .setAll(configuration)
                .lend(HostListener.class, events::add)
                .build();
        return new TestHost(id, RecoveryDrivers.open(options), events);
    }

    static Map<String, String> zookeeper(String connect) {
        return Map.of(
                "resilver.coordination.connect", connect,
                "resilver.coordination.session-timeout-ms", "2000",
                "resilver.coordination.heartbeat-ms", "50",
                "resilver.coordination.silence-ms", "1000",
                "resilver.coordination.read-lease-ms", "400");
    }

    HostId id() {
        return id;
    }

    RecoveryDriver driver() {
        return driver;
    }

    ReplicaId replica() {
        return new ReplicaId(VOLUME, id.value());
    }

    FileAdapter adapter() {
        return driver.adapter(FileAdapter.class);
    }

    /** What the driver has told so far; an event comes a moment after what it is about. */
    List<RecoveryEvent> events() {
        return events;
    }

    FileVolume volume() {
        return volume;
    }

    void openReplica() throws Exception {
        volume = (FileVolume) again(() -> driver.openReplica(replica()));
    }

    void holds(FileVolume opened) {
        volume = opened;
    }

    Path directory() {
        return adapter().directoryOf(replica());
    }

    /** Writes one block as the primary, and waits until it is committed. */
    long write(Leadership leadership, long offset, byte[] data) throws Exception {
        long lsn = append(leadership, offset, data);
        await(leadership.whenCommitted(lsn));
        return lsn;
    }

    /** Writes one block as the primary, durable here, and does not wait for the others. */
    long append(Leadership leadership, long offset, byte[] data) throws Exception {
        long lsn;
        Admission pass = leadership.enter();
        try {
            lsn = volume.append(leadership.writer(), offset, ByteBuffer.wrap(data));
        } finally {
            pass.close();
        }
        leadership.flushed(volume.flush());
        return lsn;
    }

    /** As a product does: what could not be done at that moment, for want of a lease say, is asked again. */
    static <T> T again(Supplier<CompletionStage<T>> asked) throws Exception {
        AtomicReference<T> answer = new AtomicReference<>();
        Awaitility.await().atMost(Duration.ofSeconds(PATIENCE_SECONDS)).until(() -> {
            try {
                answer.set(await(asked.get()));
                return true;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RetriableException) {
                    return false;
                }
                throw e;
            }
        });
        return answer.get();
    }

    static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws RecoveryException {
        driver.close();
    }
}
