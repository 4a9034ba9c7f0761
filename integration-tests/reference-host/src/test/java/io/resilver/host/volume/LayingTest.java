package io.resilver.host.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.host.disk.CrashDisk;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.storage.StagedInstall;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What goes on beside a patch that is not laid, and what goes wrong with it. */
class LayingTest {
    private static final int BLOCK = 4 << 10;
    private static final LineageElement ONE = Fixture.writer(1, 1);
    private static final LineageElement TWO = Fixture.writer(2, 50);
    private static final Path PATCH = Fixture.DIRECTORY.resolve("gen-2");

    private final CrashDisk disk = new CrashDisk();
    private final List<Runnable> later = new ArrayList<>();
    private FileVolume volume;
    private String old = "";

    /** Four blocks of letters. */
    @BeforeEach
    void filled() throws RecoveryException {
        volume = Fixture.open(disk, later::add);
        StringBuilder data = new StringBuilder();
        for (char c = 'a'; c < 'e'; c++) {
            data.append(String.valueOf(c).repeat(BLOCK));
        }
        volume.target().append(Fixture.batch(EntryId.NONE, ONE, 10, 0, data.toString()));
        volume.flush();
        volume.target().committed(10);
        volume.checkpoint();
        old = Fixture.content(volume);
    }

    private String with(int block, String letter) {
        return old.substring(0, block * BLOCK) + letter.repeat(BLOCK) + old.substring((block + 1) * BLOCK);
    }

    private static byte[] bytes(String image) {
        return image.replace('.', '\0').getBytes(StandardCharsets.US_ASCII);
    }

    private StagedInstall begin(String image) throws RecoveryException {
        return volume.target()
                .beginInstall(new BaseDescriptor(50, new Lineage(List.of(ONE, TWO)), image.length(), BLOCK));
    }

    private StagedInstall staged(String image) throws RecoveryException {
        StagedInstall install = begin(image);
        Fixture.keepOrWriteAll(install, bytes(image));
        install.flush();
        return install;
    }

    private void install(String image) throws RecoveryException {
        try (StagedInstall install = staged(image)) {
            install.commit();
        }
    }

    private String seenAt(long lsn) throws RecoveryException {
        return new StoreReader(disk, Fixture.DIRECTORY).sha256(OptionalLong.of(lsn));
    }

