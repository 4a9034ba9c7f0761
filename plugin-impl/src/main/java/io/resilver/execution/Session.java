package io.resilver.execution;

import io.resilver.execution.scrub.Range;
import io.resilver.replica.link.RangeKey;
import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.replica.link.Weight;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One session of a sender: a stream under one token, its sequence numbers, and the bounded window of bytes that are under
 * way (R51). Answers of another token, and everything after the end, are dropped. Used on the leader's strand only; the
 * stream's own calls are brought there, but for signs of life, which need no turn of it.
 */
final class Session implements ReplicaConnector.Listener {
    private final ReplicaId replica;
    private final Token token;
    private final Executor strand;
    private final RecoveryScheduler scheduler;
    private final long windowBytes;
    private final ArrayDeque<UnderWay> underWay = new ArrayDeque<>();
    private ReplicaConnector.@Nullable Stream stream;
    private final Answers answers;
    private final SignsOfLife life;
    private final LongSupplier nanos;
    /** Asks for room again once some of the window is free. */
    private @Nullable Runnable waitsForWindow;

    private @Nullable WaitsForBytes waitsForBytes;
    private long sequence;
    private long bytesUnderWay;
    private boolean ended;

    private record UnderWay(long sequence, long bytes, Runnable covered) {}

    private record WaitsForBytes(ByteBudget.Wait place, long bytes, Runnable taken) {}

    /** What the session hears, on the strand. */
    interface Answers {
        void fenced(Response.Fenced answer);

        void refused(Response.Refused answer);

        void durable(long lsn);

        void other(Response answer);

        void failed(RecoveryException cause);
    }

    Session(
            ReplicaId replica,
            Token token,
            Executor strand,
            RecoveryScheduler scheduler,
            long windowBytes,
            SignsOfLife life,
            LongSupplier nanos,
            Answers to) {
        this.replica = replica;
        this.token = token;
        this.strand = strand;
        this.scheduler = scheduler;
        this.windowBytes = windowBytes;
        this.life = life;
        this.nanos = nanos;
        this.answers = to;
    }

    Token token() {
        return token;
    }

    boolean ended() {
        return ended;
    }

    /** Takes the stream and opens the session on it. */
    void fence(ReplicaConnector.Stream opened) {
        stream = opened;
        opened.send(new Request.Fence(replica, token));
    }

    /** Asks for a sign of life. The question is the time, so that its answer counts from before it was sent (R37). */
    void ask() {
        send(new Request.Ask(replica, token, nanos.getAsLong()));
    }

    void digest(long question, Range.OfLog range) {
        send(new Request.DigestLog(
                replica, token, question, range.afterLsn(), range.upToLsn(), range.entries(), range.bytes()));
    }

    void digest(long question, Range.OfImage range) {
        send(new Request.DigestImage(
                replica, token, question, range.lsn(), range.offset(), Math.toIntExact(range.bytes())));
    }

    void truncate(long lsn) {
        sequence++;
        send(new Request.Truncate(replica, token, sequence, lsn));
    }

    /**
     * Sends entries.
     *
     * @param room what was taken for them; the difference to their weight is given back, or taken all the same
     */
    void append(EntryBatch batch, OptionalLong committedLsn, long room) {
        sequence++;
        enter(new Request.Append(replica, token, sequence, batch, committedLsn), room, () -> {});
    }

    void baseBegin(BaseDescriptor base, RangeKey key) {
        sequence++;
        send(new Request.BaseBegin(replica, token, sequence, base, key));
    }

    /** Asks which ranges the target needs: so small, and so few at a time, that it takes no room. */
    void baseOffer(long first, ByteBuffer digests) {
        sequence++;
        send(new Request.BaseOffer(replica, token, sequence, first, digests));
    }

    /**
     * Sends a range.
     *
     * @param room what was taken for it
     * @param covered called when the target says that it has written it: then the transport has read its bytes, and nobody does
     *     any more. Not called after the end of the session, since what waits there to be sent is not known
     */
    void baseRange(long index, ByteBuffer data, long room, Runnable covered) {
        sequence++;
        enter(new Request.BaseRange(replica, token, sequence, index, data), room, covered);
    }

    void baseCommit(ByteBuffer digest) {
        sequence++;
        send(new Request.BaseCommit(replica, token, sequence, digest));
    }

