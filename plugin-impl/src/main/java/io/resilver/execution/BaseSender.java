package io.resilver.execution;

import io.resilver.replica.BaseDigest;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.BasePin;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the ranges of a frozen base in order and takes every one into its digest, so that the target can verify the whole before it commits;
 * sends those that the target does not hold already (R17). What the target's present image may have is offered first, and sent
 * only where it is wanted (R53). While one is sent the next is read, where the host has room for it.
 * Used on the leader's strand.
 */
final class BaseSender {
    private final BasePin pin;
    private final BaseDescriptor base;
    private final ExecutionPorts ports;
    private final BaseDigest whole = new BaseDigest();
    private final BaseOffers offers = new BaseOffers();
    private BitSet held = new BitSet();
    private boolean heldIsKnown;
    private long next;
    private @Nullable Reading reading;

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
        return next >= base.ranges() && !offers.isOpen() && offers.wanted() == null;
    }

    void begin() {
        ports.session().baseBegin(base);
    }

    /** What the target holds; it says so once, since what is on its way was read for it. */
    void holds(BitSet ranges) throws PermanentException {
        if (heldIsKnown) {
            throw new PermanentException("the target said twice which ranges of the base at LSN " + base.lsn()
                    + " it holds: its driver miscounts");
        }
        heldIsKnown = true;
        held = ranges;
    }

    /** The target's present image may have so many ranges. */
    void candidates(long ranges) {
        offers.candidates(ranges);
    }

    /** The target says which ranges of an offer it wants. */
    void wants(long first, BitSet ranges) throws PermanentException {
        offers.answered(first, ranges);
    }

    /** What a range takes of the window and of the host's bytes. */
    private int roomFor(long index) {
        return held.get(Math.toIntExact(index)) ? 0 : base.rangeLength(index);
    }

    private boolean isHeld(long index) {
        return index < base.ranges() && roomFor(index) == 0;
    }

    private boolean isOffered(long index) {
        return index < base.ranges() && offers.covers(index) && !isHeld(index);
    }

    /**
     * Does one of these, when there is room for it: sends a range that the target said it wants, offers one that it may have,
     * or digests one and, unless the target holds it, sends it.
     */
    void next(RangeDone done, Consumer<RecoveryException> failed) {
        offers.send(isOffered(next), ports.session());
        Long wanted = offers.wanted();
        if (reading == null && atEnd()) {
            done.sent(0, true); // the last answer came between two steps, and wants nothing
        } else if (reading != null) {
            readOn(done, failed);
        } else if (wanted != null) {
            int length = base.rangeLength(wanted);
            ports.session()
                    .takeRoom(
                            length,
                            () -> begin(wanted, length, Look.AGAIN)
                                    .whenRead(data -> sendWanted(wanted, data, done), failed));
        } else if (isOffered(next) && offers.hasRoom()) {
            begin(next, 0, Look.TO_OFFER).whenRead(data -> offer(done), failed);
        } else if (offers.isOpen() && !isHeld(next)) {
            offers.whenAnswered(() -> next(done, failed));
        } else {
            readOn(done, failed);
        }
    }

    private void sendWanted(long index, ByteBuffer data, RangeDone done) {
        reading = null;
        int length = data.remaining();
        offers.sent();
        ports.session().baseRange(index, data, length);
        done.sent(length, atEnd());
    }

    private void offer(RangeDone done) {
        offers.add(next, Objects.requireNonNull(reading).digest());
        reading = null;
        next++;
        offers.send(isOffered(next), ports.session());
        done.sent(0, false); // its answer is to come
    }

    private void readOn(RangeDone done, Consumer<RecoveryException> failed) {
        int room = roomFor(next);
        Reading ahead = reading;
        if (ahead != null && room > 0) {
            ports.session().takeWindow(room, () -> ahead.whenRead(data -> done(data, done), failed));
        } else if (ahead != null) {
            ahead.whenRead(data -> done(data, done), failed);
        } else if (room > 0) {
            ports.session()
                    .takeRoom(room, () -> begin(next, room, Look.TO_SEND).whenRead(data -> done(data, done), failed));
        } else {
            begin(next, room, Look.TO_SEND).whenRead(data -> done(data, done), failed);
        }
    }

    private Reading begin(long index, int room, Look look) {
        Reading begun = new Reading(index, room, look);
        reading = begun;
        begun.begin();
        return begun;
    }

    private void done(ByteBuffer data, RangeDone done) {
        reading = null;
        int room = roomFor(next);
        if (room > 0) {
            ports.session().baseRange(next, data, room);
        }
        next++;
        if (next < base.ranges() && !isOffered(next) && offers.wanted() == null) {
            int ahead = roomFor(next);
            if (ahead == 0 || ports.session().takeAhead(ahead)) {
                begin(next, ahead, Look.TO_SEND);
            }
        }
        done.sent(room, atEnd());
    }

    /** Gives back the room of what was read and will not be sent. Idempotent. */
    void close() {
        Reading unsent = reading;
        reading = null;
        if (unsent != null) {
            unsent.forget();
        }
    }

    /** What a range is read for. */
    private enum Look {
        /** It is taken into the digest, and sent where the target does not hold it. */
        TO_SEND,
        /** It is taken into the digest by what it is offered by. */
        TO_OFFER,
        /** It was offered, is wanted, and is in the digest. */
        AGAIN
    }

    /** A range that is being read, or was; its room is taken. */
    private final class Reading {
        private final long index;
        private final int room;
        private final Look look;
        private byte[] digest = {};
        private @Nullable ByteBuffer data;
        private @Nullable RecoveryException failure;
        private @Nullable Consumer<ByteBuffer> then;
        private @Nullable Consumer<RecoveryException> otherwise;
        private boolean forgotten;

        /**
         * Not begun yet.
         *
         * @param look what for
         */
        Reading(long index, int room, Look look) {
            this.index = index;
            this.room = room;
            this.look = look;
        }

        void begin() {
            ports.io().run(this::read, this::done, this::failed);
        }

        /** One at a time, in order. */
        private ByteBuffer read() throws RecoveryException {
            ByteBuffer read = BaseSender.this.read(index);
            switch (look) {
                case TO_SEND -> whole.add(read);
                case TO_OFFER -> {
                    digest = whole.strong(read);
                    whole.addOffered(digest);
                }
                case AGAIN -> {}
            }
            return read;
        }

        byte[] digest() {
            return digest;
        }

        private void done(ByteBuffer got) {
            data = got;
            if (forgotten) {
                ports.session().giveRoom(room);
            } else if (then != null) {
                then.accept(got);
            }
        }

        private void failed(RecoveryException cause) {
            failure = cause;
            if (forgotten) {
                ports.session().giveRoom(room);
            } else if (otherwise != null) {
                otherwise.accept(cause); // ends the execution, which closes this
            }
        }

        void whenRead(Consumer<ByteBuffer> taker, Consumer<RecoveryException> elseTaker) {
            if (data != null) {
                taker.accept(data);
            } else if (failure != null) {
                elseTaker.accept(failure);
            } else {
                then = taker;
                otherwise = elseTaker;
            }
        }

        /** A read that is under way gives its room back when it ends: until then its memory is in use. */
        void forget() {
            forgotten = true;
            if (data != null || failure != null) {
                ports.session().giveRoom(room);
            }
        }
    }

    private ByteBuffer read(long index) throws RecoveryException {
        ByteBuffer data = ByteBuffer.allocate(base.rangeLength(index));
        int got = pin.read(index * base.rangeBytes(), data);
        if (got != data.capacity()) {
            throw new PermanentException("the base at LSN " + base.lsn() + " ended at byte "
                    + (index * base.rangeBytes() + got) + " of " + base.sizeBytes() + ": the adapter read short");
        }
        return data.flip();
    }

    /** Sends the digest over all ranges; the target verifies and installs. */
    void commit() {
        ports.session().baseCommit(ByteBuffer.wrap(whole.end()));
    }
}
