package io.resilver.host;

import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.Volumes;
import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Repeated;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks in turn whether the volumes of the open stores are still there and still have them, and lets go of the store of one
 * that is not. It
 * needs no watch, and reads at a bounded rate however many stores are open (R40): with few each is looked at every
 * {@link #ROUND}. What was read is a hint; that it is gone is proved by a write before anything ends (R35).
 */
final class OrphanWatch {
    private static final Logger LOG = LoggerFactory.getLogger(OrphanWatch.class);

    static final Duration ROUND = Duration.ofSeconds(1);

    /** Looks a round: with a thousand stores each is looked at about once a minute. */
    private static final int MOST_AT_ONCE = 16;

    private static final CompletionStage<Void> DONE = CompletableFuture.completedFuture(null);

    /** The order of the stores: whoever keeps them keeps them so, since none is to be sorted each round. */
    static final Comparator<ReplicaId> ORDER = Comparator.<ReplicaId, String>comparing(
                    each -> each.volume().value())
            .thenComparing(ReplicaId::name);

    private final Volumes volumes;
    private final ConcurrentNavigableMap<ReplicaId, LocalReplica> open;
    private final BiFunction<LocalReplica, String, CompletionStage<Void>> orphaned;
    private final BiConsumer<LocalReplica, VolumeRecord> there;
    private final Repeated rounds;
    /** Stores that are being let go of: however long that takes, it is asked for once, and nothing is proved again (R21). */
    private final Set<LocalReplica> going = ConcurrentHashMap.newKeySet();

    private Optional<ReplicaId> lookedAt = Optional.empty();
    /** What the last round asked. */
    private CompletableFuture<Void> asked = CompletableFuture.completedFuture(null);

    /**
     * A watch that does nothing yet.
     *
     * @param open the stores that are open at the time, in {@link #ORDER}
     * @param orphaned lets go of a store, with the reason
     * @param there hears of a record that has the replica of a store; it may be an old one
     */
    OrphanWatch(
            HostRuntime runtime,
            Volumes volumes,
            ConcurrentNavigableMap<ReplicaId, LocalReplica> open,
            BiFunction<LocalReplica, String, CompletionStage<Void>> orphaned,
            BiConsumer<LocalReplica, VolumeRecord> there) {
        this.volumes = volumes;
        this.open = open;
        this.orphaned = orphaned;
        this.there = there;
        this.rounds = new Repeated(runtime, runtime.workers(), ROUND, "stores whose volume may be gone", this::round);
    }

    /** Begins to look. Call once. */
    void start() {
        rounds.start();
    }

    /** Looks no more; what is under way ends by itself. */
    void stop() {
        rounds.stop();
    }

    /** A round waits for the answers of the one before it, so that a service that is away is not asked more and more. */
    private void round() {
        if (asked.isDone()) {
            asked = CompletableFuture.allOf(next().stream()
                    .map(each -> look(each).toCompletableFuture())
                    .toArray(CompletableFuture[]::new));
        }
    }

    /** The next few in the order of their ids, from where the last round ended. Rounds come one after the other. */
    private List<LocalReplica> next() {
        Collection<LocalReplica> left =
                lookedAt.map(last -> open.tailMap(last, false)).orElse(open).values();
        List<LocalReplica> after = left.stream().limit(MOST_AT_ONCE).toList();
        lookedAt = after.size() < MOST_AT_ONCE
                ? Optional.empty()
                : Optional.of(after.get(after.size() - 1).id());
        return after;
    }

    /** Completes when it is known whether the volume is there; that its store is let go of is not waited for. */
    private CompletionStage<Void> look(LocalReplica local) {
        if (going.contains(local)) {
            return DONE;
        }
        return volumes.read(local.id().volume())
                .thenCompose(found -> isOf(local, found)
                        ? isThere(local, found.orElseThrow())
                        : volumes.proved(local.id().volume()).thenAccept(proved -> {
                            if (!isOf(local, proved) && going.add(local)) {
                                told(local, orphaned.apply(local, why(local, proved)));
                            }
                        }))
                .handle((nothing, failure) -> {
                    failed(local, failure);
                    return null;
                });
    }

    private CompletionStage<Void> isThere(LocalReplica local, VolumeRecord record) {
        there.accept(local, record);
        return DONE;
    }

    private static String why(LocalReplica local, Optional<VolumeRecord> proved) {
        return proved.map(record -> record.incarnation().equals(local.incarnation())
                        ? "the volume has no such replica any more"
                        : "the volume was deleted and created again: its record is of incarnation "
                                + record.incarnation())
                .orElse("the volume was deleted: it has no record");
    }

    private void told(LocalReplica local, CompletionStage<Void> letGo) {
        letGo.whenComplete((nothing, failure) -> {
            going.remove(local);
            failed(local, failure);
        });
    }

    private static void failed(LocalReplica local, @Nullable Throwable failure) {
        if (failure != null) {
            LOG.atDebug()
                    .setMessage("a volume could not be looked for: it is looked for again")
                    .addKeyValue("replica", local.id())
                    .addKeyValue("why", Failures.typed(failure).getMessage())
                    .log();
        }
    }

    private static boolean isOf(LocalReplica local, Optional<VolumeRecord> found) {
        return found.filter(record -> record.incarnation().equals(local.incarnation())
                        && record.replica(local.id()).isPresent())
                .isPresent();
    }
}