    /**
     * Takes room for what will be sent next: the session's window and the host's bytes. What was taken is given back when
     * the target covers it, or at the end. One at a time.
     *
     * @param bytes how many
     * @param taken called on the strand, now or later, when they are taken; not called when the session ends before that
     */
    void takeRoom(long bytes, Runnable taken) {
        if (ended) {
            return;
        }
        if (isFullFor(bytes)) {
            waitsForWindow = () -> takeRoom(bytes, taken);
            return;
        }
        if (bytesUnderWay == 0) {
            scheduler.takeBytesAnyway(
                    bytes); // one batch is always granted: who fills the host's budget delays no other
            taken.run();
            return;
        }
        Optional<ByteBudget.Wait> wait =
                scheduler.takeBytes(replica.volume(), bytes, () -> strand.execute(() -> granted(bytes, taken)));
        if (wait.isPresent()) {
            waitsForBytes = new WaitsForBytes(wait.get(), bytes, taken);
        } else {
            taken.run();
        }
    }

    private void granted(long bytes, Runnable taken) {
        if (ended) {
            scheduler.giveBytes(bytes);
            return;
        }
        waitsForBytes = null;
        taken.run();
    }

    /**
     * Waits until the window has room for what has its part of the host's bytes already. One at a time.
     *
     * @param then called on the strand, now or later; not called when the session ends before that
     */
    void takeWindow(long bytes, Runnable then) {
        if (isFullFor(bytes)) {
            waitsForWindow = () -> takeWindow(bytes, then);
        } else if (!ended) {
            then.run();
        }
    }

    private boolean isFullFor(long bytes) {
        return bytesUnderWay > 0 && bytesUnderWay + bytes > windowBytes;
    }

    /** Takes the host's bytes for what is read before the window has room for it; false when others need them. */
    boolean takeAhead(long bytes) {
        return scheduler.takeBytesNow(bytes);
    }

    /** Gives back room that was taken and is not used. */
    void giveRoom(long bytes) {
        scheduler.giveBytes(bytes);
    }

    private void enter(Request.Sequenced request, long room, Runnable covered) {
        long weight = Weight.of(request); // counted as the target counts it
        scheduler.giveBytes(room - weight);
        if (ended) {
            scheduler.giveBytes(weight);
            return;
        }
        bytesUnderWay += weight;
        underWay.add(new UnderWay(request.sequence(), weight, covered));
        send(request);
    }

    private void send(Request request) {
        if (!ended && stream != null) {
            stream.send(request);
        }
    }

    /** Ends the session: closes the stream, gives back its bytes. Idempotent. */
    void end() {
        if (ended) {
            return;
        }
        ended = true;
        waitsForWindow = null;
        if (waitsForBytes != null) {
            waitsForBytes.place().forget();
            waitsForBytes = null;
        }
        if (stream != null) {
            stream.close();
        }
        underWay.clear();
        scheduler.giveBytes(bytesUnderWay);
        bytesUnderWay = 0;
    }

    @Override
    public void received(Response response) {
        if (response instanceof Response.Answered answered) {
            if (isMine(response)) { // also after the end: it says when the replica held to this token, and no more
                life.answered(answered.question(), nanos.getAsLong());
            }
        } else {
            strand.execute(() -> deliver(response));
        }
    }

    @Override
    public void closed(RecoveryException why) {
        strand.execute(() -> {
            if (!ended) {
                answers.failed(why);
            }
        });
    }

    private void deliver(Response response) {
        if (ended || !isMine(response)) {
            return; // a late answer of a superseded session raises nothing
        }
        if (response instanceof Response.Fenced fenced) {
            answers.fenced(fenced);
        } else if (response instanceof Response.Refused refused) {
            answers.refused(refused);
        } else if (response instanceof Response.Failed failed) {
            answers.failed(failed.cause());
        } else if (response instanceof Response.Durable durable) {
            cover(durable.covers());
            answers.durable(durable.durableLsn());
            room();
        } else {
            if (response instanceof Response.BaseDurable ranges) {
                cover(ranges.covers());
            } else if (response instanceof Response.Installed installed) {
                cover(installed.covers());
            }
            answers.other(response);
            room();
        }
    }

    private boolean isMine(Response response) {
        return response.token().equals(token) && response.replica().equals(replica);
    }

    private void cover(long covers) {
        long freed = 0;
        while (!underWay.isEmpty() && underWay.peek().sequence() <= covers) {
            UnderWay sent = underWay.remove();
            freed += sent.bytes();
            sent.covered().run();
        }
        bytesUnderWay -= freed;
        scheduler.giveBytes(freed);
    }

    private void room() {
        Runnable again = waitsForWindow;
        WaitsForBytes bytes = waitsForBytes;
        if (ended) {
            return;
        }
        if (again != null) {
            waitsForWindow = null;
            again.run();
        } else if (bytes != null && bytesUnderWay == 0 && bytes.place().forget()) {
            waitsForBytes = null;
            takeRoom(bytes.bytes(), bytes.taken());
        }
    }
}
