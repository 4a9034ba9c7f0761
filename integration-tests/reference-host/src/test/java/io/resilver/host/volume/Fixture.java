package io.resilver.host.volume;

import io.resilver.host.disk.Disk;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executor;

/** What the tests of the volume share: names, small options, and short ways to do things. */
final class Fixture {
    static final ReplicaId REPLICA = new ReplicaId(new VolumeId("vol"), "r1");
    static final Incarnation INCARNATION = new Incarnation("inc1");
    static final Path DIRECTORY = Path.of("/data/vol/r1");

    /** Segments of a few entries, checkpoints only when asked for, LSNs that skip numbers. */
    static final VolumeOptions SMALL = new VolumeOptions(400, 1 << 30, 1 << 30, 1 << 30, 10);

    private Fixture() {}

    static FileVolume open(Disk disk, Path directory, VolumeOptions options) throws RecoveryException {
        return FileVolume.open(disk, directory, options, new Random(7), Runnable::run, REPLICA, INCARNATION);
    }

    /** Checkpoints are taken when the executor gets to it. */
    static FileVolume open(Disk disk, Executor executor) throws RecoveryException {
        return FileVolume.open(disk, DIRECTORY, SMALL, new Random(7), executor, REPLICA, INCARNATION);
    }

    static FileVolume open(Disk disk) throws RecoveryException {
        return open(disk, DIRECTORY, SMALL);
    }

    static LineageElement writer(long epoch, long firstLsn) {
        return new LineageElement(epoch, Optional.of(new MintId("m" + epoch)), firstLsn);
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }

    static ByteBuffer payload(long offset, String data) {
        return new io.resilver.host.volume.image.BlockWrite(offset, bytes(data)).encode();
    }

    static EntryBatch batch(EntryId previous, LineageElement writer, long lsn, long offset, String data) {
        return new EntryBatch(
                previous, List.of(new LogEntry(lsn, writer.epoch(), payload(offset, data))), List.of(writer));
    }

    /** The committed content, as text. */
    static String content(FileVolume volume) throws RecoveryException {
        ByteBuffer into = ByteBuffer.allocate((int) volume.size());
        volume.read(0, into);
        return text(into.array());
    }

    static String content(BasePin pin) throws RecoveryException {
        ByteBuffer into = ByteBuffer.allocate((int) pin.base().sizeBytes());
        pin.read(0, into);
        return text(into.array());
    }

    static String text(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) {
            text.append(b == 0 ? '.' : (char) b);
        }
        return text.toString();
    }

    /** The LSNs of all durable entries after one. */
    static List<EntryId> entries(FileVolume volume, long afterLsn) throws RecoveryException {
        return entries(volume, afterLsn, 64);
    }

    /** The same, so many bytes at a time. */
    static List<EntryId> entries(FileVolume volume, long afterLsn, int batchBytes) throws RecoveryException {
        List<EntryId> ids = new ArrayList<>();
        try (LogPin pin = volume.source().pinLog(afterLsn);
                EntryCursor cursor = pin.open(afterLsn)) {
            EntryBatch batch = cursor.next(Long.MAX_VALUE, batchBytes);
            while (!batch.isEmpty()) {
                batch.entries().forEach(entry -> ids.add(entry.id()));
                batch = cursor.next(Long.MAX_VALUE, batchBytes);
            }
        }
        return ids;
    }

    static void writeAll(StagedInstall install, byte[] image) throws RecoveryException {
        for (int i = 0; i < install.base().ranges(); i++) {
            if (!install.durableRanges().get(i)) {
                int at = i * install.base().rangeBytes();
                install.write(
                        i,
                        ByteBuffer.wrap(Arrays.copyOfRange(
                                image, at, at + install.base().rangeLength(i))));
            }
        }
    }

    /** Keeps every range that the present image has, and writes the others. */
    static int keepOrWriteAll(StagedInstall install, byte[] image) throws RecoveryException {
        int kept = 0;
        for (int i = 0; i < install.base().ranges(); i++) {
            kept += keepOrWrite(install, i, image) ? 1 : 0;
        }
        return kept;
    }

    /** Keeps a range if the present image has it, and writes it otherwise. */
    static boolean keepOrWrite(StagedInstall install, int index, byte[] image) throws RecoveryException {
        int at = index * install.base().rangeBytes();
        byte[] wanted = Arrays.copyOfRange(image, at, at + install.base().rangeLength(index));
        ByteBuffer there = ByteBuffer.allocate(wanted.length);
        boolean kept = index < install.candidates()
                && install.candidate(index, there)
                && Arrays.equals(there.array(), wanted)
                && install.keep(index);
        if (!kept) {
            install.write(index, ByteBuffer.wrap(wanted));
        }
        return kept;
    }
}
