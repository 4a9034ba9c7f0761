package io.resilver.rocksdb;

import static io.resilver.rocksdb.Stores.writer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.FileDisk;
import io.resilver.rocksdb.engine.BatchFormat;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.StagedInstall;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.WriteBatch;

class RocksStoreTest {
    private static final LineageElement FIRST = writer(1, 1);

    @TempDir
    Path directory;

    private Stores stores;

    @BeforeEach
    void open() {
        stores = new Stores(directory);
    }

    @AfterEach
    void close() throws RecoveryException {
        stores.close();
    }

    @Test
    void lsnsAreSequenceNumbersAndSkip() throws RecoveryException {
        RocksStore a = stores.open("a");
        assertThat(Stores.write(a, FIRST, 0, 3))
                .as("three keys and the epoch's record")
                .isEqualTo(4);
        assertThat(Stores.write(a, FIRST, 1, 2)).isEqualTo(6);
        assertThat(a.durableLsn()).as("not flushed").isZero();
        assertThat(Stores.log(a, 0)).as("only what is durable").isEmpty();
        assertThat(a.flush()).isEqualTo(6);
        EntryBatch read = Stores.log(a, 0).get(0);
        assertThat(read.previous()).isEqualTo(EntryId.NONE);
        assertThat(read.entries()).extracting(LogEntry::id).containsExactly(new EntryId(4, 1), new EntryId(6, 1));
        assertThat(read.writers()).containsExactly(FIRST);
        assertThat(BatchFormat.read(read.entries().get(1).payload()))
                .isEqualTo(new BatchFormat.Batch(5, 2, Optional.empty()));
    }

    @Test
    void required_R52_aReplicaComesToTheSameNumbersAndContent() throws RecoveryException {
        RocksStore a = stores.open("a");
        for (int i = 0; i < 20; i++) {
            Stores.write(a, FIRST, i, 1 + i % 3);
        }
        a.flush();
        LineageElement second = writer(4, a.durableLsn() + 1);
        for (int i = 20; i < 30; i++) {
            Stores.write(a, second, i, 2);
        }
        a.flush();
        RocksStore b = stores.open("b");
        Stores.catchUp(a, b);
        assertThat(b.durableLsn()).isEqualTo(a.durableLsn());
        assertThat(b.target().position().lineage()).contains(new Lineage(List.of(FIRST, second)));
        assertThat(Stores.content(b)).isEqualTo(Stores.content(a)).hasSize(20 + 19 + 20);
        assertThat(Stores.log(b, 7)).as("the same entries").isEqualTo(Stores.log(a, 7));
        for (EntryBatch again : Stores.log(a, 0)) {
            b.target().append(again); // skipped
        }
        assertThat(b.appendedLsn()).isEqualTo(a.durableLsn());
    }

    @Test
    void required_R52_aGapAnotherEpochAndAnotherBorderAreRefused() throws RecoveryException {
        RocksStore a = stores.open("a");
        RocksStore b = stores.open("b");
        RocksStore c = stores.open("c");
        for (int i = 0; i < 4; i++) {
            Stores.write(a, FIRST, i, 3);
        }
        Stores.write(c, writer(2, 1), 0, 3);
        a.flush();
        c.flush();
        EntryBatch all = new EntryBatch(
                EntryId.NONE,
                Stores.log(a, 0).stream()
                        .flatMap(batch -> batch.entries().stream())
                        .toList(),
                List.of(FIRST));
        EntryBatch fromSecond =
                new EntryBatch(all.entries().get(0).id(), all.entries().subList(1, 4), List.of(FIRST));
        refused(b, fromSecond, "send what lies between");
        refused(c, all, "epoch 2");
        b.target().append(all);
        b.target().flush();
        LogEntry second = all.entries().get(1);
        EntryBatch between = new EntryBatch(
                EntryId.NONE, List.of(new LogEntry(second.lsn() - 1, 1, second.payload())), List.of(FIRST));
        refused(b, between, "has none with that LSN");
        assertThat(b.appendedLsn()).isEqualTo(13);
    }

