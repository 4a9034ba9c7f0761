package io.resilver.replica;

import io.resilver.replica.link.RangeKey;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;

/**
 * A base on its way into a store, in one session. Blocks on I/O; called by one thread at a time, but for {@link #force}, which
 * may run beside {@link #write} and {@link #digestHeld}.
 */
final class IncomingBase implements AutoCloseable {
    /** A force has a note to write for a range that is kept, and not its bytes; and what a crash loses is a look at it. */
    private static final int KEPT_FOR_WRITTEN = 16;

    private final ReplicaId replica;
    private final StagedInstall staged;
    private final BaseVerification check;
    private final BaseDescriptor base;
    private final ByteBuffer buffer;
    private final long candidates;
    /** How many ranges are durable; written by a force. */
    private volatile long durable;

    private boolean came;

    /**
     * A base whose install has begun, and is closed again where it does not even say what it holds.
     *
     * @param replica whose store it comes to
     * @param staged the install, which this closes
     * @param key of the digests by which ranges are offered
     */
    static IncomingBase of(ReplicaId replica, StagedInstall staged, RangeKey key) {
        try {
            return new IncomingBase(replica, staged, key);
        } catch (RuntimeException | Error bug) {
            staged.close();
            throw bug;
        }
    }

    private IncomingBase(ReplicaId replica, StagedInstall staged, RangeKey key) {
        this.replica = replica;
        this.staged = staged;
        this.base = staged.base();
        this.buffer = ByteBuffer.allocate((int) Math.min(base.rangeBytes(), base.sizeBytes()));
        this.check = new BaseVerification(staged, buffer, new RangeDigest(key));
        this.candidates = staged.candidates();
        this.durable = staged.durableRanges().cardinality();
    }

    BaseDescriptor base() {
        return base;
    }

    BitSet durableRanges() {
        return staged.durableRanges();
    }

    /** How many ranges are durable. */
    long durable() {
        return durable;
    }

    /** Whether ranges that were durable before are to be digested before the next one is written. */
    boolean owesHeld() {
        return check.owesHeld();
    }

    /** Digests some of them. */
    void digestHeld() throws RecoveryException {
        try {
            check.digestHeld();
        } catch (CorruptException rotten) {
            throw discarded(rotten);
        }
    }

    /** Writes all of them, which lie side by side; durable with the next force. */
    void write(List<Request.BaseRange> group) throws RecoveryException {
        for (Request.BaseRange range : group) {
            requireOfBase(range);
        }
        for (Request.BaseRange range : group) {
            check.came(range.index(), range.data());
            staged.write(range.index(), range.data());
        }
    }

    /** How many ranges, from the first one on, the store's present image may have. */
    long candidates() {
        return candidates;
    }

    /**
     * What became of an offer.
     *
     * @param wanted which ranges the store's present image does not have, by their place in the offer
     * @param unforced what the next force has to do for the others, in bytes that were written
     */
    record Taken(BitSet wanted, long unforced) {}

    /** Keeps those of the ranges offered that the store's present image has, or writes them; durable with the next force. */
    Taken take(Request.BaseOffer offer) throws RecoveryException {
        ByteBuffer digests = offer.digests().duplicate();
        for (int i = 0; i < offer.ranges(); i++) {
            byte[] digest = new byte[Response.DIGEST_BYTES];
            digests.get(digest);
            check.announced(offer.first() + i, digest);
        }
        BitSet wanted = new BitSet();
        long unforced = 0;
        for (int i = 0; i < offer.ranges(); i++) {
            long index = offer.first() + i;
            if (!isThere(index)) {
                wanted.set(i);
            } else if (staged.keep(index)) {
                check.kept(index);
                unforced += Math.max(1, buffer.limit() / KEPT_FOR_WRITTEN);
            } else {
                // the bytes that were digested are those that are written, whatever becomes of the image meanwhile
                check.written(index, buffer);
                staged.write(index, buffer);
                unforced += buffer.limit();
            }
        }
        return new Taken(wanted, unforced);
    }

    /** Whether the store's present image has a range that was announced, which is in the buffer then. */
    private boolean isThere(long index) throws RecoveryException {
        ByteBuffer candidate = buffer.clear().limit(base().rangeLength(index));
        try {
            if (index >= candidates || !staged.candidate(index, candidate) || candidate.hasRemaining()) {
                return false;
            }
        } catch (RecoveryException unreadable) {
            return false; // it is what is replaced: the range is sent
        }
        return check.isAnnounced(index, candidate.flip());
    }

    private void requireOfBase(Request.BaseRange range) throws PermanentException {
        BaseDescriptor base = base();
        boolean inside = range.index() >= 0 && range.index() < base.ranges();
        if (!inside || range.data().remaining() != base.rangeLength(range.index())) {
            throw new PermanentException(
                    "range " + range.index() + " of " + range.data().remaining()
                            + " bytes does not belong to a base of " + base.sizeBytes() + " bytes in ranges of "
                            + base.rangeBytes() + ", at " + replica);
        }
    }

    /** Makes durable what was written before the call. */
    void force() throws RecoveryException {
        staged.flush();
        durable = staged.durableRanges().cardinality();
    }

    /**
     * Nothing more comes: makes the rest durable, and asks whether all is there. Once.
     *
     * @throws CorruptException when it is not what was sent: all of it is discarded then
     */
    private void requireWhole(ByteBuffer digest) throws RecoveryException {
        if (came) {
            return;
        }
        force();
        if (durable != base().ranges() && check.isWhole() && check.hasForgotten(staged.durableRanges())) {
            throw new RetriableException(
                    "the image of " + replica + " has changed under the base at LSN " + base().lsn() + ": "
                            + (base().ranges() - durable) + " ranges that it had must be sent",
                    Duration.ZERO);
        }
        if (durable != base().ranges() || !check.isWhole()) {
            throw new PermanentException("the base at LSN " + base().lsn() + " cannot be installed at " + replica + ": "
                    + durable + " of its " + base().ranges() + " ranges are durable");
        }
        if (!check.matches(digest)) {
            throw discarded(new CorruptException("its digest is another one", "staged base of " + replica, 0));
        }
        came = true;
    }

    /**
     * Reads back what is durable, and installs it once all of it is right. Call it again while it is false.
     *
     * @return whether it is installed
     * @throws CorruptException when it is not what was sent: all of it is discarded then
     */
    boolean install(Request.BaseCommit end) throws RecoveryException {
        requireWhole(end.digest());
        try {
            if (!check.readBack()) {
                return false;
            }
        } catch (CorruptException rotten) {
            throw discarded(rotten);
        }
        staged.commit();
        return true;
    }

    private CorruptException discarded(CorruptException why) throws RecoveryException {
        long lsn = base().lsn();
        staged.discard();
        CorruptException told = new CorruptException(
                "the base at LSN " + lsn + " that was staged at " + replica
                        + " is not the one that was sent; it was discarded and must be sent again",
                "staged base of " + replica,
                0);
        told.initCause(why);
        return told;
    }

    /** Keeps what was staged, so that a later session goes on from there (R17). */
    @Override
    public void close() {
        staged.close();
    }
}
