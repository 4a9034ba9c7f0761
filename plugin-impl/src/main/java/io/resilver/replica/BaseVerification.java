package io.resilver.replica;

import io.resilver.replica.link.Request;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Verifies a base before it is installed (R17). Every range is taken into a {@link BaseDigest} in its turn, which the sender tells
 * at the end: one that comes as it comes, one that was durable before as it is read
 * from the disk, which is its second look too. Then every range that was written is read back, and its blocks have the checksums that they came
 * with. One that the engine keeps in place was not written: what was digested is what stays.
 * What takes long is done in steps, so that a store is never held for the time that a large base takes.
 */
final class BaseVerification {
    /** One step takes well under a second on any disk: a fence waits no longer than that. */
    private static final long STEP_BYTES = 32L << 20;

    /** What a sender may leave open, and more. */
    private static final int MOST_AWAITED = 64 * Request.BaseOffer.MOST_RANGES;

    /** Checksums that lie together. */
    private static final int PAGE = 256;

    private final StagedInstall install;
    private final BaseDescriptor base;
    private final BitSet held;
    private final BaseDigest all = new BaseDigest();
    private final RangeDigest offered;
    private final BitSet kept = new BitSet();
    /** Of the ranges that were written: four bytes for each, so that what a sender makes us keep is little beside what it sends. */
    private final Map<Long, int[]> sums = new HashMap<>();

    /** Digests of ranges that were announced and have not come. */
    private final Map<Long, byte[]> awaited = new HashMap<>();

    private final ByteBuffer buffer;
    private long digested;
    private boolean leftOut;
    private long readBack;

    /**
     * Nothing came yet.
     *
     * @param buffer room for a range, of which nothing is expected between two calls
     * @param offered what ranges are offered by
     */
    BaseVerification(StagedInstall install, ByteBuffer buffer, RangeDigest offered) {
        this.install = install;
        this.base = install.base();
        this.held = install.durableRanges();
        this.buffer = buffer;
        this.offered = offered;
    }

    /** Whether ranges that were durable before have their turn now. */
    boolean owesHeld() {
        return digested < base.ranges() && held.get((int) digested);
    }

    /** Reads and digests held ranges whose turn it is, a step of them. */
    void digestHeld() throws RecoveryException {
        for (long bytes = 0; owesHeld() && bytes < STEP_BYTES; digested++) {
            bytes += read(digested);
            all.add(buffer);
        }
    }

    /** A range came, and will be written; they come in order, but for those that were announced. Not moved. */
    void came(long index, ByteBuffer data) throws RecoveryException {
        if (awaited.containsKey(index)) {
            if (!isAnnounced(index, data)) {
                throw new CorruptException(
                        "range " + index + " is not the one that was offered", "base at LSN " + base.lsn(), 0);
            }
            written(index, data);
            return;
        }
        if (index < digested) {
            throw new PermanentException(
                    "range " + index + " of the base at LSN " + base.lsn() + " came again, or after a later one");
        }
        leftOut |= index > digested; // it is not whole in this session, and what came of it stays for the next one
        note(index, all.add(data));
        digested = index + 1;
    }

    /** A range will be written, and is to be these bytes when it is read back. Not moved. */
    void written(long index, ByteBuffer data) {
        note(index, all.described(data));
    }

    private void note(long index, int described) {
        page(index)[(int) (index % PAGE)] = described;
    }

    /** A range that was announced is not written: its engine has the bytes, and goes on having them. */
    void kept(long index) {
        kept.set((int) index);
    }

    /** Whether the engine has forgotten ranges that it had: kept in place in this session, or held since before it. */
    boolean hasForgotten(BitSet durable) {
        BitSet had = (BitSet) held.clone();
        had.or(kept);
        had.andNot(durable);
        return !had.isEmpty();
    }

    private int[] page(long index) {
        return sums.computeIfAbsent(index / PAGE, number -> new int[PAGE]);
    }

    /**
     * A range is to be this one: its turn is now, and what is written for it later must be it.
     *
     * @throws PermanentException when it is not its turn, or more were announced than a sender may leave open
     */
    void announced(long index, byte[] digest) throws PermanentException {
        if (index < digested || index >= base.ranges() || awaited.size() >= MOST_AWAITED) {
            throw new PermanentException("range " + index + " of the base at LSN " + base.lsn() + " cannot be offered: "
                    + awaited.size() + " are awaited, and range " + digested + " was due");
        }
        leftOut |= index > digested;
        all.addOffered(digest);
        awaited.put(index, digest);
        digested = index + 1;
    }

    /** Whether bytes are the range that was announced; then it is not awaited any more. */
    boolean isAnnounced(long index, ByteBuffer data) {
        if (!MessageDigest.isEqual(offered.of(index, data), awaited.get(index))) {
            return false;
        }
        awaited.remove(index);
        return true;
    }

    /** Whether every range has been digested. */
    boolean isWhole() {
        return digested == base.ranges() && !leftOut && awaited.isEmpty();
    }

    /** Whether the base is the one that was sent; asked once, when it is whole. */
    boolean matches(ByteBuffer expected) {
        byte[] bytes = new byte[expected.remaining()];
        expected.duplicate().get(bytes);
        return MessageDigest.isEqual(bytes, all.end());
    }

    /**
     * Reads back what was written, a step of it; true when the last range was read.
     *
     * @throws CorruptException when a range is not what came
     */
    boolean readBack() throws RecoveryException {
        for (long bytes = 0; readBack < base.ranges() && bytes < STEP_BYTES; readBack++) {
            if (held.get((int) readBack) || kept.get((int) readBack)) {
                continue; // it was there before it was digested, and what was digested is what is there
            }
            bytes += read(readBack);
            if (page(readBack)[(int) (readBack % PAGE)] != all.described(buffer)) {
                throw new CorruptException(
                        "range " + readBack + " reads back other than it came",
                        "staged base",
                        readBack * base.rangeBytes());
            }
        }
        return readBack == base.ranges();
    }

    private int read(long index) throws RecoveryException {
        int length = base.rangeLength(index);
        install.read(index, buffer.clear().limit(length));
        buffer.flip();
        return length;
    }
}
