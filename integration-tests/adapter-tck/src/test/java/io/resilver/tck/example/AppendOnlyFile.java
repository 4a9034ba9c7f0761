package io.resilver.tck.example;

import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Scanner;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The engine: a file that only grows, and what must be durable with it. The LSN of an entry is the file's length with it. All of
 * it is in memory, and on disk in one file that {@link #save} replaces in one act. For one thread at a time.
 */
final class AppendOnlyFile {
    final Path directory;
    /** The entries by their LSNs; the first one is the tail, which is not in the log any more. */
    final NavigableMap<Long, EntryId> log = new TreeMap<>();

    byte[] content = {};
    Lineage lineage = Lineage.EMPTY;
    StoreIdentity identity = new StoreIdentity(new StoreId(UUID.randomUUID().toString()), 0);
    Optional<Epoch> promise = Optional.empty();
    boolean usable = true;
    /** By what is durable. */
    long flushed;

    long committed;
    /** What was said to be committed. */
    long told;

    private String incarnation;

    AppendOnlyFile(Path directory, String wanted) throws IOException, RecoveryException {
        this.directory = directory;
        this.incarnation = wanted;
        log.put(0L, EntryId.NONE);
        Files.createDirectories(directory);
        if (Files.exists(directory.resolve("store"))) {
            load();
        }
        require(incarnation.equals(wanted), directory + " is of incarnation " + incarnation + " and not of " + wanted);
        save();
    }

    /** Makes everything durable, and tells the length of the file. */
    long save() throws IOException {
        long bound = Math.max(committed, Math.min(told, log.lastKey()));
        List<Object> words = new ArrayList<>(List.of(incarnation, usable, identity.id(), identity.openCount(), bound));
        words.add(promise.map(Epoch::number).orElse(0L));
        words.add(promise.map(epoch -> epoch.mint().value()).orElse("none"));
        words.add(lineage.elements().size());
        for (LineageElement each : lineage.elements()) {
            words.addAll(List.of(each.epoch(), each.mint().orElseThrow(), each.firstLsn()));
        }
        for (EntryId each : log.values()) {
            words.addAll(List.of(each.lsn(), each.epoch()));
        }
        replace(
                directory.resolve("store"),
                String.join(" ", words.stream().map(Object::toString).toList()),
                content);
        committed = bound;
        flushed = log.lastKey();
        return flushed;
    }

    private void load() throws IOException, RecoveryException {
        DataInputStream in = proved(directory.resolve("store"));
        Scanner words = new Scanner(in.readUTF());
        incarnation = words.next();
        usable = words.nextBoolean();
        identity = new StoreIdentity(new StoreId(words.next()), words.nextLong());
        committed = words.nextLong();
        told = committed;
        long epoch = words.nextLong();
        MintId mint = new MintId(words.next());
        promise = epoch == 0 ? Optional.empty() : Optional.of(new Epoch(epoch, mint));
        for (int left = words.nextInt(); left > 0; left--) {
            lineage = lineage.then(
                    new LineageElement(words.nextLong(), Optional.of(new MintId(words.next())), words.nextLong()));
        }
        log.clear();
        while (words.hasNext()) {
            EntryId id = new EntryId(words.nextLong(), words.nextLong());
            log.put(id.lsn(), id);
        }
        content = in.readAllBytes();
    }

    /** What the host product does: it appends. */
    long write(LineageElement writer, byte[] data) {
        return add(new EntryId(log.lastKey() + data.length, writer.epoch()), writer, ByteBuffer.wrap(data));
    }

    /** Appends what follows, and skips what is there; anything else is refused before anything is changed.
     *
     * @return the last entry
     */
    EntryId append(EntryBatch batch) throws PermanentException {
        long head = log.lastKey();
        EntryId before = batch.previous();
        boolean known = before.lsn() < log.firstKey() || before.equals(log.get(before.lsn()));
        require(known, before + " is not in the log of " + directory);
        for (LogEntry entry : batch.entries()) {
            boolean there = entry.lsn() < log.firstKey() || entry.id().equals(log.get(entry.lsn()));
            require(there || before.lsn() >= head, entry.id() + " is not the entry that is in " + directory);
            before = entry.id();
        }
        for (LogEntry entry : batch.entries()) {
            for (LineageElement writer : batch.writers()) {
                if (entry.lsn() > head && writer.epoch() == entry.epoch()) {
                    add(entry.id(), writer, entry.payload());
                }
            }
        }
        return before;
    }

    /** What is committed, as the host product reads it. */
    byte[] committed() {
        return Arrays.copyOf(content, (int) Math.max(committed, Math.min(told, flushed)));
    }

    private long add(EntryId id, LineageElement writer, ByteBuffer payload) {
        lineage = lineage.then(writer);
        byte[] longer = Arrays.copyOf(content, (int) id.lsn());
        payload.duplicate().get(longer, content.length, payload.remaining());
        content = longer;
        log.put(id.lsn(), id);
        return id.lsn();
    }

    /** What is committed is not replaced by less. */
    void requireCommitted(long lsn) throws TruncationUnsafeException {
        if (lsn < told) {
            throw new TruncationUnsafeException("LSN " + lsn + " is below " + told + ", which is committed", told);
        }
    }

    /** Lets go of the log up to an LSN; the file stays as it is. */
    long trim(long lsn) throws IOException {
        save(); // with what was said to be committed
        Long tail = log.floorKey(Math.min(lsn, committed));
        if (tail != null) {
            log.headMap(tail, false).clear();
        }
        save();
        return log.firstKey();
    }

    /** Replaces everything but the promise and the identity, in one act. */
    void install(EntryId end, Lineage by, byte[] image) throws IOException {
        content = image;
        lineage = by;
        log.clear();
        log.put(end.lsn(), end);
        usable = true;
        save();
    }

    static void require(boolean right, String otherwise) throws PermanentException {
        if (!right) {
            throw new PermanentException(otherwise);
        }
    }

    private static long sum(byte[] bytes, int from) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, from, bytes.length - from);
        return sum.getValue();
    }

    /** Replaces a file in one act, durable on return: some words, and bytes, under one checksum. */
    static void replace(Path file, String words, byte[] bytes) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(body);
        out.writeUTF(words);
        out.write(bytes);
        Path next = file.resolveSibling("next");
        try (RandomAccessFile raw = new RandomAccessFile(next.toFile(), "rw")) {
            raw.setLength(0);
            raw.writeLong(sum(body.toByteArray(), 0));
            raw.write(body.toByteArray());
            raw.getFD().sync();
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel names = FileChannel.open(file.resolveSibling("."))) {
            names.force(true);
        }
    }

    /** The words and then the bytes of such a file. */
    static DataInputStream proved(Path file) throws IOException, CorruptException {
        byte[] all = Files.readAllBytes(file);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(all));
        if (all.length < Long.BYTES || in.readLong() != sum(all, Long.BYTES)) {
            throw new CorruptException("this is not what was written", file.toString(), 0);
        }
        return in;
    }
}
