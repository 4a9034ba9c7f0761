package io.resilver.host.cli.serve;

import io.resilver.host.product.ReplicatedVolume;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Writes a long stretch in blocks: many are in the log before the first is committed, and one flush makes a group of them
 * durable. Not thread safe.
 */
final class BulkWriter {
    /** Bytes that are flushed together: a sync costs milliseconds, which this many bytes take to write as well. */
    private static final long GROUP_BYTES = 2 << 20;

    /** Bytes that wait for their commit: enough to keep every replica's disk busy while one flushes. */
    private static final long IN_FLIGHT_BYTES = 8 << 20;

    /** A member that died must leave the set before a commit: longer than its grace and the change of the record. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ReplicatedVolume volume;
    private final boolean awaitCommit;
    private final Deque<InFlight> inFlight = new ArrayDeque<>();
    private Optional<ReplicatedVolume.Written> last = Optional.empty();
    private long inFlightBytes;
    private long groupBytes;

    private record InFlight(ReplicatedVolume.Written written, long bytes) {}

    /** What the bytes are. */
    interface Source {
        /** Fills a buffer with the bytes from a place on. */
        void fill(long from, ByteBuffer into) throws IOException;
    }

    /**
     * A writer.
     *
     * @param awaitCommit false leaves the writes durable here and does not wait for anybody
     */
    BulkWriter(ReplicatedVolume volume, boolean awaitCommit) {
        this.volume = volume;
        this.awaitCommit = awaitCommit;
    }

    /**
     * Writes the source's bytes between two places.
     *
     * @param at where the first of them goes in the volume
     * @return the last LSN, or empty where there was nothing to write
     */
    Optional<Long> write(Source source, long from, long to, long at, int block) throws RecoveryException, IOException {
        ByteBuffer buffer = ByteBuffer.allocate(block);
        for (long place = from; place < to; place += block) {
            buffer.clear().limit((int) Math.min(block, to - place));
            source.fill(place, buffer);
            buffer.flip();
            append(at + place - from, buffer);
        }
        flush();
        while (awaitCommit && !inFlight.isEmpty()) {
            awaitOldest();
        }
        return last.map(ReplicatedVolume.Written::lsn);
    }

    private void append(long offset, ByteBuffer data) throws RecoveryException {
        int bytes = data.remaining();
        ReplicatedVolume.Written written = volume.append(offset, data);
        if (last.isPresent() && !last.get().term().epoch().equals(written.term().epoch())) {
            throw new PermanentException("another term began at LSN " + written.lsn()
                    + ": what was not acknowledged before may be lost, write it again");
        }
        last = Optional.of(written);
        inFlight.add(new InFlight(written, bytes));
        inFlightBytes += bytes;
        groupBytes += bytes;
        if (groupBytes >= GROUP_BYTES) {
            flush();
        }
        while (awaitCommit && inFlightBytes > IN_FLIGHT_BYTES) {
            awaitOldest();
        }
    }

    private void flush() throws RecoveryException {
        if (last.isPresent()) {
            volume.flush(last.get().term());
        }
        groupBytes = 0;
    }

    private void awaitOldest() throws RecoveryException {
        InFlight oldest = inFlight.remove();
        ReplicatedVolume.await(oldest.written().committed(), PATIENCE);
        inFlightBytes -= oldest.bytes();
    }
}