    @Test
    void anEntryThatIsNotWhatItsLsnSaysIsRefusedWhole() throws RecoveryException {
        RocksStore a = stores.open("a");
        RocksStore b = stores.open("b");
        Stores.write(a, FIRST, 0, 3);
        Stores.write(a, FIRST, 1, 3);
        a.flush();
        LogEntry first = Stores.log(a, 0).get(0).entries().get(0);
        LogEntry second = Stores.log(a, first.lsn()).get(0).entries().get(0);
        refused(b, batch(EntryId.NONE, new LogEntry(5, 1, first.payload())), "written to another log");
        refused(b, batch(EntryId.NONE, new LogEntry(7, 1, second.payload())), "written to another log");
        refused(b, batch(EntryId.NONE, new LogEntry(4, 1, ByteBuffer.allocate(3))), "cannot be applied");
        ByteBuffer shorter = first.payload().duplicate();
        refused(b, batch(EntryId.NONE, new LogEntry(4, 1, shorter.limit(shorter.limit() - 1))), "cannot be applied");
        LineageElement other = writer(2, 1);
        refused(b, new EntryBatch(EntryId.NONE, List.of(new LogEntry(4, 2, first.payload())), List.of(other)), "names");
        assertThat(b.appendedLsn()).isZero();
        b.target().append(batch(EntryId.NONE, first, second));
        assertThat(b.target().flush()).isEqualTo(7);
    }

    private static EntryBatch batch(EntryId previous, LogEntry... entries) {
        return new EntryBatch(previous, List.of(entries), List.of(FIRST));
    }

    private static void refused(RocksStore store, EntryBatch batch, String why) throws RecoveryException {
        long before = store.appendedLsn();
        assertThatThrownBy(() -> store.target().append(batch))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(why);
        assertThat(store.appendedLsn()).isEqualTo(before);
    }

    @Test
    void whatItIsSurvivesClosingAndOpening() throws RecoveryException {
        RocksStore a = stores.open("a");
        Epoch promised = new Epoch(7, new MintId("m7"));
        a.target().promise(promised);
        a.target().identify(new StoreIdentity(a.target().identity().id(), 3));
        Stores.write(a, FIRST, 0, 3);
        Stores.write(a, writer(3, 5), 1, 1);
        a.flush();
        a.target().committed(4);
        StoreIdentity identity = a.target().identity();
        a.close();
        RocksStore again = stores.open("a");
        assertThat(again.target().promise()).contains(promised);
        assertThat(again.target().identity()).isEqualTo(identity);
        assertThat(again.target().position())
                .isEqualTo(new ReplicaPosition(
                        6, 6, OptionalLong.of(4), true, Optional.of(new Lineage(List.of(FIRST, writer(3, 5))))));
        assertThat(Stores.get(again, 0, 2)).contains("0/2");
        assertThat(Stores.write(again, writer(3, 5), 2, 1)).isEqualTo(7);
    }

    @Test
    void checkpointsTrimsAndTheCommittedBoundComeByThemselves() throws RecoveryException {
        RocksOptions busy = new RocksOptions(64 << 10, 300 << 10, 100 << 10, 200 << 10);
        try (Stores own = new Stores(directory.resolve("own"), busy)) {
            RocksStore a = own.open("a");
            long checkpoint = 0;
            for (int i = 0; i < 60; i++) {
                Stores.write(a, FIRST, i, 300);
                a.target().committed(a.flush());
                checkpoint = Math.max(checkpoint, a.source().history().checkpointLsn());
            }
            assertThat(checkpoint).isPositive();
            assertThat(a.source().history().tailLsn()).isPositive().isLessThan(a.durableLsn());
            long told = a.target().position().committedLsn().orElseThrow();
            assertThat(told).as("trails by a memtable at most").isGreaterThan(a.durableLsn() - 10 * 300);
        }
    }

