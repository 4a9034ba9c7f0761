package io.resilver.rocksdb;

import static io.resilver.rocksdb.Stores.writer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.host.disk.FileDisk;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.StagedInstall;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.WriteBatch;

/** When a checkpoint is due, and how often it is asked for. */
class CheckpointsTest {
    private static final LineageElement FIRST = writer(1, 1);
    private static final int MEMTABLE = 64 << 10;

    @TempDir
    Path directory;

    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private boolean full;

    private void execute(Runnable task) {
        if (full) {
            throw new RejectedExecutionException("full");
        }
        tasks.add(task);
    }

    /** The inside of a store with one entry that makes a checkpoint due. */
    private Store storeWithMuch() throws Exception {
        Layout layout = new Layout(directory.resolve("store"));
        Files.createDirectories(layout.directory());
        Store store = StoreOpening.open(
                new FileDisk(),
                layout,
                new RocksOptions(MEMTABLE, 2 * MEMTABLE, Long.MAX_VALUE, Long.MAX_VALUE),
                new Random(1),
                Stores.replica("a"),
                Stores.INCARNATION);
        store.change(() -> {
            try (WriteBatch batch = new WriteBatch()) {
                batch.put(new byte[1], new byte[4 * MEMTABLE]);
                store.live().engine().write(batch);
                store.live().log().marks().appended(1, 4 * MEMTABLE);
                return true;
            } catch (org.rocksdb.RocksDBException e) {
                throw new AssertionError(e);
            }
        });
        return store;
    }

    private static void close(Store store) throws RecoveryException {
        store.last(() -> {
            store.live().close();
            store.markClosed();
            return true;
        });
    }

    @Test
    void whileACheckpointIsTakenNoSecondOneIsAskedFor() throws Exception {
        Store store = storeWithMuch();
        Checkpoints checkpoints = new Checkpoints(store, this::execute);
        checkpoints.takeIfDue();
        Thread taking = new Thread(tasks.remove());
        store.change(() -> {
            taking.start();
            await().until(() -> taking.getState() == Thread.State.WAITING); // for this change to end
            checkpoints.takeIfDue();
            checkpoints.takeIfDue();
            return true;
        });
        taking.join();
        assertThat(tasks).isEmpty();
        checkpoints.takeIfDue();
        assertThat(tasks).as("nothing is due").isEmpty();
        store.live().log().marks().appended(2, 4 * MEMTABLE);
        checkpoints.takeIfDue();
        assertThat(tasks).as("due again").hasSize(1);
        close(store);
    }

    @Test
    void required_R16_aBaseThatAnInstallReplacedBeforeItWasPinnedIsSaidToBeTrimmed() throws Exception {
        Store store = storeWithMuch();
        Checkpoints checkpoints = new Checkpoints(store, this::execute);
        RocksSource source = new RocksSource(store, checkpoints);
        RocksTarget target = new RocksTarget(store, checkpoints, source);
        try (Stores stores = new Stores(directory.resolve("others"))) {
            RocksStore other = stores.open("b");
            Stores.write(other, FIRST, 0, 3);
            HeldCheckpoint held = checkpoints.hold();
            try (BasePin base = other.source().pinFullBase(1);
                    StagedInstall install = target.beginInstall(Stores.cut(base.base()))) {
                for (long range = 0; range < install.base().ranges(); range++) {
                    install.write(range, Stores.range(base, install.base(), range));
                }
                install.commit();
            }
            assertThatThrownBy(() -> source.pinned(held)).isInstanceOf(LogTrimmedException.class);
            assertThat(source.pins()).isZero();
        }
        close(store);
    }

    @Test
    void whatAFullExecutorRefusedIsAskedForAgain() throws Exception {
        Store store = storeWithMuch();
        Checkpoints checkpoints = new Checkpoints(store, this::execute);
        full = true;
        assertThatThrownBy(checkpoints::takeIfDue).isInstanceOf(RejectedExecutionException.class);
        full = false;
        checkpoints.takeIfDue();
        assertThat(tasks).hasSize(1);
        tasks.remove().run();
        assertThat(store.live().standing()).isPresent();
        close(store);
    }
}
