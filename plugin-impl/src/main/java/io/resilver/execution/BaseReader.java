package io.resilver.execution;

import io.resilver.replica.BaseDigest;
import io.resilver.replica.RangeDigest;
import io.resilver.replica.link.RangeKey;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.BasePin;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the ranges of a frozen base and takes each into the digest over all of them. Blocks; one call at a time, in the order of the
 * ranges, but for {@link #stop}. What is sent has a buffer of its own until the target has written it; for all else there is one.
 */
final class BaseReader {
    /** The most that one call reads: it has ended before anybody asks why nothing happens. */
    private static final long STEP_BYTES = 16L << 20;

    private final BasePin pin;
    private final BaseDescriptor base;
    private final BaseDigest whole = new BaseDigest();
    private final RangeDigest offered;
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private volatile boolean stopped;

    /**
     * At its beginning.
     *
     * @param key of the digests of what is offered
     */
    BaseReader(BasePin pin, RangeKey key) {
        this.pin = pin;
        this.base = pin.base();
        this.offered = new RangeDigest(key);
    }

    /** The next range, to be sent; in a buffer that was used for another, or a new one. */
    ByteBuffer next(long index, @Nullable ByteBuffer used) throws RecoveryException {
        ByteBuffer range = again(index, used);
        whole.add(range);
        return range;
    }

    /** A range that was offered and is wanted; it is in the digest. In a buffer that was used for another, or a new one. */
    ByteBuffer again(long index, @Nullable ByteBuffer used) throws RecoveryException {
        int length = base.rangeLength(index);
        return read(
                index,
                used != null && used.capacity() >= length ? used.clear().limit(length) : ByteBuffer.allocate(length));
    }

    /**
     * The next ranges, which the target holds; nothing is to be sent.
     *
     * @param ranges how many, no more than {@link #mostAtOnce}
     */
    ByteBuffer passOver(long first, int ranges) throws RecoveryException {
        for (long index = first; index < first + ranges; index++) {
            whole.add(reused(index));
        }
        return ByteBuffer.allocate(0);
    }

    /** How many ranges one call may read that keeps none of them. */
    int mostAtOnce() {
        return (int) Math.max(1, Math.min(Request.BaseOffer.MOST_RANGES, STEP_BYTES / base.rangeBytes()));
    }

    /**
     * The digests of the next ranges, to be offered.
     *
     * @param ranges how many, no more than {@link #mostAtOnce}
     */
    ByteBuffer offer(long first, int ranges) throws RecoveryException {
        ByteBuffer digests = ByteBuffer.allocate(ranges * Response.DIGEST_BYTES);
        for (long index = first; index < first + ranges; index++) {
            byte[] digest = offered.of(index, reused(index));
            whole.addOffered(digest);
            digests.put(digest);
        }
        return digests.flip();
    }

    /** Nobody waits for what is being read: it ends after the range that it is at. */
    void stop() {
        stopped = true;
    }

    /** The digest over all ranges. */
    byte[] end() {
        return whole.end();
    }

    private ByteBuffer reused(long index) throws RecoveryException {
        if (buffer.capacity() < base.rangeLength(index)) {
            buffer = ByteBuffer.allocate(base.rangeLength(index)); // the last range is the shortest
        }
        return read(index, buffer.clear().limit(base.rangeLength(index)));
    }

    private ByteBuffer read(long index, ByteBuffer into) throws RecoveryException {
        if (stopped) {
            throw new CancelledException("the base at LSN " + base.lsn() + " is not sent any more");
        }
        int length = into.remaining();
        int got = pin.read(index * base.rangeBytes(), into);
        if (got != length || into.hasRemaining()) {
            throw new PermanentException("the base at LSN " + base.lsn() + " ended at byte "
                    + (index * base.rangeBytes() + got) + " of " + base.sizeBytes() + ": the adapter read short");
        }
        return into.flip();
    }
}
