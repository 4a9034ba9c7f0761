package io.resilver.tck;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.StagedInstall;
import io.resilver.spi.storage.VolumeStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** What a process does that is going to be killed. It says before and after each step what it does and what is durable. */
final class CrashWork {
    /** Around each report, so that half a one is known, and what others print. */
    static final String BEGIN = "tck: ";

    static final String END = ";";

    /** The sorts of work. Each has a store of its own. */
    enum Kind {
        /** Appends the source's entries, flushes, and tells what is committed. */
        APPEND,
        /** Promises one epoch after the other, and counts opens. */
        PROMISE,
        /** Appends some entries, and truncates, time and again. */
        TRUNCATE,
        /** Installs the source's base, time and again. */
        INSTALL;

        String store() {
            return "target-" + name().toLowerCase(Locale.ROOT);
        }
    }

    /** How many entries are truncated. */
    static final int TRUNCATED_ENTRIES = 40;

    private final Kind kind;
    private final VolumeStore store;
    private final EntryBatch whole;
    private final Base base;
    private final Random random;

    private CrashWork(Kind kind, TckBench bench, EntryBatch whole, Base base) throws RecoveryException {
        this.kind = kind;
        this.store = bench.open(kind.store());
        this.whole = whole;
        this.base = base;
        this.random = new Random(bench.random().nextLong());
    }

    /**
     * The process.
     *
     * @param args class of the fixture, the directory of the scene, seed, kinds of work
     */
    public static void main(String[] args) throws Exception {
        TckFixture fixture = Class.forName(args[0])
                .asSubclass(TckFixture.class)
                .getDeclaredConstructor()
                .newInstance();
        TckBench bench = new TckBench(fixture, Path.of(args[1]), Long.parseLong(args[2]));
        EntryBatch whole = Batches.all(bench.open(Scene.SOURCE));
        Base base = Base.full(bench, bench.open(Scene.SOURCE_OF_BASE));
        List<Together.Task> works = new ArrayList<>();
        for (String name : args[3].split(",", -1)) {
            works.add(new CrashWork(Kind.valueOf(name), bench, whole, base)::run);
        }
        Together.run(works.toArray(Together.Task[]::new));
    }

    /** Works until it is killed; whatever goes wrong ends the process. */
    private void run() {
        try {
            switch (kind) {
                case APPEND -> append();
                case PROMISE -> promise();
                case TRUNCATE -> truncate();
                case INSTALL -> install();
            }
        } catch (RecoveryException | RuntimeException | Error e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private void report(String what) {
        System.out.println(BEGIN + kind + " " + what + END);
        if (System.out.checkError()) {
            Runtime.getRuntime().halt(1); // nobody reads any more: whoever was to kill this process has died itself
        }
    }

    private void append() throws RecoveryException {
        int at = 0;
        while (at < whole.entries().size()) {
            int to = Math.min(whole.entries().size(), at + 2 + random.nextInt(4));
            store.target().append(Batches.part(whole, at, to));
            at = to;
            if (random.nextInt(3) > 0) {
                long durable = store.target().flush();
                report("durable " + durable);
                if (random.nextBoolean()) {
                    report("committed " + durable);
                    store.target().committed(durable);
                }
            }
        }
        while (true) {
            report("durable " + store.target().flush());
        }
    }

    private void promise() throws RecoveryException {
        for (long number = 1; ; number++) {
            store.target().promise(Writers.epoch(number));
            report("promised " + number);
            store.target().identify(new StoreIdentity(store.target().identity().id(), number));
            report("opened " + number);
        }
    }

    private void truncate() throws RecoveryException {
        EntryBatch some = Batches.part(whole, 0, TRUNCATED_ENTRIES);
        while (true) {
            store.target().append(some);
            store.target().flush();
            report("full");
            int keep = 2 + random.nextInt(TRUNCATED_ENTRIES - 4);
            report("cutting " + keep);
            store.target().truncateTo(some.entries().get(keep - 1).lsn());
            report("cut " + keep);
        }
    }

    private void install() throws RecoveryException {
        while (true) {
            try (StagedInstall install = store.target().beginInstall(base.descriptor())) {
                for (int i = 0; i < base.descriptor().ranges(); i++) {
                    install.write(i, base.range(i));
                    install.flush();
                    report("staged " + i);
                }
                report("committing");
                install.commit();
                report("installed");
            }
        }
    }
}
