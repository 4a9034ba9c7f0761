package io.resilver.replica;

import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.MonotonicClock;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The changes of a session, made on the I/O executor, one group at a time. A group is one request, or a run of appends or
 * of base ranges that is flushed together.
 */
final class SessionWork {
    private final ReplicaVolume volume;
    private final MonotonicClock clock;
    private final ReplicaListener listener;
    private @Nullable StagedInstall install;
    private long committedTold;

    SessionWork(ReplicaVolume volume, MonotonicClock clock, ReplicaListener listener) {
        this.volume = volume;
        this.clock = clock;
        this.listener = listener;
    }

    /** Ends what a session has open; what was staged is kept for the next one (R17). */
    void endSession() {
        if (install != null) {
            install.close();
            install = null;
        }
    }

    Group group(Request first) {
        return new Group(first);
    }

    /** Requests that are made durable together. */
    final class Group {
        private final List<Request> requests = new ArrayList<>();

        private Group(Request first) {
            requests.add(first);
        }

        boolean takes(Request next) {
            Request first = requests.get(0);
            boolean appends = first instanceof Request.Append && next instanceof Request.Append;
            boolean ranges = first instanceof Request.BaseRange && next instanceof Request.BaseRange;
            return (appends || ranges) && next.token().equals(first.token());
        }

        void add(Request next) {
            requests.add(next);
        }

        Optional<Response> run() throws RecoveryException {
            Request first = requests.get(0);
            Request.Sequenced last = (Request.Sequenced) requests.get(requests.size() - 1);
            if (first instanceof Request.Append) {
                return Optional.of(new Response.Durable(last.replica(), last.token(), last.sequence(), append()));
            }
            if (first instanceof Request.BaseRange) {
                return Optional.of(new Response.BaseDurable(last.replica(), last.token(), last.sequence(), ranges()));
            }
            if (first instanceof Request.Truncate truncate) {
                requireNoInstall();
                volume.truncateTo(truncate.lsn());
                long end = volume.position().flushedLsn();
                return Optional.of(new Response.Truncated(last.replica(), last.token(), last.sequence(), end));
            }
            if (first instanceof Request.BaseBegin begin) {
                endSession();
                StagedInstall begun = volume.beginInstall(begin.base());
                install = begun;
                return Optional.of(
                        new Response.BaseReady(last.replica(), last.token(), last.sequence(), begun.durableRanges()));
            }
            Request.BaseCommit commit = (Request.BaseCommit) first;
            return Optional.of(new Response.Installed(last.replica(), last.token(), last.sequence(), install(commit)));
        }

        private long append() throws RecoveryException {
            requireNoInstall();
            OptionalLong committed = OptionalLong.empty();
            boolean wrote = false;
            for (Request each : requests) {
                Request.Append append = (Request.Append) each;
                if (!append.batch().isEmpty()) {
                    volume.append(append.batch());
                    wrote = true;
                }
                if (append.committedLsn().isPresent()) {
                    committed = append.committedLsn();
                }
            }
            long durable = wrote ? flush() : volume.position().flushedLsn();
            // Its own lower bound comes from what was committed so, and never exceeds what it holds durably (R30).
            long told = Math.min(committed.orElse(0), durable);
            if (told > committedTold) {
                volume.committed(told);
                committedTold = told;
            }
            return durable;
        }

        private long flush() throws RecoveryException {
            long before = clock.nanos();
            long durable = volume.flush();
            listener.forced(clock.nanos() - before);
            return durable;
        }

        private long ranges() throws RecoveryException {
            StagedInstall open = requireInstall();
            for (Request each : requests) {
                Request.BaseRange range = (Request.BaseRange) each;
                open.write(range.index(), range.data());
            }
            long before = clock.nanos();
            open.flush();
            listener.forced(clock.nanos() - before);
            return open.durableRanges().cardinality();
        }

        private long install(Request.BaseCommit commit) throws RecoveryException {
            StagedInstall open = requireInstall();
            BaseDescriptor base = open.base();
            open.flush();
            ByteBuffer found = ByteBuffer.wrap(digest(open, base));
            if (!found.equals(commit.digest().duplicate())) {
                open.discard(); // it may not be confirmed by anything later
                endSession();
                throw new CorruptException(
                        "the staged base of " + commit.replica() + " is not what was sent: it is discarded",
                        "staging",
                        0);
            }
            open.commit();
            endSession();
            committedTold = 0;
            return volume.position().flushedLsn();
        }

        /** SHA-256 over the SHA-256 of every range, read back from the disk: what is installed is what was verified. */
        private byte[] digest(StagedInstall open, BaseDescriptor base) throws RecoveryException {
            MessageDigest whole = sha256();
            MessageDigest each = sha256();
            ByteBuffer range = ByteBuffer.allocate((int) Math.min(base.rangeBytes(), Math.max(1, base.sizeBytes())));
            for (long index = 0; index < base.ranges(); index++) {
                range.clear().limit(base.rangeLength(index));
                open.read(index, range);
                each.update(range.array(), 0, base.rangeLength(index));
                whole.update(each.digest());
            }
            return whole.digest();
        }

        private void requireNoInstall() throws PermanentException {
            if (install != null) {
                throw new PermanentException("a base is being installed: the log follows only a verified base (R18)");
            }
        }

        private StagedInstall requireInstall() throws PermanentException {
            if (install == null) {
                throw new PermanentException("no base was begun in this session");
            }
            return install;
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
