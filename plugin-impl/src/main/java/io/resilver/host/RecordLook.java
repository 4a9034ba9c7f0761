package io.resilver.host;

import io.resilver.coordination.HostNode;
import io.resilver.coordination.HostSession;
import io.resilver.coordination.TakeOverPace;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.Volumes;
import io.resilver.runtime.HostRuntime;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a volume's record, and where it names a primary, whether that is there. A look waits for the host's turn, since what
 * makes one volume look, a host that dies or a session that ends, mostly makes all of them; one is under way at a time. What
 * it sees is a hint (R35). On the replica's strand.
 */
final class RecordLook {
    private static final CompletionStage<Void> NOTHING = CompletableFuture.completedStage(null);

    private final LocalReplica replica;
    private final TakeOverPace pace;
    private final Volumes volumes;
    private final HostSession session;
    private final Listener listener;
    private final Rereading rereading;
    private boolean underWay;
    private boolean closed;

    /** Hears what is seen, on the strand. */
    interface Listener {
        /** The record of the volume, of the incarnation that is open here. */
        void recordSeen(VolumeRecord record);

        /** The hosts that are there, where it matters to the record seen. */
        void hostsSeen(Optional<HostNode> own, Set<HostNode> live);

        /** A look has ended, whatever it saw. */
        void looked();

        /**
         * A look that saw the record has ended, and the host's turn is still this volume's.
         *
         * @param turn the host's turn
         * @return whether the listener goes on in that turn and gives it back; then {@link #looked} is not told
         */
        boolean keepsTurn(TakeOverPace.Turn turn);
    }

    RecordLook(
            LocalReplica replica,
            TakeOverPace pace,
            Volumes volumes,
            HostSession session,
            HostRuntime runtime,
            Listener listener) {
        this.replica = replica;
        this.pace = pace;
        this.volumes = volumes;
        this.session = session;
        this.listener = listener;
        this.rereading = new Rereading(runtime.clock(), runtime.random());
    }

    /** Something has happened: what follows from it is looked for soon. */
    void expect() {
        rereading.expect();
    }

    /** How long until a look is due without a hint; while one is under way, its end looks again. */
    Duration dueIn(boolean isWell) {
        return underWay ? Rereading.LONGEST : rereading.dueIn(isWell);
    }

    /** Looks when it is this volume's turn, unless a look is under way. */
    void look(boolean isWell) {
        if (underWay || closed) {
            return;
        }
        underWay = true;
        pace.enter(replica.strand(), turn -> {
            if (closed) {
                underWay = false;
                turn.leave();
                return;
            }
            now(isWell)
                    .whenComplete((seen, failure) -> on(() -> {
                        underWay = false;
                        boolean kept = false;
                        try {
                            kept = failure == null && listener.keepsTurn(turn);
                        } finally {
                            if (!kept) {
                                turn.leave();
                            }
                        }
                        if (!kept) {
                            listener.looked();
                        }
                    }));
        });
    }

    /**
     * Looks at once, for who has a turn.
     *
     * @return completes on any thread when everything that was seen has been told; fails when the record, or the hosts where they
     *     matter, could not be read: then nobody is to be taken for gone
     */
    CompletionStage<Void> now(boolean isWell) {
        rereading.reads(isWell);
        CompletableFuture<Void> told = new CompletableFuture<>();
        volumes.read(replica.id().volume())
                .whenComplete((found, failure) -> on(() -> {
                    if (failure != null || closed) {
                        end(told, failure);
                        return;
                    }
                    try {
                        found.filter(record -> record.incarnation().equals(replica.incarnation()))
                                .map(this::seen)
                                .orElse(NOTHING)
                                .whenComplete((nothing, unread) -> end(told, unread));
                    } catch (RuntimeException bug) { // the look ends, and with it the host's turn
                        told.completeExceptionally(bug);
                        throw bug;
                    }
                }));
        return told;
    }

    private void end(CompletableFuture<Void> told, @Nullable Throwable failure) {
        if (failure == null) {
            rereading.succeeded();
            told.complete(null);
        } else {
            rereading.failed();
            told.completeExceptionally(failure);
        }
    }

    private CompletionStage<Void> seen(VolumeRecord record) {
        listener.recordSeen(record);
        return lookForPrimary(record);
    }

    /**
     * Whether the primary of this record is there: who is missing in what was seen before may have come since, so that the
     * hosts are read again before anybody is taken for gone (R39).
     */
    private CompletionStage<Void> lookForPrimary(VolumeRecord record) {
        Set<HostNode> before = session.liveHosts();
        if (record.primary().map(before::contains).orElse(!before.isEmpty())) {
            listener.hostsSeen(session.node(), before);
            return NOTHING;
        }
        CompletableFuture<Void> known = new CompletableFuture<>();
        session.readHosts()
                .whenComplete((now, failure) -> on(() -> {
                    try {
                        if (failure == null) {
                            listener.hostsSeen(session.node(), now);
                        }
                    } finally {
                        end(known, failure);
                    }
                }));
        return known;
    }

    /** Looks no more; a turn that comes yet is given back. */
    void close() {
        closed = true;
    }

    private void on(Runnable task) {
        replica.strand().execute(task);
    }
}