    private static String sha256(String image) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes(image)));
    }

    @Test
    @DisplayName(
            "R16, R21: an install that commits while the patch before it is being laid ends that checkpoint, quietly")
    void anInstallBesideLaying() throws RecoveryException {
        install(with(1, "X"));
        StagedInstall second = staged(with(2, "Y"));
        AtomicBoolean once = new AtomicBoolean();
        disk.beforeRead(() -> {
            boolean laying = List.of(new Throwable().getStackTrace()).stream()
                    .anyMatch(frame -> frame.getMethodName().equals("lay"));
            if (laying && once.compareAndSet(false, true)) {
                Thread other = new Thread(() -> {
                    try {
                        second.commit();
                    } catch (RecoveryException e) {
                        throw new AssertionError(e);
                    }
                });
                other.start(); // it waits for the hold that lays, and has its turn before the next one or after it
            }
        });
        volume.checkpoint();
        assertThat(once).isTrue();
        disk.beforeRead(() -> {});
        try (FileVolume closing = volume) {
            closing.releaseCheckpoint();
        }
    }

    @Test
    @DisplayName(
            "R16: a staging that is gone on with after its beginning failed anywhere is whole when it is committed")
    void namesAreDurable() throws RecoveryException {
        boolean failed = true;
        for (int at = 1; failed; at++) {
            CrashDisk copy = disk.restarted(new Random(1));
            FileVolume begun = Fixture.open(copy, later::add);
            volume = begun;
            copy.failOnceAt(at);
            try (StagedInstall install = begin(with(1, "X"))) {
                assertThat(install.durableRanges().isEmpty()).isTrue();
            } catch (RecoveryException e) {
                assertThat(copy.hasFailed()).isTrue();
            }
            failed = copy.hasFailed();
            copy.failNoMore();
            try {
                begun.releaseCheckpoint();
            } catch (RecoveryException refuses) {
                continue; // a force failed: it must be opened again
            }
            install(with(1, "X"));
            for (int seed = 0; seed < 6; seed++) {
                try (FileVolume next = Fixture.open(copy.restarted(new Random(seed)))) {
                    assertThat(Fixture.content(next))
                            .as("operation %s, seed %s", at, seed)
                            .isEqualTo(with(1, "X"));
                }
            }
        }
    }

    @Test
    @DisplayName("R16: who looks from outside sees nothing of what the old image had behind the end of the new one")
    void behindTheEnd() throws Exception {
        String shorter = old.substring(0, BLOCK);
        install(shorter);
        volume.target().append(Fixture.batch(new EntryId(50, 2), TWO, 60, 3 * BLOCK, "z"));
        volume.flush();
        volume.target().committed(60);
        volume.target().append(Fixture.batch(new EntryId(60, 2), TWO, 70, 0, "q"));
        volume.flush(); // with the bound
        String grown = shorter + ".".repeat(2 * BLOCK) + "z";
        assertThat(seenAt(60)).isEqualTo(sha256(grown));
        volume.source().pinFullBase(60).close(); // applied
        assertThat(seenAt(60)).isEqualTo(sha256(grown));
    }

    @Test
    @DisplayName(
            "R22: entries that need more of a patch than is laid in one hold of the store are applied in several, and all of them")
    void inSeveralHolds() throws RecoveryException {
        int blocks = 2_500; // of 4 KiB: more than twice 4 MiB
        String image = old.substring(0, BLOCK) + "X".repeat((blocks - 1) * BLOCK);
        install(image);
        StringBuilder expected = new StringBuilder(image);
        for (int i = 1; i < blocks; i++) {
            volume.target().append(Fixture.batch(new EntryId(49 + i, 2), TWO, 50 + i, (long) i * BLOCK, "y"));
            expected.setCharAt(i * BLOCK, 'y');
        }
        long last = volume.flush();
        volume.target().committed(last);
        volume.source().pinFullBase(last).close();
        assertThat(volume.target().position().truncationFloorLsn())
                .as("applied")
                .isEqualTo(last);
        assertThat(Fixture.content(volume)).isEqualTo(expected.toString());
    }

    @Test
    @DisplayName("R21: a patch that cannot be laid is not tried again each time that the store hears of entries")
    void notTriedAllTheTime() throws RecoveryException {
        install(with(1, "X"));
        disk.flip(PATCH.resolve("image"), BLOCK + 9, 1);
        int tries = 0;
        for (int i = 0; i < 20; i++) {
            volume.target().committed(50);
            tries += later.size();
            later.forEach(Runnable::run);
            later.clear();
        }
        assertThat(tries).isEqualTo(1);
    }

    @Test
    @DisplayName("R21: one task at a time lays a patch, however often the store hears of entries meanwhile")
    void oneTask() throws RecoveryException {
        install(with(1, "X"));
        AtomicInteger heard = new AtomicInteger();
        disk.beforeRead(() -> {
            if (heard.getAndIncrement() < 20) {
                hears(50);
            }
        });
        Runnable task = later.remove(0);
        task.run();
        assertThat(heard).hasPositiveValue();
        assertThat(later).isEmpty();
        assertThat(Fixture.content(volume)).isEqualTo(with(1, "X"));
    }

    private void hears(long lsn) {
        try {
            volume.target().committed(lsn);
        } catch (RecoveryException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @DisplayName("R17: a base needs no room for what the old image may have of it")
    void roomForAPatch() throws RecoveryException {
        disk.room(3 * BLOCK);
        install(with(1, "X"));
        assertThat(Fixture.content(volume)).isEqualTo(with(1, "X"));
    }

    @Test
    @DisplayName(
            "an executor that takes no more work keeps no store from being opened, and no install from being committed")
    void noExecutor() throws RecoveryException {
        install(with(1, "X"));
        volume.close();
        try (FileVolume again = Fixture.open(disk, LayingTest::refuses)) {
            volume = again;
            install(with(2, "Y"));
            install(with(3, "Z"));
            assertThat(Fixture.content(again)).isEqualTo(with(3, "Z"));
        }
        try (FileVolume again = Fixture.open(disk)) {
            assertThat(Fixture.content(again)).isEqualTo(with(3, "Z"));
        }
    }

    private static void refuses(Runnable work) {
        throw new RejectedExecutionException("no more");
    }

    @Test
    @DisplayName("R16: a patch of which a file is missing is damage")
    void aFileIsMissing() throws Exception {
        install(with(1, "X"));
        volume.close();
        for (String name : List.of("base", "ranges", "image", "sums")) {
            CrashDisk copy = disk.restarted(new Random(1));
            copy.delete(PATCH.resolve(name));
            assertThatThrownBy(() -> Fixture.open(copy)).as(name).isInstanceOf(CorruptException.class);
        }
    }
}
