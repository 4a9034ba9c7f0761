package io.resilver.host.volume;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.StagedInstall;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random operations on a store and its model: the same seed does the same. */
final class Script {
    /** Some writes go over the end of a block, so that two checksums change with one entry. */
    private static final int NEAR_THE_NEXT_BLOCK = 4_050;

    private static final int BLOCK = 4 << 10;

    private final Random random;
    private final List<Runnable> later = new ArrayList<>();
    private final Piecewise piecewise;
    private long epoch = 1;

    /** What the store must hold if the last operation did not happen. */
    Model before;

    /** What it must hold if it did; after an operation that failed, either. */
    Model after;

    Script(long seed, Model start) {
        this.random = new Random(seed);
        this.piecewise = new Piecewise(this, random);
        this.before = start;
        this.after = start;
    }

    /** What a store wants done beside its operations is done some steps later, or never. */
    void later(Runnable work) {
        later.add(work);
    }

    interface Operation {
        void run() throws RecoveryException;
    }

    void run(Model expected, Operation operation) throws RecoveryException {
        before = after;
        after = expected;
        operation.run();
        before = after;
    }

    /** The last operation failed and left the store as it was, but for what it was told to be committed. */
    void undone() {
        piecewise.close();
        before = before.committed(after.told());
        after = before;
    }

    void step(FileVolume volume) throws RecoveryException {
        if (random.nextInt(3) == 0) {
            later.forEach(Runnable::run);
            later.clear();
        }
        after = after.flushedTo(volume.target().position().flushedLsn());
        Model now = after;
        switch (random.nextInt(21)) {
            case 0, 1, 2, 3, 4 -> append(volume, 1 + random.nextInt(3));
            case 5, 6 -> run(now.flush(), volume::flush);
            case 7, 8 -> {
                long lsn = now.flushedLsn() - random.nextInt(8);
                run(now.committed(lsn), () -> volume.target().committed(Math.max(0, lsn)));
            }
            case 9 -> {
                long floor = Math.max(now.told(), volume.target().position().truncationFloorLsn());
                long lsn = floor + random.nextInt(12);
                if (now.truncate(lsn).head().lsn() < floor) {
                    return; // the bound was told between two entries, and is not truncated to the first of them
                }
                run(now.truncate(lsn), () -> volume.target().truncateTo(lsn));
                if (after.flushed() == after.entries().size()) {
                    epoch++;
                }
            }
            case 10 -> run(now, volume::checkpoint);
            case 11 -> run(now, () -> volume.trimTo(random.nextLong(now.flushedLsn() + 1)));
            case 12 -> {
                Epoch promise = new Epoch(now.promise().map(Epoch::number).orElse(0L) + 1, new MintId("p"));
                run(now.promise(promise), () -> volume.target().promise(promise));
            }
            case 13 -> {
                StoreIdentity identity =
                        new StoreIdentity(now.identity().id(), now.identity().openCount() + 1);
                run(now.identify(identity), () -> volume.target().identify(identity));
            }
            case 14 -> install(volume);
            case 15 -> patch(volume);
            case 16, 17, 18, 19 -> piecewise.step(volume);
            default -> base(volume);
        }
    }

    private void append(FileVolume volume, int count) throws RecoveryException {
        for (int i = 0; i < count; i++) {
            Model now = after;
            LineageElement writer = now.lineage()
                    .last()
                    .filter(last -> last.epoch() == epoch)
                    .orElseGet(() -> Fixture.writer(epoch, now.head().lsn() + 1));
            long lsn = now.head().lsn() + 1 + random.nextInt(4);
            int offset = random.nextInt(60) + (random.nextInt(5) == 0 ? NEAR_THE_NEXT_BLOCK : 0);
            String data = String.valueOf((char) ('a' + random.nextInt(26))).repeat(random.nextInt(30));
            run(
                    now.append(writer, lsn, offset, data),
                    () -> volume.target().append(Fixture.batch(now.head(), writer, lsn, offset, data)));
        }
    }

    private void install(FileVolume volume) throws RecoveryException {
        piecewise.close();
        Model now = after;
        long lsn = Math.max(now.told(), now.flushedLsn() - 5) + 1 + random.nextInt(5);
        Lineage lineage = nextLineage(lsn);
        String image = "B".repeat(random.nextInt(50));
        BaseDescriptor base = new BaseDescriptor(lsn, lineage, image.length(), 16);
        run(now, () -> {
            try (StagedInstall install = volume.target().beginInstall(base)) {
                Fixture.writeAll(install, image.getBytes(StandardCharsets.US_ASCII));
                install.flush();
                if (random.nextInt(4) > 0) {
                    after = now.install(lsn, image, lineage);
                    install.commit();
                }
            }
        });
    }

    /** An install that keeps what it can of the present image. */
    private void patch(FileVolume volume) throws RecoveryException {
        piecewise.close();
        Model now = after;
        long lsn = Math.max(now.told(), now.flushedLsn() - 5) + 1 + random.nextInt(5);
        Lineage lineage = nextLineage(lsn);
        String image = changed(now.imageAt(now.told()));
        BaseDescriptor base = new BaseDescriptor(lsn, lineage, image.length(), BLOCK * (1 + random.nextInt(2)));
        run(now, () -> {
            try (StagedInstall install = volume.target().beginInstall(base)) {
                Fixture.keepOrWriteAll(install, image.replace('.', '\0').getBytes(StandardCharsets.US_ASCII));
                install.flush();
                if (random.nextInt(5) > 0) {
                    after = now.install(lsn, image, lineage);
                    install.commit();
                }
            }
        });
    }

    /** Of a base that begins a new epoch where it ends. */
    Lineage nextLineage(long lsn) {
        epoch++;
        return after.lineage().upTo(Math.min(lsn - 1, after.told())).then(Fixture.writer(epoch, lsn));
    }

    String changed(String image) {
        StringBuilder changed = new StringBuilder(image);
        if (random.nextBoolean()) {
            changed.setLength(random.nextInt(4) * BLOCK + random.nextInt(2) * random.nextInt(60));
        }
        for (int i = random.nextInt(3); i > 0 && changed.length() > 0; i--) {
            changed.setCharAt(random.nextInt(changed.length()), (char) ('C' + random.nextInt(20)));
        }
        return changed.toString().replace('\0', '.');
    }

    private void base(FileVolume volume) throws RecoveryException {
        Model now = after;
        run(now, () -> {
            try (BasePin pin = volume.source().pinFullBase(now.told() > now.baseLsn() ? 0 : now.baseLsn())) {
                if (!Fixture.content(pin).equals(now.imageAt(pin.base().lsn()))) {
                    throw new AssertionError("base at " + pin.base().lsn() + " is " + Fixture.content(pin) + ", not "
                            + now.imageAt(pin.base().lsn()));
                }
            }
        });
    }
}
