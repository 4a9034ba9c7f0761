package io.resilver.replica;

import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.StagedInstall;
import io.resilver.spi.storage.VolumeStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/** A store in memory with a durable and a volatile state: a crash leaves the durable one. Writes down what is called. */
public final class MemoryVolume implements ReplicaVolume {
    /** What was called, in order. */
    public final List<String> calls = new ArrayList<>();
    /** Runs inside of each call, before it does anything; may throw. */
    public Hook hook = call -> {};

    /** What its image has at the places of a base's ranges. */
    public List<byte[]> candidates = List.of();

    /** Whether it keeps them where they are what is to come. */
    public boolean keeps;

    /** How many pins are held on its log, and on its image. */
    public int pins;

    /** A byte of its image that is not what it should be; -1 for none. */
    public long rottenAt = -1;

    private State state = new State();
    private State durable = new State();
    private Optional<Epoch> promise = Optional.empty();
    private StoreIdentity identity = new StoreIdentity(new StoreId("store"), 1);
    private Optional<BaseDescriptor> stagedBase = Optional.empty();
    private Map<Long, byte[]> staged = new TreeMap<>();
    private Map<Long, byte[]> written = new TreeMap<>();
    /** Ranges that are kept of its image, durably, and since the last flush. */
    private final Set<Long> kept = new TreeSet<>();

    private final Set<Long> keeping = new TreeSet<>();
    private boolean installing;

    public interface Hook {
        void before(String call) throws RecoveryException;
    }

    /** Log, image and what is known about them. */
    private static final class State {
        EntryId base = EntryId.NONE;
        List<LogEntry> log = new ArrayList<>();
        Lineage lineage = Lineage.EMPTY;
        OptionalLong committed = OptionalLong.empty();
        long floor;
        boolean usable = true;
        List<byte[]> image = List.of();

        State copy() {
            State copy = new State();
            copy.base = base;
            copy.log = new ArrayList<>(log);
            copy.lineage = lineage;
            copy.committed = committed;
            copy.floor = floor;
            copy.usable = usable;
            copy.image = image;
            return copy;
        }

        /** How many entries there are up to an LSN: simulations ask so often that they cannot look at each. */
        int upTo(long lsn) {
            int low = 0;
            int high = log.size();
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (log.get(middle).lsn() <= lsn) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }

        EntryId last() {
            return log.isEmpty() ? base : log.get(log.size() - 1).id();
        }
    }

    /** Loses what was not durable. */
    public void crash() {
        state = durable.copy();
        installing = false;
    }

    public List<EntryId> durableLog() {
        return durable.log.stream().map(LogEntry::id).toList();
    }

    public List<EntryId> log() {
        return state.log.stream().map(LogEntry::id).toList();
    }

    /** The last entry, durable or not. */
    public EntryId last() {
        return state.last();
    }

    public Lineage lineage() {
        return state.lineage;
    }

    /** The entries after one LSN up to another, as another store would get them. */
    public EntryBatch batch(long afterLsn, long upToLsn) {
        int from = state.upTo(afterLsn);
        List<LogEntry> found = List.copyOf(state.log.subList(from, Math.max(from, state.upTo(upToLsn))));
        EntryId previous = from == 0 ? state.base : state.log.get(from - 1).id();
        return new EntryBatch(previous, found, state.lineage.elements());
    }

    /** The store of a replica over this volume; its source shows the durable log. */
    public VolumeStore store(ReplicaId replica) {
        return new MemoryReader.Store(replica, this);
    }

    /** How many ranges of a base were written, durable or not. */
    public int staging() {
        return written.size();
    }

    EntryId durableBase() {
        return durable.base;
    }

    /** The durable entries after one LSN up to another. */
    EntryBatch durableBatch(long afterLsn, long upToLsn) {
        int from = durable.upTo(afterLsn);
        List<LogEntry> found = List.copyOf(durable.log.subList(from, Math.max(from, durable.upTo(upToLsn))));
        EntryId previous = from == 0 ? durable.base : durable.log.get(from - 1).id();
        return new EntryBatch(previous, found, durable.lineage.elements());
    }

