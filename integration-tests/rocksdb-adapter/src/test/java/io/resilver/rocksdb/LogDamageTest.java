package io.resilver.rocksdb;

import static io.resilver.rocksdb.Stores.writer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.rocksdb.tck.RocksDamage;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a torn end, a changed byte and a missing file of the log look like afterwards. */
class LogDamageTest {
    private static final LineageElement WRITER = writer(1, 1);

    @TempDir
    Path directory;

    private static Optional<Path> log(Path root) throws IOException {
        return log(root, path -> true);
    }

    private static Optional<Path> log(Path root, Predicate<Path> which) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(path ->
                            path.toString().endsWith(".log") && path.toFile().length() > 0)
                    .filter(which)
                    .findFirst();
        }
    }

    /** The power fails with ten entries flushed and ten not: any part of the others may be there. */
    @Test
    void aTornEndLeavesWholeEntriesAndAllThatWereFlushed() throws Exception {
        Path live = directory.resolve("live");
        long flushedBytes;
        try (Stores stores = new Stores(live)) {
            RocksStore a = stores.open("a");
            for (int i = 0; i < 10; i++) {
                Stores.write(a, WRITER, i, 1 + i % 2);
            }
            a.flush();
            flushedBytes = log(live).orElseThrow().toFile().length();
            Stores.write(a, writer(2, a.appendedLsn() + 1), 10, 2);
            for (int i = 11; i < 20; i++) {
                Stores.write(a, writer(2, a.durableLsn() + 1), i, 1 + i % 2);
            }
            Stores.copy(live, directory.resolve("crashed"));
        }
        long bytes = log(directory.resolve("crashed")).orElseThrow().toFile().length();
        for (long end = flushedBytes; end <= bytes; end += 17) {
            Path torn = directory.resolve("torn-" + end);
            Stores.copy(directory.resolve("crashed"), torn);
            try (RandomAccessFile file =
                    new RandomAccessFile(log(torn).orElseThrow().toFile(), "rw")) {
                file.setLength(end);
            }
            try (Stores stores = new Stores(torn)) {
                RocksStore a = stores.open("a");
                List<LogEntry> entries = Stores.log(a, 0).stream()
                        .flatMap(batch -> batch.entries().stream())
                        .toList();
                assertThat(entries.size()).as("at %d", end).isGreaterThanOrEqualTo(10);
                assertThat(a.durableLsn())
                        .isEqualTo(entries.get(entries.size() - 1).lsn());
                int keys = 0;
                for (int i = 0; i < entries.size(); i++) {
                    keys += i == 10 ? 2 : 1 + i % 2;
                }
                assertThat(Stores.content(a)).hasSize(keys);
                assertThat(a.target().position().lineage().orElseThrow().elements())
                        .hasSize(entries.size() > 10 ? 2 : 1);
            }
        }
    }

    /** The same with two files, neither flushed to its end: a part of the second one counts only behind all of the first. */
    @Test
    void aPartOfALaterFileBehindATornOneIsNoLog() throws Exception {
        Path live = directory.resolve("live");
        Path crashed = directory.resolve("crashed");
        long flushedBytes;
        long lsn;
        Path first;
        try (Stores stores = new Stores(live)) {
            RocksStore a = stores.open("a");
            for (int i = 0; i < 10; i++) {
                Stores.write(a, WRITER, i, 2);
            }
            a.flush();
            first = live.relativize(log(live).orElseThrow());
            flushedBytes = live.resolve(first).toFile().length();
            for (int i = 10; i < 20; i++) {
                Stores.write(a, WRITER, i, 2);
            }
            Stores.copy(live, crashed); // as it was while nothing was written out yet
            a.checkpoint();
            for (int i = 20; i < 30; i++) {
                Stores.write(a, WRITER, i, 2);
            }
            lsn = a.appendedLsn();
            Path second = log(live, path -> !path.endsWith(String.valueOf(first.getFileName())))
                    .orElseThrow();
            Files.copy(second, crashed.resolve(live.relativize(second)));
        }
        long bytes = crashed.resolve(first).toFile().length();
        for (long end = bytes; end > flushedBytes; end -= 37) {
            Path torn = directory.resolve("torn-" + end);
            Stores.copy(crashed, torn);
            try (RandomAccessFile file =
                    new RandomAccessFile(torn.resolve(first).toFile(), "rw")) {
                file.setLength(end);
            }
            try (Stores stores = new Stores(torn)) {
                if (end == bytes) {
                    RocksStore a = stores.open("a");
                    assertThat(a.durableLsn()).isEqualTo(lsn);
                    assertThat(Stores.content(a)).hasSize(60);
                } else {
                    assertThatThrownBy(() -> stores.open("a"))
                            .as("at %d", end)
                            .isInstanceOf(CorruptException.class)
                            .hasMessageContaining("is missing")
                            .hasMessageContaining("ends at " + lsn);
                }
            }
        }
    }

    @Test
    void aChangedByteIsNamedWhenItIsOpenedAndNothingIsLost() throws Exception {
        Path crashed = directory.resolve("crashed");
        long lsn;
        try (Stores stores = new Stores(directory.resolve("live"))) {
            RocksStore a = stores.open("a");
            for (int i = 0; i < 10; i++) {
                Stores.write(a, WRITER, i, 2);
            }
            lsn = a.flush();
            Stores.copy(directory.resolve("live"), crashed);
        }
        RocksDamage damage = new RocksDamage(crashed, Stores.replica("a"));
        assertThat(damage.entry(7)).isTrue();
        try (Stores stores = new Stores(crashed)) {
            assertThatThrownBy(() -> stores.open("a"))
                    .isInstanceOfSatisfying(
                            CorruptException.class, e -> assertThat(e.where()).startsWith(crashed.toString()));
        }
        assertThat(damage.entry(7)).as("back").isTrue();
        try (Stores stores = new Stores(crashed)) {
            assertThat(stores.open("a").durableLsn()).isEqualTo(lsn);
        }
    }

    @Test
    void aChangedByteInTheArchiveIsNamedWhenItIsRead() throws Exception {
        try (Stores stores = new Stores(directory)) {
            RocksStore a = stores.open("a");
            for (int i = 0; i < 10; i++) {
                Stores.write(a, WRITER, i, 2);
            }
            a.close();
            assertThat(new RocksDamage(directory, Stores.replica("a")).entry(7)).isTrue();
            RocksStore again = stores.open("a");
            try (LogPin pin = again.source().pinLog(0);
                    EntryCursor cursor = pin.open(0)) {
                EntryBatch before = cursor.next(5, Integer.MAX_VALUE);
                assertThat(before.entries()).extracting(LogEntry::lsn).containsExactly(3L, 5L);
                assertThatThrownBy(() -> cursor.next(Long.MAX_VALUE, Integer.MAX_VALUE))
                        .isInstanceOfSatisfying(
                                CorruptException.class,
                                e -> assertThat(e.where()).endsWith(".log"));
            }
        }
    }

    @Test
    void aMissingLogFileIsNamed() throws Exception {
        try (Stores stores = new Stores(directory)) {
            RocksStore a = stores.open("a");
            Stores.write(a, WRITER, 0, 2);
            a.close();
            Files.delete(log(directory).orElseThrow());
            assertThatThrownBy(() -> stores.open("a"))
                    .isInstanceOf(CorruptException.class)
                    .hasMessageContaining("the log should begin after LSN 0");
        }
    }

    @Test
    void aMissingDatabaseAndAMissingMetaFileAreNamed() throws IOException, RecoveryException {
        try (Stores stores = new Stores(directory)) {
            RocksStore a = stores.open("a");
            Stores.write(a, WRITER, 0, 2);
            a.close();
            Path store = stores.directory("a");
            Files.move(store.resolve("meta"), directory.resolve("meta"));
            assertThatThrownBy(() -> stores.open("a")).isInstanceOf(CorruptException.class);
            Files.move(directory.resolve("meta"), store.resolve("meta"));
            Files.move(store.resolve("gen-1").resolve("db"), directory.resolve("db"));
            assertThatThrownBy(() -> stores.open("a")).isInstanceOf(CorruptException.class);
            Files.move(directory.resolve("db"), store.resolve("gen-1").resolve("db"));
            assertThat(stores.open("a").durableLsn()).isEqualTo(3);
        }
    }
}