    @Test
    void afterAnInstallTheyComeAgainFromTheNewLogsBeginning() throws Exception {
        RocksStore a = stores.open("a");
        Stores.write(a, FIRST, 0, 3);
        a.flush();
        RocksOptions busy = new RocksOptions(64 << 10, 300 << 10, Long.MAX_VALUE, 200 << 10);
        try (Stores own = new Stores(directory.resolve("own"), busy);
                BasePin pin = a.source().pinFullBase(1)) {
            RocksStore b = own.open("b");
            for (int i = 0; i < 150; i++) {
                Stores.write(b, writer(2, 1), i, 300);
                b.flush();
                b.target().committed(2); // all the others may be replaced
            }
            Stores.install(pin, b);
            assertThat(b.durableLsn()).isEqualTo(4);
            assertThat(b.source().history().checkpointLsn()).isZero();
            for (int i = 0; i < 60; i++) {
                Stores.write(b, FIRST, i, 300);
                b.target().committed(b.flush());
            }
            assertThat(b.source().history().checkpointLsn()).isGreaterThan(4);
            assertThat(b.source().history().tailLsn()).isGreaterThan(4);
            assertThat(b.target().position().committedLsn().orElseThrow()).isGreaterThan(4);
        }
    }

    @Test
    void required_R37_whatIsReadBesideWritesNamesTheEntryThatItIsFrom() throws Exception {
        RocksStore a = stores.open("a");
        long first = Stores.write(a, FIRST, 0, 1);
        int writes = 20_000;
        ExecutorService pool = Executors.newSingleThreadExecutor();
        try {
            Future<?> writing = pool.submit(() -> {
                for (int i = 1; i <= writes; i++) {
                    try (WriteBatch batch = new WriteBatch()) {
                        batch.put(
                                new byte[1],
                                ByteBuffer.allocate(8).putLong(first + i).array());
                        a.append(FIRST, batch);
                    }
                }
                return writes;
            });
            long seen = 0;
            while (seen < first + writes) {
                if (writing.isDone()) {
                    writing.get();
                }
                RocksStore.Reading reading = a.get(new byte[1]);
                seen = reading.value()
                        .map(bytes -> ByteBuffer.wrap(bytes).getLong())
                        .orElse(0L);
                assertThat(reading.lsn()).isGreaterThanOrEqualTo(seen);
            }
        } finally {
            pool.shutdownNow();
            assertThat(pool.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    /** Until its last step, an install stands in nobody's way. */
    @Test
    void aBaseIsOpenedAndVerifiedBesideChanges() throws Exception {
        RocksStore a = stores.open("a");
        for (int i = 0; i < 10; i++) {
            Stores.write(a, FIRST, i, 3);
        }
        a.flush();
        ExecutorService pool = Executors.newSingleThreadExecutor();
        Path own = directory.resolve("own");
        Path verified = own.resolve("v").resolve("b").resolve("gen-2").resolve("checkpoints");
        List<RocksStore> opened = new ArrayList<>();
        Disk disk = watched(
                verified,
                () -> pool.submit(() -> {
                            opened.get(0).target().promise(new Epoch(5, new MintId("m5")));
                            opened.get(0).target().committed(1);
                            return opened;
                        })
                        .get(10, TimeUnit.SECONDS));
        try (Stores others = new Stores(own, Stores.QUIET, disk);
                BasePin pin = a.source().pinFullBase(1)) {
            RocksStore b = others.open("b");
            opened.add(b);
            Stores.write(b, writer(2, 1), 77, 1);
            b.flush();
            Stores.install(pin, b);
            assertThat(b.target().promise()).contains(new Epoch(5, new MintId("m5")));
            assertThat(b.committedLsn()).isEqualTo(1);
            b.close();
            RocksStore again = others.open("b");
            assertThat(again.target().promise()).contains(new Epoch(5, new MintId("m5")));
            assertThat(Stores.content(again)).isEqualTo(Stores.content(a));
        } finally {
            pool.shutdownNow();
        }
    }

    /** The machine's disk, with something done before a directory is made, once. */
    private static Disk watched(Path made, Callable<?> act) {
        FileDisk disk = new FileDisk();
        AtomicBoolean done = new AtomicBoolean();
        return (Disk) Proxy.newProxyInstance(
                Disk.class.getClassLoader(), new Class<?>[] {Disk.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("createDirectories")
                            && arguments[0].equals(made)
                            && done.compareAndSet(false, true)) {
                        act.call();
                    }
                    try {
                        return method.invoke(disk, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void whatABasePinHoldsIsLookedAtOnceAMemtableAndNotWhenItIsAsked() throws Exception {
        RocksStore a = stores.open("a");
        Stores.write(a, FIRST, 0, 3);
        try (BasePin pin = a.source().pinFullBase(1)) {
            long own = pin.heldBytes();
            assertThat(own).as("a manifest of its own at least").isPositive();
            Path links = Files.createDirectory(directory.resolve("links"));
            try (Stream<Path> all =
                    Files.walk(stores.directory("a").resolve("gen-1").resolve("checkpoints"))) {
                for (Path each : all.filter(Files::isRegularFile).toList()) {
                    Files.createLink(links.resolve(String.valueOf(each.getFileName())), each);
                }
            }
            assertThat(pin.heldBytes()).isEqualTo(own);
            for (int i = 1; i < 10; i++) {
                Stores.write(a, FIRST, i, 900);
                a.target().committed(a.flush());
            }
            assertThat(pin.heldBytes()).as("nothing of it alone").isZero();
        }
    }

    @Test
    void whatWasReadAtTheOpenIsDurableWithTheDirectoriesThatItIsIn() throws Exception {
        RocksStore a = stores.open("a");
        Stores.write(a, FIRST, 0, 3);
        a.close();
        Set<Path> synced = new HashSet<>();
        FileDisk disk = new FileDisk();
        Disk watching = (Disk) Proxy.newProxyInstance(
                Disk.class.getClassLoader(), new Class<?>[] {Disk.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("syncDirectory")) {
                        synced.add((Path) arguments[0]);
                    }
                    try {
                        return method.invoke(disk, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        Path database = stores.directory("a").resolve("gen-1").resolve("db");
        try (Stores again = new Stores(directory, Stores.QUIET, watching)) {
            again.open("a");
            assertThat(synced).contains(database, database.resolve("archive"));
        }
    }

    @Test
    void required_R15_itUndoesNothing() throws RecoveryException {
        RocksStore a = stores.open("a");
        Stores.write(a, FIRST, 0, 3);
        a.flush();
        assertThat(a.target().position().truncationFloorLsn()).isEqualTo(4);
        a.target().truncateTo(4);
        a.target().truncateTo(9);
        assertThatThrownBy(() -> a.target().truncateTo(3))
                .isInstanceOfSatisfying(
                        TruncationUnsafeException.class,
                        e -> assertThat(e.floorLsn()).isEqualTo(4));
        assertThat(Stores.content(a)).hasSize(3);
    }

    @Test
    void pinsHoldLogFilesAndTrimmingTakesTheOthers() throws Exception {
        RocksStore a = stores.open("a");
        for (int i = 0; i < 10; i++) {
            Stores.write(a, FIRST, i, 3);
        }
        a.checkpoint(); // the log goes on in another file
        long border = a.durableLsn();
        for (int i = 10; i < 20; i++) {
            Stores.write(a, FIRST, i, 3);
        }
        a.flush();
        assertThat(logFiles("a")).isEqualTo(2);
        LogPin low = a.source().pinLog(2);
        assertThat(a.trimTo(a.durableLsn())).as("held").isZero();
        assertThat(logFiles("a")).isEqualTo(2);
        low.advance(border + 1);
        assertThat(a.trimTo(a.durableLsn())).as("whole files").isEqualTo(border);
        assertThat(logFiles("a")).isEqualTo(1);
        try (EntryCursor cursor = low.open(border + 1)) {
            EntryBatch batch = cursor.next(Long.MAX_VALUE, Integer.MAX_VALUE);
            assertThat(batch.previous()).isEqualTo(new EntryId(border, 1));
            assertThat(batch.entries()).hasSize(10);
        }
        assertThatThrownBy(() -> a.source().pinLog(border - 1))
                .isInstanceOfSatisfying(
                        LogTrimmedException.class,
                        e -> assertThat(e.oldestLsn()).isEqualTo(border));
        EntryCursor open = low.open(border + 1);
        low.close();
        assertThatThrownBy(() -> open.next(Long.MAX_VALUE, 1)).isInstanceOf(LogTrimmedException.class);
        open.close();
        assertThat(a.trimTo(Long.MAX_VALUE)).isEqualTo(a.durableLsn());
        assertThat(logFiles("a")).isZero();
        assertThat(a.source().history().tailLsn()).isEqualTo(a.durableLsn());
        a.close();
        RocksStore again = stores.open("a");
        assertThat(again.source().history().tailLsn()).isEqualTo(again.durableLsn());
        Stores.write(again, FIRST, 21, 1);
        again.flush();
        assertThat(Stores.log(again, again.durableLsn() - 1).get(0).entries()).hasSize(1);
    }

    private long logFiles(String name) throws IOException {
        try (Stream<Path> all =
                Files.walk(stores.directory(name).resolve("gen-1").resolve("db"))) {
            return all.filter(path ->
                            path.toString().endsWith(".log") && path.toFile().length() > 0)
                    .count();
        }
    }

    @Test
    void required_R16_aBaseReplacesEverythingButPromiseAndIdentity() throws Exception {
        RocksStore a = stores.open("a");
        for (int i = 0; i < 10; i++) {
            Stores.write(a, FIRST, i, 3);
        }
        a.flush();
        RocksStore b = stores.open("b");
        b.target().promise(new Epoch(2, new MintId("m2")));
        Stores.write(b, writer(2, 1), 99, 40);
        b.flush();
        b.target().markUnusable("test");
        StoreIdentity identity = b.target().identity();
        try (BasePin pin = a.source().pinFullBase(a.durableLsn())) {
            Stores.write(a, FIRST, 10, 3); // the base stays as it is
            a.flush();
            assertThat(pin.base().lsn()).isEqualTo(31);
            Stores.install(pin, b);
        }
        assertThat(b.target().position())
                .isEqualTo(new ReplicaPosition(
                        31, 31, OptionalLong.of(0), true, Optional.of(new Lineage(List.of(FIRST)))));
        assertThat(b.source().history().tailLsn()).isEqualTo(31);
        assertThat(b.target().promise()).contains(new Epoch(2, new MintId("m2")));
        assertThat(b.target().identity()).isEqualTo(identity);
        assertThat(Stores.get(b, 99, 0)).isEmpty();
        Stores.catchUp(a, b);
        assertThat(Stores.content(b)).isEqualTo(Stores.content(a));
        b.close();
        RocksStore again = stores.open("b");
        assertThat(again.durableLsn()).isEqualTo(a.durableLsn());
        assertThat(Stores.content(again)).isEqualTo(Stores.content(a));
        assertThat(Files.exists(stores.directory("b").resolve("gen-1"))).isFalse();
    }

    @Test
    void required_R17_stagedRangesOfAnEqualBaseStay() throws Exception {
        RocksStore a = stores.open("a");
        for (int i = 0; i < 50; i++) {
            Stores.write(a, FIRST, i, 3);
        }
        a.checkpoint();
        a.target().committed(a.durableLsn());
        RocksStore b = stores.open("b");
        long checkpoint = a.source().history().checkpointLsn();
        assertThat(a.source().history().checkpointTrusted()).isTrue();
        try (BasePin pin = a.source().pinSnapshot(checkpoint)) {
            BaseDescriptor base = Stores.cut(pin.base());
            try (StagedInstall install = b.target().beginInstall(base)) {
                install.write(0, Stores.range(pin, base, 0));
                install.write(2, Stores.range(pin, base, 2));
                install.flush();
                assertThatThrownBy(install::commit).isInstanceOf(PermanentException.class);
            }
            b.close();
            a.close();
        }
        a = stores.open("a");
        b = stores.open("b");
        assertThat(b.durableLsn()).isZero();
        assertThat(a.source().history().checkpointLsn())
                .as("kept over the restart")
                .isEqualTo(checkpoint);
        try (BasePin pin = a.source().pinSnapshot(checkpoint)) {
            BaseDescriptor base = Stores.cut(pin.base());
            try (StagedInstall install = b.target().beginInstall(base)) {
                assertThat(install.durableRanges().stream()).containsExactly(0, 2);
            }
            Stores.install(pin, b);
        }
        assertThat(Stores.content(b)).isEqualTo(Stores.content(a)).hasSize(150);
    }

    @Test
    void aBaseThatIsNotWhatItsDescriptorSaysIsRefused() throws Exception {
        RocksStore a = stores.open("a");
        Stores.write(a, FIRST, 0, 3);
        a.flush();
        RocksStore b = stores.open("b");
        try (BasePin pin = a.source().pinFullBase(1)) {
            BaseDescriptor base = new BaseDescriptor(
                    5, pin.base().lineage(), pin.base().sizeBytes(), pin.base().rangeBytes());
            try (StagedInstall install = b.target().beginInstall(base)) {
                install.write(0, Stores.range(pin, base, 0));
                install.flush();
                assertThatThrownBy(install::commit)
                        .isInstanceOf(CorruptException.class)
                        .hasMessageContaining("ends at 4");
            }
        }
        assertThat(b.durableLsn()).isZero();
        Stores.catchUp(a, b);
    }

    @Test
    void aBaseOfAnotherLineageOrWithADamagedTableIsRefused() throws Exception {
        RocksStore a = stores.open("a");
        for (int i = 0; i < 50; i++) {
            Stores.write(a, FIRST, i, 3);
        }
        a.flush();
        RocksStore b = stores.open("b");
        Stores.write(b, FIRST, 77, 1);
        b.flush();
        try (BasePin pin = a.source().pinFullBase(1)) {
            ByteBuffer image = ByteBuffer.allocate((int) pin.base().sizeBytes());
            pin.read(0, image);
            BaseDescriptor other = new BaseDescriptor(
                    pin.base().lsn(),
                    new Lineage(List.of(new LineageElement(1, Optional.of(new MintId("another")), 1))),
                    image.capacity(),
                    image.capacity());
            refusedBase(b, other, image.duplicate().rewind(), "by [1:m1@1]");
            BaseDescriptor same =
                    new BaseDescriptor(pin.base().lsn(), pin.base().lineage(), image.capacity(), image.capacity());
            int key = new String(image.array(), StandardCharsets.ISO_8859_1).indexOf("key-0000");
            image.put(key, (byte) 'K');
            refusedBase(b, same, image.duplicate().rewind(), "Corruption");
            image.put(key, (byte) 'k');
            try (StagedInstall install = b.target().beginInstall(same)) {
                install.write(0, image.duplicate().rewind());
                install.commit();
            }
        }
        assertThat(Stores.content(b)).isEqualTo(Stores.content(a));
    }

    private static void refusedBase(RocksStore store, BaseDescriptor base, ByteBuffer image, String why)
            throws RecoveryException {
        try (StagedInstall install = store.target().beginInstall(base)) {
            install.write(0, image);
            install.flush();
            assertThatThrownBy(install::commit)
                    .isInstanceOf(CorruptException.class)
                    .hasMessageContaining(why);
        }
        assertThat(store.durableLsn()).isEqualTo(2);
        assertThat(Stores.get(store, 77, 0)).isPresent();
    }

    @Test
    void aDamagedTableIsNamedBeforeItIsServed() throws Exception {
        RocksStore a = stores.open("a");
        for (int i = 0; i < 50; i++) {
            Stores.write(a, FIRST, i, 3);
        }
        a.checkpoint();
        Path table;
        try (Stream<Path> all =
                Files.list(stores.directory("a").resolve("gen-1").resolve("db"))) {
            table = all.filter(path -> path.toString().endsWith(".sst"))
                    .max(Comparator.comparing(path -> path.toFile().length()))
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(table);
        bytes[100] ^= 1;
        Files.write(table, bytes);
        try (BasePin pin = a.source().pinFullBase(1)) {
            ByteBuffer into = ByteBuffer.allocate((int) pin.base().sizeBytes());
            assertThatThrownBy(() -> pin.read(0, into))
                    .isInstanceOfSatisfying(
                            CorruptException.class,
                            e -> assertThat(e.where()).endsWith(String.valueOf(table.getFileName())));
        }
    }

    @Test
    void secondOpenAndOtherIncarnationAreRefused() throws RecoveryException {
        RocksStore a = stores.open("a");
        Stores.write(a, FIRST, 0, 3);
        assertThatThrownBy(() -> stores.open("a")).isInstanceOf(PermanentException.class);
        a.close();
        assertThatThrownBy(() -> stores.adapter().open(Stores.replica("a"), new Incarnation("other")))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("incarnation inc")
                .hasMessageContaining("incarnation other");
        assertThat(stores.open("a").durableLsn()).isEqualTo(4);
    }

    @Test
    void aClosedStoreThrowsInPlaceOfEndingTheProcess() throws Exception {
        RocksStore a = stores.open("a");
        Stores.write(a, FIRST, 0, 3);
        a.flush();
        LogPin pin = a.source().pinLog(0);
        EntryCursor cursor = pin.open(0);
        cursor.next(Long.MAX_VALUE, 1);
        BasePin base = a.source().pinFullBase(1);
        StagedInstall install = a.target().beginInstall(base.base());
        a.close();
        a.close();
        for (ThrowingCallable each : List.<ThrowingCallable>of(
                a::flush,
                () -> Stores.get(a, 0, 0),
                () -> Stores.write(a, FIRST, 1, 1),
                () -> cursor.next(Long.MAX_VALUE, 1),
                () -> pin.open(0),
                () -> base.read(0, ByteBuffer.allocate(1)),
                () -> install.write(0, ByteBuffer.allocate(1)),
                () -> a.source().history(),
                () -> a.source().pinFullBase(0),
                () -> a.target().position(),
                a::checkpoint,
                () -> a.trimTo(1))) {
            assertThatThrownBy(each).isInstanceOf(PermanentException.class);
        }
        cursor.close();
        pin.close();
        base.close();
        install.close();
    }

    @Test
    void required_R36_aCopyThatWasPutBackGetsAnotherId() throws Exception {
        RocksStore a = stores.open("a");
        Stores.write(a, FIRST, 0, 3);
        StoreIdentity before = a.target().identity();
        Path store = stores.directory("a");
        assertThatThrownBy(() -> RocksRenewal.renew(new FileDisk(), store, Stores.replica("a"), new Random(5)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("is open");
        a.close();
        assertThatThrownBy(() -> RocksRenewal.renew(new FileDisk(), store, Stores.replica("b"), new Random(5)))
                .isInstanceOf(PermanentException.class);
        StoreIdentity renewed = RocksRenewal.renew(new FileDisk(), store, Stores.replica("a"), new Random(5));
        assertThat(renewed.id()).isNotEqualTo(before.id());
        RocksStore again = stores.open("a");
        assertThat(again.target().identity()).isEqualTo(renewed);
        assertThat(again.durableLsn()).isEqualTo(4);
    }

    @Test
    void aRemovedStoreIsGoneAndOneOfAnotherIncarnationIsNot() throws Exception {
        stores.open("a").close();
        assertThat(stores.adapter().remove(Stores.replica("a"), new Incarnation("other")))
                .isFalse();
        assertThat(Files.exists(stores.directory("a"))).isTrue();
        assertThat(stores.adapter().remove(Stores.replica("a"), Stores.INCARNATION))
                .isTrue();
        assertThat(stores.adapter().remove(Stores.replica("a"), Stores.INCARNATION))
                .isFalse();
        assertThat(Files.exists(stores.directory("a"))).isFalse();
    }

    @Test
    void theHostsOwnChangesAreCheckedLikeAnyOther() throws Exception {
        RocksStore a = stores.open("a");
        try (WriteBatch nothing = new WriteBatch()) {
            assertThatThrownBy(() -> a.append(FIRST, nothing)).isInstanceOf(PermanentException.class);
        }
        try (WriteBatch large = new WriteBatch()) {
            large.put(new byte[1], new byte[RocksStore.MOST_ENTRY_BYTES]);
            assertThatThrownBy(() -> a.append(FIRST, large))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("write them as several");
        }
        assertThatThrownBy(() -> Stores.write(a, writer(1, 2), 0, 1)).isInstanceOf(PermanentException.class);
        Stores.write(a, writer(2, 1), 0, 1);
        assertThatThrownBy(() -> Stores.write(a, FIRST, 0, 1)).isInstanceOf(PermanentException.class);
        assertThat(a.appendedLsn()).isEqualTo(2);
    }
}
