package io.resilver.execution;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.BasePin;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.BitSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends the ranges of a frozen base in order, passing over those that the target already holds (R17), and digests what it
 * sends, so that the target can verify it before it commits. While one range is sent the next is read, where the host has room
 * for it. Used on the leader's strand.
 */
final class BaseSender {
    private final BasePin pin;
    private final BaseDescriptor base;
    private final ExecutionPorts ports;
    private final MessageDigest sent = sha256();
    private final MessageDigest one = sha256();
    private BitSet held = new BitSet();
    private long next;
    private @Nullable Ahead ahead;

    /** Takes what a step sent. */
    @FunctionalInterface
    interface RangeDone {
        void sent(long bytes, boolean last);
    }

    BaseSender(BasePin pin, ExecutionPorts ports) {
        this.pin = pin;
        this.base = pin.base();
        this.ports = ports;
    }

    long lsn() {
        return base.lsn();
    }

    boolean atEnd() {
        return next >= base.ranges();
    }

    void begin() {
        ports.session().baseBegin(base);
    }

    void holds(BitSet ranges) {
        held = ranges;
        next = missingFrom(0);
    }

    private long missingFrom(long index) {
        return held.nextClearBit(Math.toIntExact(index));
    }

    /** Sends one range that the target does not hold, when there is room for it. */
    void next(RangeDone done, Consumer<RecoveryException> failed) {
        Ahead range = ahead;
        if (range == null) {
            int length = base.rangeLength(next);
            if (!ports.session().takeRoom(length, () -> next(done, failed))) {
                return;
            }
            range = new Ahead(next, length);
            ahead = range;
            range.read();
        } else if (!ports.session().hasWindow(range.length, () -> next(done, failed))) {
            return;
        }
        range.whenRead(data -> send(data, done), failed);
    }

    private void send(ByteBuffer data, RangeDone done) {
        int length = data.remaining();
        ahead = null;
        ports.session().baseRange(next, data, length);
        next = missingFrom(next + 1);
        if (!atEnd() && ports.session().takeAhead(base.rangeLength(next))) {
            ahead = new Ahead(next, base.rangeLength(next));
            ahead.read();
        }
        done.sent(length, atEnd());
    }

    /** Gives back the room of what was read and will not be sent. Idempotent. */
    void close() {
        Ahead unsent = ahead;
        ahead = null;
        if (unsent != null) {
            unsent.forget();
        }
    }

    /** A range that is being read, or was; its room is taken. */
    private final class Ahead {
        private final long index;
        private final int length;
        private @Nullable ByteBuffer data;
        private @Nullable RecoveryException failure;
        private @Nullable Consumer<ByteBuffer> taker;
        private @Nullable Consumer<RecoveryException> failed;
        private boolean forgotten;

        Ahead(long index, int length) {
            this.index = index;
            this.length = length;
        }

        void read() {
            ports.io().run(() -> BaseSender.this.read(index, length), this::done, this::failed);
        }

        private void done(ByteBuffer got) {
            if (forgotten || ports.session().ended()) {
                ports.session().giveRoom(length);
                ahead = ahead == this ? null : ahead;
                return;
            }
            data = got;
            if (taker != null) {
                taker.accept(got);
            }
        }

        private void failed(RecoveryException cause) {
            if (forgotten) {
                ports.session().giveRoom(length);
                return;
            }
            failure = cause;
            if (failed != null) {
                failed.accept(cause); // ends the execution, which closes this
            }
        }

        void whenRead(Consumer<ByteBuffer> then, Consumer<RecoveryException> otherwise) {
            if (data != null) {
                then.accept(data);
            } else if (failure != null) {
                otherwise.accept(failure);
            } else {
                taker = then;
                failed = otherwise;
            }
        }

        /** A read that is under way gives its room back when it ends: until then its memory is in use. */
        void forget() {
            forgotten = true;
            if (data != null || failure != null) {
                ports.session().giveRoom(length);
            }
        }
    }

    /** One at a time, in order. */
    private ByteBuffer read(long index, int length) throws RecoveryException {
        ByteBuffer data = ByteBuffer.allocate(length);
        int got = pin.read(index * base.rangeBytes(), data);
        if (got != length) {
            throw new PermanentException("the base at LSN " + base.lsn() + " ended at byte "
                    + (index * base.rangeBytes() + got) + " of " + base.sizeBytes() + ": the adapter read short");
        }
        data.flip();
        sent.update(one.digest(data.array()));
        return data;
    }

    /** Sends the digest over the ranges that were sent; the target verifies all of them and installs. */
    void commit() {
        ports.session().baseCommit(ByteBuffer.wrap(sent.digest()));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
