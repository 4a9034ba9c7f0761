package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.fail;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.VolumeStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Where one test works: a directory of its own, the engine opened in it, and the numbers that its writes have. What the test
 * leaves open ends with it. For the thread of the test.
 */
public final class TckBench {
    /** In so many rounds one after the other no engine opens files for its own ends. */
    private static final int ROUNDS = 5;

    private final TckFixture fixture;
    private final Path root;
    private final Path directory;
    private final long seed;
    private final Random random;
    private final Scenes scenes;
    private Optional<Engine> engine = Optional.empty();
    private long nextNumber;
    private boolean notDeclared;

    /** A bench at which nothing is killed. */
    TckBench(TckFixture fixture, Path root, long seed) {
        this(fixture, root, seed, new Scenes(() -> {
            throw new IllegalStateException("nothing is killed here");
        }));
    }

    TckBench(TckFixture fixture, Path root, long seed, Scenes scenes) {
        this.scenes = scenes;
        this.fixture = fixture;
        this.root = root;
        this.directory = root.resolve("data");
        this.seed = seed;
        this.random = new Random(seed);
    }

    TckFixture fixture() {
        return fixture;
    }

    /** All of the test's files. */
    Path root() {
        return root;
    }

    /** The adapter's own directory, which is not there before the adapter makes it. */
    Path directory() {
        return directory;
    }

    long seed() {
        return seed;
    }

    Scenes scenes() {
        return scenes;
    }

    Random random() {
        return random;
    }

    Engine engine() throws RecoveryException {
        if (engine.isEmpty()) {
            engine = Optional.of(Engine.open(fixture, directory));
        }
        return engine.get();
    }

    StorageAdapter adapter() throws RecoveryException {
        return engine().adapter();
    }

    VolumeStore open(String replica) throws RecoveryException {
        return engine().store(replica);
    }

    /** Closes a store and opens it again. */
    VolumeStore reopen(VolumeStore store) throws RecoveryException {
        store.close();
        return open(store.replica().name());
    }

    /** Closes the adapter with everything in it; the next use opens it again. */
    void shutDown() throws RecoveryException {
        Optional<Engine> ending = engine;
        engine = Optional.empty();
        if (ending.isPresent()) {
            ending.get().close();
        }
    }

    /** Whether a capability is declared; where it is not, the test is reported so, and asserts the refusal. */
    boolean declares(Capability capability) throws RecoveryException {
        return offers(adapter().capabilities().contains(capability));
    }

    /** Whether the engine or its fixture offers what the test needs; where it does not, the test is reported so. */
    boolean offers(boolean offered) {
        notDeclared |= !offered;
        return offered;
    }

    boolean isNotDeclared() {
        return notDeclared;
    }

    /** Whether the engine knows its lineage; where it does not, the test is reported so. */
    boolean knowsLineage(VolumeStore store) throws RecoveryException {
        return offers(store.source().history().lineage().isPresent());
    }

    /** Enough writes for so many units of log. */
    int units(int count) {
        int each = fixture.entriesPerLogUnit();
        if (each < 1 || each > 100) {
            throw new AssertionError("TckFixture.entriesPerLogUnit says " + each + ", which is not from 1 to 100");
        }
        return count * each;
    }

    /** Writes as the host product does, and flushes: the LSNs of the entries. */
    List<Long> write(VolumeStore store, long epoch, int count) throws RecoveryException {
        List<Long> lsns = writeWithoutFlush(store, epoch, count);
        long durable = store.target().flush();
        assertEquals(lsns.get(count - 1), durable, "flush tells the last entry that was written");
        return lsns;
    }

    /** The same, with one change again and again: many entries, and one place of the content. */
    void writeInOnePlace(VolumeStore store, long epoch, int count) throws RecoveryException {
        LineageElement writer = writer(store, epoch);
        long number = nextNumber++;
        for (int i = 0; i < count; i++) {
            fixture.write(store, writer, number);
        }
        store.target().flush();
    }

    List<Long> writeWithoutFlush(VolumeStore store, long epoch, int count) throws RecoveryException {
        List<Long> lsns = new ArrayList<>();
        LineageElement writer = writer(store, epoch);
        for (int i = 0; i < count; i++) {
            lsns.add(fixture.write(store, writer, nextNumber++));
        }
        return lsns;
    }

    /** The element under which an epoch writes at a store whose entries are all durable. */
    private static LineageElement writer(VolumeStore store, long epoch) throws RecoveryException {
        long head = store.source().history().headLsn();
        Optional<LineageElement> last = store.source().history().lineage().flatMap(lineage -> lineage.last());
        return last.filter(element -> element.epoch() == epoch).orElse(Writers.element(epoch, head + 1));
    }

    /** Makes everything durable and known to be committed: the head. */
    long commitAll(VolumeStore store) throws RecoveryException {
        long head = store.target().flush();
        store.target().committed(head);
        return head;
    }

    /** The content of a store, all of it committed. */
    String digest(VolumeStore store) throws RecoveryException {
        commitAll(store);
        String digest = fixture.digest(store);
        assertNotNull(digest, "TckFixture.digest");
        return digest;
    }

    /** Commits everything and lets go of as much log as may be, up to an LSN. */
    long trim(VolumeStore store, long lsn) throws RecoveryException {
        commitAll(store);
        long tail = fixture.trim(store, lsn);
        assertEquals(store.source().history().tailLsn(), tail, "TckFixture.trim tells the tail of the history");
        return tail;
    }

    /** Work that may open files. */
    interface Work {
        void run() throws RecoveryException, IOException;
    }

    /**
     * Does it again and again until it leaves as few files open as before: an engine opens one by itself now and then, and what
     * leaks does so each time.
     */
    void requireNoLeak(Work work) throws RecoveryException, IOException {
        List<String> before = List.of();
        List<String> after = List.of();
        for (int round = 0; round < ROUNDS; round++) {
            before = fixture.openFiles(directory);
            work.run();
            after = fixture.openFiles(directory);
            if (after.size() <= before.size()) {
                return;
            }
        }
        fail("open before: " + before + ", and after: " + after);
    }

    /** Ends the test's work, and removes what it left. */
    void end() throws RecoveryException, IOException {
        try {
            shutDown();
        } finally {
            try (Stream<Path> left = Files.walk(root)) {
                for (Path path : left.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