    /** Other bytes are in a durable entry than were written, and no checksum says so. */
    public void rot(long lsn, byte[] payload) {
        for (State each : List.of(state, durable)) {
            each.log.replaceAll(
                    entry -> entry.lsn() == lsn ? new LogEntry(lsn, entry.epoch(), ByteBuffer.wrap(payload)) : entry);
        }
    }

    /** An entry is not there any more, and nothing says so. */
    public void lose(long lsn) {
        for (State each : List.of(state, durable)) {
            each.log.removeIf(entry -> entry.lsn() == lsn);
        }
    }

    /** Its source has no entry at or below an LSN any more. */
    public void trim(long lsn) {
        for (State each : List.of(state, durable)) {
            int upTo = each.upTo(lsn);
            if (upTo > 0) {
                each.base = each.log.get(upTo - 1).id();
                each.log.subList(0, upTo).clear();
            }
        }
    }

    void read(String what) throws RecoveryException {
        call(what);
    }

    public List<byte[]> image() {
        return durable.image;
    }

    /** Its image changes where a range of it is kept. */
    public void forget(long index) {
        kept.remove(index);
        keeping.remove(index);
    }

    /** Damages a staged range. */
    public void damage(long index, Consumer<byte[]> how) {
        how.accept(staged.get(index));
    }

    private void call(String what) throws RecoveryException {
        calls.add(what);
        hook.before(what);
    }

    @Override
    public ReplicaPosition position() throws RecoveryException {
        call("position");
        return new ReplicaPosition(
                durable.last().lsn(), durable.floor, durable.committed, durable.usable, Optional.of(durable.lineage));
    }

    @Override
    public StoreIdentity identity() throws RecoveryException {
        call("identity");
        return identity;
    }

    @Override
    public void identify(StoreIdentity now) throws RecoveryException {
        call("identify");
        identity = now;
    }

    @Override
    public void markUnusable(String why) throws RecoveryException {
        call("markUnusable");
        state.usable = false;
        durable.usable = false;
    }

    @Override
    public Optional<Epoch> promise() {
        return promise;
    }

    @Override
    public void promise(Epoch epoch) throws RecoveryException {
        call("promise " + epoch.number());
        if (promise.isPresent()
                && (promise.get().number() > epoch.number() || promise.get().conflictsWith(epoch))) {
            throw new FencedException("promised " + promise.get(), promise.get().number());
        }
        promise = Optional.of(epoch);
    }

    @Override
    public void append(EntryBatch batch) throws RecoveryException {
        call("append " + batch.last().lsn());
        List<LogEntry> news = new ArrayList<>();
        EntryId before = batch.previous();
        for (LogEntry entry : batch.entries()) {
            int upTo = state.upTo(entry.lsn());
            if (upTo == 0 || !state.log.get(upTo - 1).id().equals(entry.id())) {
                EntryId last = news.isEmpty()
                        ? state.last()
                        : news.get(news.size() - 1).id();
                if (!last.equals(before)) {
                    throw new PermanentException("entry " + entry.id() + " after " + before + " cannot follow " + last);
                }
                byte[] copy = new byte[entry.payload().remaining()];
                entry.payload().duplicate().get(copy);
                news.add(new LogEntry(entry.lsn(), entry.epoch(), ByteBuffer.wrap(copy)));
            }
            before = entry.id();
        }
        state.log.addAll(news);
        for (LineageElement writer : batch.writers()) {
            if (news.stream().anyMatch(entry -> entry.epoch() == writer.epoch())) {
                state.lineage = state.lineage.then(writer);
            }
        }
    }

    @Override
    public long flush() throws RecoveryException {
        call("flush");
        durable = state.copy();
        return durable.last().lsn();
    }

