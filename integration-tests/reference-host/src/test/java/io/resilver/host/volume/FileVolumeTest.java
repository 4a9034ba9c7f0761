package io.resilver.host.volume;

import static io.resilver.host.volume.Fixture.batch;
import static io.resilver.host.volume.Fixture.bytes;
import static io.resilver.host.volume.Fixture.content;
import static io.resilver.host.volume.Fixture.entries;
import static io.resilver.host.volume.Fixture.writer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.resilver.host.disk.CrashDisk;
import io.resilver.host.disk.FileDisk;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The volume on the machine's own disk. */
class FileVolumeTest {
    private static final LineageElement ONE = writer(1, 1);

    @TempDir
    Path directory;

    private FileVolume volume;

    @BeforeEach
    void open() throws RecoveryException {
        volume = Fixture.open(new FileDisk(), directory, Fixture.SMALL);
    }

    @AfterEach
    void close() throws RecoveryException {
        volume.close();
    }

    private void reopen() throws RecoveryException {
        volume.close();
        open();
    }

    private void write(int count) throws RecoveryException {
        for (int i = 0; i < count; i++) {
            volume.append(ONE, i * 3L, bytes("w" + i % 10 + "-"));
        }
        volume.flush();
    }

    @Test
    void anEmptyStoreSaysSo() throws RecoveryException {
        assertThat(volume.target().position().flushedLsn()).isZero();
        assertThat(volume.target().position().lineage()).contains(Lineage.EMPTY);
        assertThat(volume.source().history().checkpointTrusted()).isFalse();
        assertThat(volume.size()).isZero();
        assertThat(new StoreReader(new FileDisk(), directory).sha256(OptionalLong.empty()))
                .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    /** R30: what is not committed is not read, and what is committed is, at once. */
    @Test
    void readsSeeCommittedEntriesOnly() throws RecoveryException {
        volume.append(ONE, 2, bytes("ab"));
        volume.append(ONE, 6, bytes("cd"));
        assertThat(volume.flush()).isEqualTo(20);
        assertThat(content(volume)).isEmpty();
        volume.target().committed(10);
        assertThat(content(volume)).isEqualTo("..ab");
        volume.target().committed(20);
        assertThat(content(volume)).isEqualTo("..ab..cd");
    }

    @Test
    void reopeningKeepsEverything() throws RecoveryException {
        write(30);
        volume.target().committed(200);
        volume.target().promise(new Epoch(4, new MintId("m4")));
        volume.target().identify(new StoreIdentity(new StoreId("s1"), 3));
        volume.target().markUnusable("disk was replaced");
        reopen();
        assertThat(volume.target().position().flushedLsn()).isEqualTo(300);
        assertThat(volume.target().position().committedLsn()).hasValue(200);
        assertThat(volume.target().position().truncationFloorLsn()).isEqualTo(200);
        assertThat(volume.target().position().usable()).isFalse();
        assertThat(volume.target().position().lineage()).contains(new Lineage(List.of(ONE)));
        assertThat(volume.target().promise()).contains(new Epoch(4, new MintId("m4")));
        assertThat(volume.target().identity()).isEqualTo(new StoreIdentity(new StoreId("s1"), 3));
        assertThat(entries(volume, 0)).hasSize(30);
    }

    /** R3: a lower epoch, or the same number with another mint, is refused. */
    @Test
    void promisesOnlyRise() throws RecoveryException {
        volume.target().promise(new Epoch(4, new MintId("a")));
        volume.target().promise(new Epoch(4, new MintId("a")));
        assertThat(catchThrowableOfType(
                                FencedException.class, () -> volume.target().promise(new Epoch(3, new MintId("a"))))
                        .promisedEpoch())
                .isEqualTo(4);
        assertThatThrownBy(() -> volume.target().promise(new Epoch(4, new MintId("b"))))
                .isInstanceOf(FencedException.class);
    }

    /** R52: what is there is skipped; a gap, another epoch at the LSN and before it are refused, and nothing changes. */
    @Test
    void batchesContinueTheLogOrAreRefused() throws RecoveryException {
        volume.target().append(batch(EntryId.NONE, ONE, 10, 0, "a"));
        volume.target().append(batch(new EntryId(10, 1), ONE, 25, 0, "b"));
        volume.target().append(batch(EntryId.NONE, ONE, 10, 0, "a"));
        assertThatThrownBy(() -> volume.target().append(batch(new EntryId(30, 1), ONE, 40, 0, "c")))
                .isInstanceOf(PermanentException.class);
        assertThatThrownBy(() -> volume.target().append(batch(new EntryId(20, 1), ONE, 40, 0, "c")))
                .isInstanceOf(PermanentException.class);
        assertThatThrownBy(() -> volume.target().append(batch(new EntryId(10, 1), ONE, 20, 0, "c")))
                .isInstanceOf(PermanentException.class);
        LineageElement two = writer(2, 11);
        assertThatThrownBy(() -> volume.target().append(batch(new EntryId(10, 1), two, 25, 0, "c")))
                .isInstanceOf(PermanentException.class);
        assertThatThrownBy(() -> volume.target().append(batch(new EntryId(25, 2), writer(2, 11), 40, 0, "c")))
                .isInstanceOf(PermanentException.class);
        assertThatThrownBy(() -> volume.target().append(batch(new EntryId(25, 1), writer(2, 30), 40, 0, "c")))
                .as("a first LSN that is not the previous entry's plus 1")
                .isInstanceOf(PermanentException.class);
        assertThat(volume.flush()).isEqualTo(25);
        assertThat(entries(volume, 0)).containsExactly(new EntryId(10, 1), new EntryId(25, 1));
        volume.target().append(batch(new EntryId(25, 1), writer(2, 26), 40, 0, "c"));
        assertThat(volume.flush()).isEqualTo(40);
        assertThat(volume.target().position().lineage()).contains(new Lineage(List.of(ONE, writer(2, 26))));
    }

    /** R15: physically gone, also after reopening; never below what is committed. */
    @Test
    void truncationRemovesEntriesAndLineage() throws RecoveryException {
        write(20);
        volume.target().append(batch(new EntryId(200, 1), writer(2, 201), 210, 0, "zz"));
        volume.flush();
        volume.target().committed(50);
        assertThatThrownBy(() -> volume.target().truncateTo(49)).isInstanceOf(TruncationUnsafeException.class);
        volume.target().truncateTo(105);
        assertThat(volume.target().position().flushedLsn()).isEqualTo(100);
        assertThat(volume.target().position().lineage()).contains(new Lineage(List.of(ONE)));
        volume.target().append(batch(new EntryId(100, 1), writer(3, 101), 107, 0, "yy"));
        volume.flush();
        reopen();
        assertThat(entries(volume, 90)).containsExactly(new EntryId(100, 1), new EntryId(107, 3));
    }

    /** R15: a cut between two entries leaves no writer behind the last one, and no bound: the store opens again. */
    @Test
    void truncationBetweenTwoEntries() throws RecoveryException {
        write(20);
        EntryBatch later = batch(new EntryId(200, 1), writer(2, 201), 210, 0, "zz");
        volume.target().append(later);
        volume.flush();
        volume.target().truncateTo(205);
        assertThat(volume.target().position().lineage()).contains(new Lineage(List.of(ONE)));
        volume.target().append(later);
        volume.flush();
        volume.target().committed(204);
        assertThatThrownBy(() -> volume.target().truncateTo(206)).isInstanceOf(TruncationUnsafeException.class);
        reopen();
        assertThat(entries(volume, 190)).containsExactly(new EntryId(200, 1), new EntryId(210, 2));
        assertThat(volume.target().position().lineage()).contains(new Lineage(List.of(ONE, writer(2, 201))));
    }

    /** R12, R20: a pin holds the log against trimming, and a closed one is told. */
    @Test
    void pinsHoldTheLog() throws RecoveryException {
        write(40);
        volume.target().committed(400);
        volume.checkpoint();
        LogPin pin = volume.source().pinLog(55);
        EntryCursor cursor = pin.open(55);
        long tail = volume.trimTo(300);
        assertThat(tail).isLessThanOrEqualTo(55);
        assertThat(cursor.next(Long.MAX_VALUE, 1).previous()).isEqualTo(new EntryId(50, 1));
        assertThat(pin.heldBytes()).isPositive();
        pin.advance(300);
        assertThat(volume.trimTo(300)).isBetween(250L, 300L);
        assertThatThrownBy(() -> volume.source().pinLog(100)).isInstanceOf(LogTrimmedException.class);
        pin.close();
        assertThatThrownBy(() -> cursor.next(Long.MAX_VALUE, 1)).isInstanceOf(LogTrimmedException.class);
        assertThat(volume.openPins()).isZero();
        reopen();
        assertThat(volume.source().history().tailLsn()).isBetween(250L, 300L);
        assertThat(volume.target().position().lineage()).contains(new Lineage(List.of(ONE)));
    }

    /** R19: a cursor at the head goes on when more is durable, and names the writers. */
    @Test
    void cursorsFollowTheHead() throws Exception {
        AtomicInteger told = new AtomicInteger();
        try (AutoCloseable registration = volume.source().onAppend(told::incrementAndGet);
                LogPin pin = volume.source().pinLog(0);
                EntryCursor cursor = pin.open(0)) {
            assertThat(registration).isNotNull();
            assertThat(cursor.next(Long.MAX_VALUE, 100).isEmpty()).isTrue();
            volume.append(ONE, 0, bytes("a"));
            assertThat(cursor.next(Long.MAX_VALUE, 100).isEmpty())
                    .as("not durable yet")
                    .isTrue();
            volume.flush();
            assertThat(told).hasValue(1);
            EntryBatch batch = cursor.next(Long.MAX_VALUE, 100);
            assertThat(batch.last()).isEqualTo(new EntryId(10, 1));
            assertThat(batch.writers()).containsExactly(ONE);
            assertThat(cursor.next(Long.MAX_VALUE, 100).previous()).isEqualTo(new EntryId(10, 1));
        }
    }

    /** The history says how far a base reaches: as far as this store was told. */
    @Test
    void aBaseReachesAsFarAsTheImage() throws RecoveryException {
        write(10);
        assertThat(volume.source().history().imageLsn()).hasValue(0);
        volume.target().committed(70);
        assertThat(volume.source().history().imageLsn()).hasValue(70);
        try (BasePin full = volume.source().pinFullBase(70)) {
            assertThat(full.base().lsn()).isEqualTo(70);
        }
        assertThatThrownBy(() -> volume.source().pinFullBase(71)).isInstanceOf(RetriableException.class);
        reopen();
        assertThat(volume.source().history().imageLsn()).hasValue(70);
    }

    @Test
    void aFrozenBaseStaysAsItIs() throws RecoveryException {
        write(10);
        volume.target().committed(100);
        volume.checkpoint();
        BasePin snapshot = volume.source().pinSnapshot(100);
        String before = content(snapshot);
        volume.append(ONE, 0, bytes("overwritten and longer than all of it was until now"));
        volume.flush();
        volume.target().committed(110);
        BasePin full = volume.source().pinFullBase(110);
        assertThat(full.base().lsn()).isEqualTo(110);
        assertThat(content(snapshot)).isEqualTo(before).startsWith("w0-w1-");
        assertThat(content(full)).startsWith("overwritten");
        assertThat(snapshot.heldBytes()).isPositive();
        assertThatThrownBy(() -> volume.source().pinSnapshot(90)).isInstanceOf(RetriableException.class);
        assertThatThrownBy(() -> volume.source().pinFullBase(111)).isInstanceOf(RetriableException.class);
        snapshot.close();
        snapshot.close();
        assertThatThrownBy(() -> content(snapshot)).isInstanceOf(LogTrimmedException.class);
        assertThat(volume.source().history().checkpointTrusted()).isTrue();
        volume.releaseCheckpoint();
        assertThat(volume.source().history().checkpointTrusted()).isFalse();
        assertThat(content(full)).startsWith("overwritten");
        full.close();
        assertThat(volume.openPins()).isZero();
    }

    /** R16, R17: nothing changes until commit, staged ranges survive, and the swap leaves promise and identity alone. */
    @Test
    void anInstallIsStagedResumedAndSwapped() throws RecoveryException {
        write(5);
        volume.target().committed(20);
        Epoch promise = new Epoch(9, new MintId("m9"));
        volume.target().promise(promise);
        StoreIdentity identity = volume.target().identity();
        byte[] image = "0123456789abcdefghij".getBytes(StandardCharsets.US_ASCII);
        Lineage lineage = new Lineage(List.of(ONE, writer(4, 41)));
        BaseDescriptor base = new BaseDescriptor(77, lineage, image.length, 8);
        try (StagedInstall install = volume.target().beginInstall(base)) {
            install.write(1, ByteBuffer.wrap(image, 8, 8));
            install.flush();
            assertThatThrownBy(install::commit).isInstanceOf(PermanentException.class);
            assertThatThrownBy(() -> volume.target().beginInstall(base)).isInstanceOf(PermanentException.class);
        }
        reopen();
        assertThat(volume.target().position().flushedLsn()).isEqualTo(50);
        LogPin pin = volume.source().pinLog(20);
        try (StagedInstall install = volume.target().beginInstall(base)) {
            assertThat(install.durableRanges().cardinality()).isEqualTo(1);
            Fixture.writeAll(install, image);
            install.commit();
        }
        assertThatThrownBy(() -> pin.open(20)).isInstanceOf(LogTrimmedException.class);
        for (int i = 0; i < 2; i++) {
            assertThat(volume.target().position().flushedLsn()).isEqualTo(77);
            assertThat(volume.target().position().truncationFloorLsn()).isEqualTo(77);
            assertThat(volume.target().position().lineage()).contains(lineage);
            assertThat(volume.source().history().tailLsn()).isEqualTo(77);
            assertThat(volume.source().history().checkpointTrusted()).isTrue();
            assertThat(volume.target().promise()).contains(promise);
            assertThat(volume.target().identity()).isEqualTo(identity);
            assertThat(content(volume)).isEqualTo("0123456789abcdefghij");
            reopen();
        }
        volume.target().append(batch(new EntryId(77, 4), writer(4, 41), 80, 0, "X"));
        assertThat(volume.flush()).isEqualTo(80);
    }

    /** R15: an install never goes below the own committed bound. */
    @Test
    void anInstallBelowTheCommittedBoundIsRefused() throws RecoveryException {
        write(5);
        volume.target().committed(50);
        assertThatThrownBy(() -> volume.target().beginInstall(new BaseDescriptor(40, new Lineage(List.of(ONE)), 0, 8)))
                .isInstanceOf(TruncationUnsafeException.class);
    }

    @Test
    void anotherReplicasStoreAndASecondOpenAreRefused() throws RecoveryException {
        assertThatThrownBy(this::open).isInstanceOf(PermanentException.class).hasMessageContaining("open already");
        volume.close();
        ReplicaId other = new ReplicaId(new VolumeId("vol"), "r2");
        assertThatThrownBy(() -> FileVolume.open(
                        new FileDisk(),
                        directory,
                        Fixture.SMALL,
                        new Random(1),
                        Runnable::run,
                        other,
                        Fixture.INCARNATION))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("vol/r1")
                .hasMessageContaining("vol/r2");
        assertThatThrownBy(() -> FileVolume.open(
                        new FileDisk(),
                        directory,
                        Fixture.SMALL,
                        new Random(1),
                        Runnable::run,
                        Fixture.REPLICA,
                        new Incarnation("inc2")))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("inc1")
                .hasMessageContaining("inc2");
        open();
    }

    @Test
    void aClosedStoreRefusesEverything() throws RecoveryException {
        volume.close();
        volume.close();
        assertThatThrownBy(() -> volume.target().position()).isInstanceOf(PermanentException.class);
        assertThatThrownBy(() -> volume.source().history()).isInstanceOf(PermanentException.class);
        assertThatThrownBy(() -> volume.flush()).isInstanceOf(PermanentException.class);
        open();
    }

    @Test
    void aReaderBesideTheStoreSeesImageAndDurableLsn() throws RecoveryException {
        write(10);
        volume.target().committed(100);
        StoreReader reader = new StoreReader(new FileDisk(), directory);
        assertThat(reader.durableLsn()).isLessThanOrEqualTo(100);
        volume.append(ONE, 100, bytes("tail"));
        volume.flush();
        assertThat(reader.durableLsn()).isEqualTo(100);
        String at100 = reader.sha256(OptionalLong.of(100));
        assertThat(at100).isEqualTo(reader.sha256(OptionalLong.empty()));
        volume.checkpoint();
        assertThat(reader.sha256(OptionalLong.empty())).isEqualTo(at100);
        assertThat(reader.sha256(OptionalLong.of(110))).isNotEqualTo(at100);
        assertThatThrownBy(() -> reader.sha256(OptionalLong.of(90))).isInstanceOf(PermanentException.class);
    }

    /** A cancelled task's interruption must not close the files under everybody else. */
    @Test
    void anInterruptedThreadDoesNoHarm() throws RecoveryException {
        Thread.currentThread().interrupt();
        write(3);
        assertThat(Thread.interrupted()).isTrue();
        write(3);
        assertThat(volume.target().position().flushedLsn()).isEqualTo(60);
    }

    @Test
    void nothingOfTheOldGenerationOrTheSideFileStays() throws Exception {
        write(5);
        BaseDescriptor base = new BaseDescriptor(77, new Lineage(List.of(ONE)), 0, 8);
        try (StagedInstall install = volume.target().beginInstall(base)) {
            install.commit();
        }
        volume.close();
        try (var names = Files.list(directory)) {
            assertThat(names.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder("lock", "meta", "gen-2");
        }
        try (var names = Files.list(directory.resolve("gen-2"))) {
            assertThat(names.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder("log", "image", "sums");
        }
        open();
    }

    /** R15: a log that was trimmed up to its head goes on: what is written next is applied, and survives a reopening. */
    @Test
    void writingGoesOnAfterTheWholeLogWasTrimmed() throws RecoveryException {
        for (int round = 0; round < 3; round++) {
            write(5);
            long head = volume.flush();
            volume.target().committed(head);
            volume.checkpoint();
            long tail = volume.source().history().tailLsn();
            try (LogPin pin = volume.source().pinLog(tail)) { // holds the tail: the log begins a segment all the same
                assertThat(volume.trimTo(head)).isEqualTo(tail);
                assertThat(pin.afterLsn()).isEqualTo(tail);
            }
            assertThat(volume.trimTo(head)).isEqualTo(head);
            try (LogPin pin = volume.source().pinLog(head)) {
                assertThat(pin.afterLsn()).isEqualTo(head);
                volume.append(ONE, 0, bytes("z"));
                volume.target().committed(volume.flush());
            }
            reopen();
        }
    }

    @Test
    @DisplayName("a store that is closed lets go of log as behind any checkpoint, and keeps what it was told to keep")
    void closingTrims() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        VolumeOptions shortLog = new VolumeOptions(400, 1 << 30, 1 << 30, 1_000, 10);
        FileVolume closed = Fixture.open(disk, Fixture.DIRECTORY, shortLog);
        for (int i = 1; i <= 40; i++) {
            closed.append(ONE, 0, Fixture.bytes("entry " + i));
        }
        long last = closed.flush();
        closed.target().committed(last);
        closed.close();
        try (FileVolume again = Fixture.open(disk, Fixture.DIRECTORY, shortLog)) {
            long tail = again.source().history().tailLsn();
            assertThat(tail).isBetween(last / 4, last - 10);
            assertThat(Fixture.entries(again, tail)).hasSize((int) (last - tail) / 10);
        }
    }
}
