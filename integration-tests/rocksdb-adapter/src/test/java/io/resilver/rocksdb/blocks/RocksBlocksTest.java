package io.resilver.rocksdb.blocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.host.disk.FileDisk;
import io.resilver.rocksdb.RocksAdapter;
import io.resilver.rocksdb.RocksOptions;
import io.resilver.rocksdb.RocksStore;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** R37: what may be served of a store whose image is ahead of what is committed. */
class RocksBlocksTest {
    private static final LineageElement WRITER = LineageElement.of(new Epoch(1, new MintId("m1")), 1);

    @TempDir
    Path directory;

    private RocksAdapter adapter;
    private RocksStore store;
    private RocksBlocks blocks;

    @BeforeEach
    void open() throws Exception {
        adapter = new RocksAdapter(new FileDisk(), directory, RocksOptions.DEFAULT, new Random(1), Runnable::run);
        store = adapter.open(new ReplicaId(new VolumeId("v"), "a"), new Incarnation("inc"));
        blocks = new RocksBlocks(store, Duration.ofMinutes(1));
    }

    @AfterEach
    void close() throws Exception {
        adapter.close();
    }

    private long write(int what) throws Exception {
        byte[] block = new byte[BlockKeys.BLOCK];
        block[0] = (byte) what;
        return blocks.append(WRITER, 0, ByteBuffer.wrap(block));
    }

    private int read() throws Exception {
        ByteBuffer into = ByteBuffer.allocate(1);
        assertThat(blocks.read(0, into)).isEqualTo(1);
        return into.get(0);
    }

    @Test
    void required_R37_aReadWaitsForWhatItSawAndNotForWhatIsWrittenMeanwhile() throws Exception {
        write(0);
        blocks.target().committed(blocks.flush());
        for (int i = 1; i < 20; i++) {
            long lsn = write(i);
            FutureTask<Integer> reading = new FutureTask<>(this::read);
            Thread reader = new Thread(reading);
            reader.start();
            await().until(() -> reader.getState() == Thread.State.TIMED_WAITING || reading.isDone());
            write(99);
            blocks.flush();
            blocks.target().committed(lsn);
            assertThat(reading.get(1, TimeUnit.MINUTES)).isEqualTo(i);
        }
    }

    @Test
    void required_R37_whatIsNotCommittedIsNotServed() throws Exception {
        write(1);
        blocks.flush();
        ByteBuffer into = ByteBuffer.allocate(10);
        RocksBlocks impatient = new RocksBlocks(store, Duration.ZERO);
        assertThatThrownBy(() -> impatient.read(0, into)).isInstanceOf(RetriableException.class);
        assertThat(into.position()).isZero();
    }
}