    @Override
    public void committed(long lsn) throws RecoveryException {
        call("committed " + lsn);
        state.committed = OptionalLong.of(Math.min(lsn, durable.last().lsn()));
        durable.committed = state.committed;
    }

    /** What it knows to be committed. */
    public OptionalLong committed() {
        return durable.committed;
    }

    @Override
    public void truncateTo(long lsn) throws RecoveryException {
        call("truncateTo " + lsn);
        long least = Math.max(state.floor, state.committed.orElse(0));
        if (lsn < least) {
            throw new TruncationUnsafeException("cannot truncate to " + lsn, least);
        }
        state.log.removeIf(entry -> entry.lsn() > lsn);
        state.lineage = state.lineage.upTo(lsn);
        durable = state.copy();
    }

    @Override
    public StagedInstall beginInstall(BaseDescriptor base) throws RecoveryException {
        call("beginInstall " + base.lsn());
        if (installing) {
            throw new PermanentException("an install is open");
        }
        if (base.lsn() < durable.committed.orElse(0)) {
            throw new TruncationUnsafeException("cannot install at " + base.lsn(), durable.committed.getAsLong());
        }
        if (!stagedBase.equals(Optional.of(base))) {
            staged = new TreeMap<>();
            kept.clear();
            stagedBase = Optional.of(base);
        }
        installing = true;
        return new Install(base);
    }

    private final class Install implements StagedInstall {
        private final BaseDescriptor base;

        Install(BaseDescriptor base) {
            this.base = base;
            written = new TreeMap<>();
            keeping.clear();
        }

        @Override
        public BaseDescriptor base() {
            return base;
        }

        @Override
        public BitSet durableRanges() {
            BitSet ranges = new BitSet();
            staged.keySet().forEach(index -> ranges.set(Math.toIntExact(index)));
            kept.forEach(index -> ranges.set(Math.toIntExact(index)));
            return ranges;
        }

        @Override
        public void write(long index, ByteBuffer data) throws RecoveryException {
            call("write " + index);
            byte[] copy = new byte[data.remaining()];
            data.duplicate().get(copy);
            written.put(index, copy);
        }

        @Override
        public long candidates() {
            return candidates.size();
        }

        @Override
        public boolean candidate(long index, ByteBuffer into) throws RecoveryException {
            call("candidate " + index);
            byte[] there = candidates.get(Math.toIntExact(index));
            if (there.length != into.remaining()) {
                return false;
            }
            into.put(there);
            return true;
        }

        @Override
        public boolean keep(long index) throws RecoveryException {
            call("keep " + index);
            if (keeps) {
                keeping.add(index);
            }
            return keeps;
        }

        @Override
        public void read(long index, ByteBuffer into) throws RecoveryException {
            call("read " + index);
            into.put(bytes(index));
        }

        private byte[] bytes(long index) {
            return kept.contains(index) ? candidates.get(Math.toIntExact(index)) : staged.get(index);
        }

        @Override
        public void flush() throws RecoveryException {
            call("flushBase");
            staged.putAll(written);
            kept.addAll(keeping);
        }

        @Override
        public void commit() throws RecoveryException {
            call("commit");
            State next = new State();
            long epoch = base.lineage().last().map(LineageElement::epoch).orElse(0L);
            next.base = base.lsn() == 0 ? EntryId.NONE : new EntryId(base.lsn(), epoch);
            next.lineage = base.lineage();
            next.floor = base.lsn();
            next.committed = state.committed;
            next.image = durableRanges().stream().mapToObj(this::bytes).toList();
            state = next;
            durable = next.copy();
            discard();
        }

        @Override
        public void discard() throws RecoveryException {
            call("discard");
            staged = new TreeMap<>();
            kept.clear();
            stagedBase = Optional.empty();
        }

        @Override
        public void close() {
            calls.add("closeInstall");
            installing = false;
        }
    }
}
