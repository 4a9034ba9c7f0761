package io.resilver.tck.example;

import static io.resilver.tck.example.AppendOnlyFile.require;

import io.resilver.spi.ProviderContext;
import io.resilver.spi.error.*;
import io.resilver.spi.model.*;
import io.resilver.spi.storage.*;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.*;
import java.util.*;

/** The adapter of a file that only grows. It can do nothing beyond the minimum, and says so by declaring nothing. */
public final class AppendOnlyProvider implements StorageAdapterProvider {
    @Override public String name() { return "append-only"; }
    @Override public StorageAdapter open(ProviderContext context) { return new Adapter(context.dataDirectory()); }

    private static final class Adapter implements StorageAdapter {
        private final Map<ReplicaId, Store> stores = new HashMap<>();
        private final Path root;
        private boolean closed;
        Adapter(Path root) { this.root = root; }
        @Override public Set<Capability> capabilities() { return Set.of(); }
        @Override public synchronized Store open(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
            require(!closed && (!stores.containsKey(replica) || !stores.get(replica).open), replica + " is open, or this is closed");
            stores.put(replica, new Store(root, replica, incarnation));
            return stores.get(replica);
        }
        @Override public synchronized void close() throws RecoveryException {
            closed = true;
            for (Store store : stores.values()) store.close();
        }
    }
    private interface Work<T> { T run() throws IOException, RecoveryException; }
    /** Both sides of a store. Each call holds its lock. */
    static final class Store implements VolumeStore, SourceVolume, ReplicaVolume {
        private final ReplicaId replica;
        private final List<Held> pins = new ArrayList<>();
        private AppendOnlyFile file;
        private Install install;
        private boolean open = true;
        Store(Path root, ReplicaId replica, Incarnation incarnation) throws RecoveryException {
            this.replica = replica;
            Path directory = root.resolve(replica.volume().value()).resolve(replica.name());
            io(() -> file = new AppendOnlyFile(directory, incarnation.value()));
        }
        private synchronized <T> T io(Work<T> work) throws RecoveryException {
            require(open, "the store of " + replica + " is closed");
            try {
                return work.run();
            } catch (IOException e) {
                open = false; // nobody knows what reached the disk: it is opened again, or not at all
                throw new PermanentException("the disk of " + replica + " failed: open the store again", e);
            }
        }
        private <T> void save(Work<T> change) throws RecoveryException { io(() -> { change.run(); return file.save(); }); }
        // For the host product: it appends, reads what is committed, and lets go of the log, but never of what is pinned.
        long write(LineageElement writer, byte[] data) throws RecoveryException { return io(() -> file.write(writer, data)); }
        byte[] content() throws RecoveryException { return io(file::committed); }
        long trim(long lsn) throws RecoveryException { return io(() -> file.trim(pins.stream().mapToLong(Held::afterLsn).reduce(lsn, Math::min))); }
        @Override public ReplicaId replica() { return replica; }
        @Override public SourceVolume source() { return this; }
        @Override public ReplicaVolume target() { return this; }
        @Override public synchronized void close() throws RecoveryException {
            if (open) io(file::save);
            open = false;
        }
        @Override public RetainedHistory history() throws RecoveryException {
            return io(() -> new RetainedHistory(file.flushed, file.log.firstKey(), OptionalLong.of(file.committed), 0, false, lineage()));
        }
        private Optional<Lineage> lineage() { return Optional.of(file.lineage.upTo(file.flushed)); }
        @Override public LogPin pinLog(long afterLsn) throws RecoveryException {
            return io(() -> {
                long tail = file.log.firstKey();
                if (afterLsn < tail) throw new LogTrimmedException("what follows " + afterLsn + " is gone", tail);
                pins.add(new Held(afterLsn));
                return pins.get(pins.size() - 1);
            });
        }
        @Override public BasePin pinFullBase(long leastLsn) throws RecoveryException {
            return io(() -> {
                require(leastLsn <= file.flushed && file.usable, "there is no base at " + leastLsn);
                return new Frozen(new BaseDescriptor(file.flushed, lineage().get(), file.flushed, 1 << 20), file.content);
            });
        }
        @Override public ReplicaPosition position() throws RecoveryException {
            return io(() -> new ReplicaPosition(file.flushed, file.flushed, OptionalLong.of(file.committed), file.usable, lineage()));
        }
        @Override public StoreIdentity identity() throws RecoveryException { return io(() -> file.identity); }
        @Override public void identify(StoreIdentity next) throws RecoveryException { save(() -> file.identity = next); }
        @Override public void markUnusable(String why) throws RecoveryException { save(() -> file.usable = false); }
        @Override public Optional<Epoch> promise() throws RecoveryException { return io(() -> file.promise); }
        @Override public void promise(Epoch epoch) throws RecoveryException {
            save(() -> {
                Epoch before = file.promise.orElse(epoch);
                boolean lower = epoch.number() < before.number() || epoch.conflictsWith(before);
                if (lower) throw new FencedException(before + " was promised", before.number());
                file.promise = Optional.of(epoch);
                return epoch;
            });
        }
        @Override public void append(EntryBatch batch) throws RecoveryException { io(() -> file.append(batch)); }
        @Override public long flush() throws RecoveryException { return io(file::save); }
        @Override public void committed(long lsn) throws RecoveryException { io(() -> file.told = Math.max(file.told, lsn)); }
        @Override public StagedInstall beginInstall(BaseDescriptor base) throws RecoveryException {
            return io(() -> {
                require(install == null || !install.begun, "an install is open");
                file.requireCommitted(base.lsn());
                install = new Install(base, file.directory.resolve("staged"));
                return install;
            });
        }
        private final class Held implements LogPin {
            private volatile long after;
            Held(long after) { this.after = after; }
            @Override public long afterLsn() { return after; }
            @Override public void advance(long lsn) { synchronized (Store.this) { after = Math.max(after, lsn); } }
            @Override public long heldBytes() { synchronized (Store.this) { return Math.max(0, file.flushed - after); } }
            @Override public void close() { synchronized (Store.this) { pins.remove(this); } }
            @Override public EntryCursor open(long lsn) throws RecoveryException { return held(() -> new Cursor(this, lsn)); }
            <T> T held(Work<T> work) throws RecoveryException {
                return io(() -> {
                    if (!pins.contains(this)) throw new LogTrimmedException("this is held no more", file.log.firstKey());
                    return work.run();
                });
            }
        }
        private final class Cursor implements EntryCursor {
            private final Held pin;
            private long at;
            Cursor(Held pin, long at) { this.pin = pin; this.at = at; }
            @Override public void close() {}
            @Override public EntryBatch next(long upToLsn, int maxBytes) throws RecoveryException {
                return pin.held(() -> {
                    EntryId previous = file.log.floorEntry(at).getValue();
                    EntryId last = previous;
                    List<LogEntry> entries = new ArrayList<>();
                    for (EntryId id : file.log.tailMap(at, false).values()) {
                        boolean tooMuch = !entries.isEmpty() && id.lsn() - previous.lsn() > maxBytes;
                        if (id.lsn() > Math.min(upToLsn, file.flushed) || tooMuch) break;
                        byte[] payload = Arrays.copyOfRange(file.content, (int) last.lsn(), (int) id.lsn());
                        entries.add(new LogEntry(id.lsn(), id.epoch(), ByteBuffer.wrap(payload)));
                        last = id;
                    }
                    at = Math.max(at, last.lsn());
                    List<LineageElement> writers = new ArrayList<>(file.lineage.elements());
                    writers.removeIf(writer -> entries.stream().noneMatch(entry -> entry.epoch() == writer.epoch()));
                    return new EntryBatch(previous, entries, writers);
                });
            }
        }
        private final class Frozen implements BasePin {
            private final BaseDescriptor base;
            private byte[] image;
            Frozen(BaseDescriptor base, byte[] image) { this.base = base; this.image = image; }
            @Override public BaseDescriptor base() { return base; }
            @Override public long heldBytes() { return 0; }
            @Override public void close() { synchronized (Store.this) { image = null; } }
            @Override public int read(long offset, ByteBuffer into) throws RecoveryException {
                return io(() -> {
                    if (image == null) throw new LogTrimmedException("this is held no more", base.lsn());
                    int length = (int) Math.max(0, Math.min(into.remaining(), base.sizeBytes() - offset));
                    into.put(image, (int) offset, length);
                    return length;
                });
            }
        }
        private final class Install implements StagedInstall {
            private final BaseDescriptor base;
            private final StagedFile staged;
            private boolean begun = true;
            Install(BaseDescriptor base, Path path) throws IOException, RecoveryException {
                this.base = base;
                this.staged = new StagedFile(path, base);
            }
            private <T> T step(Work<T> work) throws RecoveryException {
                return io(() -> { require(begun, "the install has ended"); return work.run(); });
            }
            @Override public BaseDescriptor base() { return base; }
            @Override public BitSet durableRanges() { synchronized (Store.this) { return staged.durable(); } }
            @Override public void write(long range, ByteBuffer data) throws RecoveryException { step(() -> staged.write(range, data)); }
            @Override public void read(long range, ByteBuffer into) throws RecoveryException { step(() -> staged.read(range, into)); }
            @Override public void flush() throws RecoveryException { step(staged::flush); }
            @Override public void commit() throws RecoveryException {
                step(() -> {
                    file.requireCommitted(base.lsn());
                    require(staged.written() == base.ranges(), "a range is missing");
                    EntryId end = base.lineage().last().map(last -> new EntryId(base.lsn(), last.epoch())).orElse(EntryId.NONE);
                    file.install(end, base.lineage(), staged.image());
                    pins.clear();
                    begun = false;
                    return staged.discard();
                });
            }
            @Override public void discard() throws RecoveryException { if (begun) step(() -> { begun = false; return staged.discard(); }); }
            @Override public void close() { begun = false; }
        }
    }
}
