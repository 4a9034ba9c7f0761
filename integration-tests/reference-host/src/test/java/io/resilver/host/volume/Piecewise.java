package io.resilver.host.volume;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;

/** An install that is made some ranges at a time, between other operations, and is closed, resumed or discarded meanwhile. */
final class Piecewise {
    private record Base(BaseDescriptor descriptor, String image) {
        byte[] bytes() {
            return image.replace('.', '\0').getBytes(StandardCharsets.US_ASCII);
        }

        byte[] range(int index) {
            int at = index * descriptor.rangeBytes();
            return Arrays.copyOfRange(bytes(), at, at + descriptor.rangeLength(index));
        }
    }

    private final Script script;
    private final Random random;
    private Optional<Base> base = Optional.empty();
    private Optional<StagedInstall> open = Optional.empty();

    Piecewise(Script script, Random random) {
        this.script = script;
        this.random = random;
    }

    /** Another install begins, or an operation has failed. */
    void close() {
        open.ifPresent(StagedInstall::close);
        open = Optional.empty();
    }

    void step(FileVolume volume) throws RecoveryException {
        Model now = script.after;
        if (base.filter(each -> each.descriptor().lsn() >= now.told()).isEmpty() || random.nextInt(12) == 0) {
            close();
            long lsn = Math.max(now.told(), now.flushedLsn() - 5) + 1 + random.nextInt(20);
            Lineage lineage = script.nextLineage(lsn);
            String image = script.changed(now.imageAt(now.told()));
            base = Optional.of(
                    new Base(new BaseDescriptor(lsn, lineage, image.length(), 4096 * (1 + random.nextInt(2))), image));
        }
        Base wanted = base.orElseThrow();
        try {
            if (open.isEmpty()) {
                script.run(now, () -> open = Optional.of(volume.target().beginInstall(wanted.descriptor())));
            }
            for (int left = 2 + random.nextInt(3); left > 0 && open.isPresent(); left--) {
                piece(open.get(), wanted);
            }
        } catch (RetriableException | CorruptException e) {
            script.undone(); // the old image has changed under it
        }
    }

    private void piece(StagedInstall install, Base wanted) throws RecoveryException {
        Model now = script.after;
        int range = random.nextInt(1 + (int) wanted.descriptor().ranges());
        switch (random.nextInt(6)) {
            case 0 -> script.run(now, install::flush);
            case 1 -> script.run(now, () -> read(install, wanted, range));
            case 2, 3 -> script.run(now, () -> put(install, wanted, range));
            case 4 -> {
                if (random.nextInt(9) == 0) {
                    script.run(now, install::discard);
                    close();
                } else if (random.nextInt(3) == 0) {
                    close();
                }
            }
            default -> {
                script.run(now, () -> {
                    for (int i = 0; i < wanted.descriptor().ranges(); i++) {
                        put(install, wanted, i);
                    }
                    install.flush();
                    script.after = now.install(
                            wanted.descriptor().lsn(),
                            wanted.image(),
                            wanted.descriptor().lineage());
                    install.commit();
                });
                close();
                base = Optional.empty();
            }
        }
    }

    private static void put(StagedInstall install, Base wanted, int range) throws RecoveryException {
        if (range < wanted.descriptor().ranges() && !install.durableRanges().get(range)) {
            Fixture.keepOrWrite(install, range, wanted.bytes());
        }
    }

    private static void read(StagedInstall install, Base wanted, int from) throws RecoveryException {
        int range = install.durableRanges().nextSetBit(from);
        if (range >= 0) {
            ByteBuffer there = ByteBuffer.allocate(wanted.descriptor().rangeLength(range));
            install.read(range, there);
            assertThat(there.array()).as("range " + range).isEqualTo(wanted.range(range));
        }
    }
}
