package io.resilver.tck;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.VolumeStore;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a killed process left: its stores, and what it had reported. Each sort of work had a store of its own, all of them in
 * one process at one time, so that one kill serves several tests.
 */
final class Scene {
    /** What a test looks at after a kill. */
    interface Look {
        void at(Scene scene) throws Exception;
    }

    /** The source whose entries are appended, of which there are enough for the kill to fall among them. */
    static final String SOURCE = "source";

    private static final int ENTRIES = 200;

    /** The source whose base is installed. */
    static final String SOURCE_OF_BASE = "source-of-base";

    private static final int ENTRIES_OF_BASE = 40;

    private final TckBench bench;
    private final EntryBatch before;
    private final StoreIdentity promising;
    private final List<String> reported;

    private Scene(TckBench bench, EntryBatch before, StoreIdentity promising, List<String> reported) {
        this.bench = bench;
        this.before = before;
        this.promising = promising;
        this.reported = reported;
    }

    /** Prepares the stores in a directory of their own, starts the process and kills it. */
    static Scene make(TckBench bench) throws Exception {
        bench.write(bench.open(SOURCE), 1, ENTRIES);
        VolumeStore base = bench.open(SOURCE_OF_BASE);
        bench.write(base, 1, ENTRIES_OF_BASE);
        bench.commitAll(base);
        VolumeStore installing = bench.open(CrashWork.Kind.INSTALL.store());
        installing.target().promise(Writers.epoch(5));
        installing
                .target()
                .identify(new StoreIdentity(installing.target().identity().id(), 4));
        bench.write(installing, 1, 6);
        EntryBatch before = Batches.all(installing);
        StoreIdentity promising =
                bench.open(CrashWork.Kind.PROMISE.store()).target().identity();
        Set<CrashWork.Kind> kinds = EnumSet.allOf(CrashWork.Kind.class);
        if (!bench.adapter().capabilities().contains(Capability.TRUNCATE)) {
            kinds.remove(CrashWork.Kind.TRUNCATE);
        }
        bench.shutDown();
        return new Scene(bench, before, promising, Victim.killed(bench, kinds));
    }

    /** Opens one of its stores; {@link #leave} closes them. */
    VolumeStore open(String store) throws RecoveryException {
        return bench.open(store);
    }

    VolumeStore open(CrashWork.Kind kind) throws RecoveryException {
        return open(kind.store());
    }

    TckBench bench() {
        return bench;
    }

    /** The log of the store of the install, as it was before. */
    EntryBatch before() {
        return before;
    }

    /** Which disk the store of the promises was before. */
    StoreIdentity promising() {
        return promising;
    }

    /** Closes what was opened; the stores stay for another test. */
    void leave() throws RecoveryException {
        bench.shutDown();
    }

    /** What one of the works had reported. */
    List<String> reported(CrashWork.Kind kind) {
        String prefix = kind + " ";
        return reported.stream()
                .filter(report -> report.startsWith(prefix))
                .map(report -> report.substring(prefix.length()))
                .toList();
    }

    /** The number in the last report of a work that begins with a word. */
    Optional<Long> last(CrashWork.Kind kind, String word) {
        return reported(kind).stream()
                .filter(report -> report.startsWith(word + " "))
                .map(report -> Long.parseLong(report.substring(word.length() + 1)))
                .reduce((earlier, later) -> later);
    }
}
