package io.resilver.execution;

import io.resilver.replica.link.RangeKey;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.BasePin;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads the ranges of a frozen base in order and takes every one into its digest, so that the target can verify the whole before it commits;
 * sends those that the target does not hold already (R17). What the target's present image may have is offered first, and sent
 * only where it is wanted (R53). While one is sent the next is read, where the host has room for it.
 * Used on the leader's strand.
 */
final class BaseSender {
    private final BaseDescriptor base;
    private final ExecutionPorts ports;
    private final RangeKey key;
    private final BaseReader reader;
    private final BaseOffers offers = new BaseOffers();
    /** Of ranges that the target has written: as many as were under way at once, which the window bounds. They end with this. */
    private final ArrayDeque<ByteBuffer> spare = new ArrayDeque<>();

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
        this.base = pin.base();
        this.ports = ports;
        this.key = RangeKey.draw(ports.io().random());
        this.reader = new BaseReader(pin, key);
    }

    long lsn() {
        return base.lsn();
    }

    boolean atEnd() {
        return next >= base.ranges() && !offers.isOpen() && offers.wanted() == null;
    }

    void begin() {
        ports.session().baseBegin(base, key);
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
     * Does one of these, when there is room for it: sends a range that the target said it wants, offers some that it may have,
     * or digests one and, unless the target holds it, sends it.
     */
    void next(RangeDone done, Consumer<RecoveryException> failed) {
        Long wanted = offers.wanted();
        if (reading == null && atEnd()) {
            done.sent(0, true); // the last answer came between two steps, and wants nothing
        } else if (reading != null) {
            readOn(done, failed);
        } else if (wanted != null) {
            ports.session().takeRoom(base.rangeLength(wanted), () -> beginWanted(wanted, done, failed));
        } else if (isOffered(next) && offers.hasRoom()) {
            offer(offered(), done, failed);
        } else if (offers.isOpen() && !isHeld(next)) {
            offers.whenAnswered(() -> next(done, failed));
        } else {
            readOn(done, failed);
        }
    }

    private void beginWanted(long index, RangeDone done, Consumer<RecoveryException> failed) {
        ByteBuffer used = spare.poll();
        begin(base.rangeLength(index), () -> reader.again(index, used))
                .whenRead(data -> sendWanted(index, data, done), failed);
    }

    private void sendWanted(long index, ByteBuffer data, RangeDone done) {
        reading = null;
        int length = data.remaining();
        offers.wantedWasSent();
        send(index, data, length);
        done.sent(length, atEnd());
    }

    private void send(long index, ByteBuffer data, int room) {
        ports.session().baseRange(index, data, room, () -> spare.add(data));
    }

    /** How many ranges are offered next: up to one that the target holds, which has its own turn in the digest. */
    private int offered() {
        return following(this::isOffered);
    }

    /** How many ranges, from the next one on, are alike; at least that one, and no more than are read in one turn. */
    private int following(LongPredicate alike) {
        int ranges = 1;
        while (ranges < reader.mostAtOnce() && alike.test(next + ranges)) {
            ranges++;
        }
        return ranges;
    }

    /** Takes no room of the host's bytes: all of them are read into one buffer, and only their digests are kept. */
    private void offer(int ranges, RangeDone done, Consumer<RecoveryException> failed) {
        long first = next;
        begin(0, () -> reader.offer(first, ranges))
                .whenRead(
                        digests -> {
                            reading = null;
                            next += ranges;
                            offers.sent(first, ranges);
                            ports.session().baseOffer(first, digests);
                            done.sent(0, false); // its answer is to come
                        },
                        failed);
    }

    private void readOn(RangeDone done, Consumer<RecoveryException> failed) {
        int room = roomFor(next);
        Reading ahead = reading;
        if (ahead != null && room > 0) {
            ports.session().takeWindow(room, () -> ahead.whenRead(data -> done(ahead, data, done), failed));
        } else if (ahead != null) {
            ahead.whenRead(data -> done(ahead, data, done), failed);
        } else if (room > 0) {
            ports.session().takeRoom(room, () -> beginAndSend(room, done, failed));
        } else {
            beginAndSend(room, done, failed);
        }
    }

    private void beginAndSend(int room, RangeDone done, Consumer<RecoveryException> failed) {
        Reading begun = beginNext(room);
        begun.whenRead(data -> done(begun, data, done), failed);
    }

    private Reading beginNext(int room) {
        long index = next;
        if (room > 0) {
            ByteBuffer used = spare.poll();
            return begin(room, () -> reader.next(index, used));
        }
        int ranges = following(this::isHeld);
        return begin(room, ranges, () -> reader.passOver(index, ranges));
    }

    private Reading begin(int room, Callable<ByteBuffer> read) {
        return begin(room, 1, read);
    }

    private Reading begin(int room, int ranges, Callable<ByteBuffer> read) {
        Reading begun = new Reading(room, ranges);
        reading = begun;
        begun.begin(read);
        return begun;
    }

    private void done(Reading read, ByteBuffer data, RangeDone done) {
        reading = null;
        int room = roomFor(next);
        if (room > 0) {
            send(next, data, room);
        }
        next += read.ranges;
        if (next < base.ranges() && !isOffered(next) && offers.wanted() == null) {
            int ahead = roomFor(next);
            if (ahead == 0 || ports.session().takeAhead(ahead)) {
                beginNext(ahead);
            }
        }
        done.sent(room, atEnd());
    }

    /** Gives back the room of what was read and will not be sent; what is under way reads no further range. Idempotent. */
    void close() {
        reader.stop();
        Reading unsent = reading;
        reading = null;
        if (unsent != null) {
            unsent.forget();
        }
    }

    /** Something that is being read, or was; its room is taken. */
    private final class Reading {
        private final int room;
        private final int ranges;
        private @Nullable ByteBuffer data;
        private @Nullable RecoveryException failure;
        private @Nullable Consumer<ByteBuffer> then;
        private @Nullable Consumer<RecoveryException> otherwise;
        private boolean forgotten;

        /** Not begun yet. */
        Reading(int room, int ranges) {
            this.room = room;
            this.ranges = ranges;
        }

        void begin(Callable<ByteBuffer> read) {
            ports.io().run(read, this::done, this::failed);
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

    /** Sends the digest over all ranges; the target verifies and installs. */
    void commit() {
        ports.session().baseCommit(ByteBuffer.wrap(reader.end()));
    }
}
