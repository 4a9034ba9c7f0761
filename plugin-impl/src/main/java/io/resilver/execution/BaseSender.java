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

/**
 * Sends the ranges of a frozen base in order, passing over those that the target already holds (R17), and digests every
 * range, so that the target can verify the whole before it commits.
 */
final class BaseSender {
    private final BasePin pin;
    private final BaseDescriptor base;
    private final ExecutionPorts ports;
    private final MessageDigest whole = sha256();
    private BitSet held = new BitSet();
    private long next;

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
    }

    /** Reads, digests and, unless the target holds it, sends one range, when there is room for it. */
    void next(RangeDone done, Consumer<RecoveryException> failed) {
        int length = base.rangeLength(next);
        boolean send = !held.get(Math.toIntExact(next));
        if (send) {
            ports.session().takeRoom(length, () -> readAndSend(length, true, done, failed));
        } else {
            readAndSend(length, false, done, failed);
        }
    }

    private void readAndSend(int length, boolean send, RangeDone done, Consumer<RecoveryException> failed) {
        ports.io()
                .run(
                        () -> read(length),
                        data -> {
                            if (ports.session().ended()) {
                                ports.session().giveRoom(send ? length : 0);
                                return;
                            }
                            if (send) {
                                ports.session().baseRange(next, data, length);
                            }
                            next++;
                            done.sent(send ? length : 0, atEnd());
                        },
                        cause -> {
                            ports.session().giveRoom(send ? length : 0);
                            failed.accept(cause);
                        });
    }

    private ByteBuffer read(int length) throws RecoveryException {
        ByteBuffer data = ByteBuffer.allocate(length);
        int got = pin.read(next * base.rangeBytes(), data);
        if (got != length) {
            throw new PermanentException("the base at LSN " + base.lsn() + " ended at byte "
                    + (next * base.rangeBytes() + got) + " of " + base.sizeBytes() + ": the adapter read short");
        }
        data.flip();
        whole.update(sha256().digest(data.array()));
        return data;
    }

    /** Sends the digest over all ranges; the target verifies and installs. */
    void commit() {
        ports.session().baseCommit(ByteBuffer.wrap(whole.digest()));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
