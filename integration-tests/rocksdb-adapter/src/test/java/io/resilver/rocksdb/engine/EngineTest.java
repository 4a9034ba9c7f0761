package io.resilver.rocksdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.LineageElement;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.WriteBatch;

/** What is native is not reached once it is closed: that would end the process, and every test after it. */
class EngineTest {
    private static final int MEMTABLE = 64 << 10;

    @TempDir
    Path directory;

    private static void write(Engine engine, String key) throws Exception {
        try (WriteBatch batch = new WriteBatch()) {
            batch.put(key.getBytes(StandardCharsets.UTF_8), new byte[10]);
            engine.write(batch);
        }
    }

    @Test
    void afterTheCloseEveryCallIsRefused() throws Exception {
        Engine engine = Engine.open(directory, MEMTABLE, true);
        write(engine, "a");
        write(engine, "b");
        LogStream stream = engine.log();
        assertThat(stream.next(1).orElseThrow().lsn()).isEqualTo(1);
        engine.close();
        engine.close();
        for (ThrowingCallable each : List.<ThrowingCallable>of(
                () -> stream.next(2),
                engine::log,
                engine::latest,
                engine::sync,
                engine::lineage,
                engine::logFiles,
                engine::flushMemory,
                engine::verify,
                () -> engine.get(new byte[1]),
                () -> engine.checkpoint(directory.resolve("checkpoint")),
                () -> write(engine, "c"))) {
            assertThatThrownBy(each).isInstanceOf(PermanentException.class).hasMessageContaining("is closed");
        }
        stream.close();
        stream.close();
    }

    @Test
    void theCloseWaitsForACallThatIsUnderWay() throws Exception {
        Engine engine = Engine.open(directory, MEMTABLE, true);
        for (int i = 0; i < 100; i++) {
            write(engine, "key-" + i);
        }
        CountDownLatch scanning = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            int[] seen = {0};
            Future<?> scan = pool.submit(() -> {
                engine.scan((key, value) -> {
                    seen[0]++;
                    scanning.countDown();
                    try {
                        goOn.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
                return seen;
            });
            assertThat(scanning.await(1, TimeUnit.MINUTES)).isTrue();
            Future<?> close = pool.submit(engine::close);
            assertThat(close.isDone()).isFalse();
            goOn.countDown();
            scan.get(1, TimeUnit.MINUTES);
            close.get(1, TimeUnit.MINUTES);
            assertThat(seen[0]).isEqualTo(100);
        } finally {
            goOn.countDown();
            pool.shutdownNow();
        }
        assertThatThrownBy(engine::latest).isInstanceOf(PermanentException.class);
    }

    @Test
    void aStreamThatIsClosedReadsNoMore() throws Exception {
        try (Engine engine = Engine.open(directory, MEMTABLE, true)) {
            write(engine, "a");
            LogStream stream = engine.log();
            stream.close();
            assertThatThrownBy(() -> stream.next(1))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("stream");
        }
    }

    @Test
    void whatHasNoDatabaseIsNotMadeOne() {
        assertThatThrownBy(() -> Engine.open(directory.resolve("none"), MEMTABLE, false))
                .isInstanceOf(PermanentException.class);
    }

    @Test
    void aRecordThatIsNoElementOfALineageIsNamed() throws Exception {
        try (Engine engine = Engine.open(directory, MEMTABLE, true)) {
            byte[] element = BatchFormat.begunBy(new LineageElement(1, Optional.empty(), 99), nothing());
            engine.write(element);
            assertThatThrownBy(engine::lineage)
                    .isInstanceOf(CorruptException.class)
                    .hasMessageContaining("ends at 1");
        }
    }

    private static byte[] nothing() throws Exception {
        try (WriteBatch batch = new WriteBatch()) {
            return batch.data();
        }
    }
}
