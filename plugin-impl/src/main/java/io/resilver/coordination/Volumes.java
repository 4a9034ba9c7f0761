package io.resilver.coordination;

import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The records of all volumes, for whoever creates, configures and deletes them. Thread safe; nothing blocks. Changes check
 * the own host node, like every change (R35).
 */
public final class Volumes {
    /** Lost answers in a row before deleting gives up; each came after a connection was lost. */
    private static final int MAX_TRIES = 8;

    /** No record gets there by counting its changes. */
    private static final int NO_VERSION = Integer.MAX_VALUE;

    private final CoordinationStore store;
    private final HostPresence presence;
    private final HostRuntime runtime;
    private final Strand strand;

    /**
     * A way to the records.
     *
     * @param store where they are
     * @param presence this host
     * @param strand where the work runs
     * @param runtime time and randomness
     */
    public Volumes(CoordinationStore store, HostPresence presence, Strand strand, HostRuntime runtime) {
        this.store = store;
        this.presence = presence;
        this.strand = strand;
        this.runtime = runtime;
    }

    /**
     * Creates a volume's record: all replicas are in sync, since empty logs agree, and nobody leads.
     *
     * @param spec what to create
     * @return the new incarnation; fails with a {@link PermanentException} when the volume exists, and with a {@link
     *     RetriableException} that says so when nobody can tell for a while whether it was created (R35)
     */
    public CompletionStage<Incarnation> create(VolumeSpec spec) {
        List<VolumeRecord.Replica> replicas = spec.replicas().stream()
                .map(each -> new VolumeRecord.Replica(each.replica(), each.host(), each.endpoint(), Optional.empty()))
                .toList();
        try {
            requireOneEach(replicas);
            VolumeRecord record = new VolumeRecord(
                    spec.volume(),
                    new Incarnation(RandomIds.next(runtime.random())),
                    new Epoch(1, new MintId(RandomIds.next(runtime.random()))),
                    Optional.empty(),
                    0,
                    replicas,
                    spec.replicas().stream().map(ReplicaAssignment::replica).collect(Collectors.toSet()),
                    spec.leastInSync());
            return new Creation(ground(spec.volume()), record).start();
        } catch (IllegalArgumentException wrong) {
            return CompletableFuture.failedFuture(
                    new PermanentException("volume " + spec.volume() + " cannot be created: " + wrong.getMessage()));
        }
    }

    /** Two copies that one machine takes with it are one copy, and a host serves one replica of a volume. */
    private static void requireOneEach(List<VolumeRecord.Replica> replicas) {
        Map<HostId, ReplicaId> holders = new HashMap<>();
        for (VolumeRecord.Replica each : replicas) {
            ReplicaId other = holders.put(each.host(), each.id());
            if (other != null) {
                throw new IllegalArgumentException("host " + each.host() + " would hold replicas " + other + " and "
                        + each.id() + ": a host holds one replica of a volume");
            }
        }
    }

    /**
     * Reads a volume's record. A hint (R35).
     *
     * @param volume which volume
     * @return the record, or empty when there is none
     */
    public CompletionStage<Optional<VolumeRecord>> read(VolumeId volume) {
        return versioned(volume).thenApply(found -> found.map(Versioned::value));
    }

    private CompletionStage<Optional<Versioned<VolumeRecord>>> versioned(VolumeId volume) {
        String path = Paths.volume(volume);
        return store.read(path)
                .thenComposeAsync(
                        found -> {
                            if (found.isEmpty()) {
                                return CompletableFuture.completedFuture(Optional.empty());
                            }
                            try {
                                return CompletableFuture.completedFuture(Optional.of(new Versioned<>(
                                        VolumeRecordCodec.decode(
                                                path, found.get().value()),
                                        found.get().version())));
                            } catch (RecoveryException corrupt) {
                                return CompletableFuture.failedFuture(corrupt);
                            }
                        },
                        strand);
    }

    /**
     * Deletes the record of one incarnation. Hosts end their work on it when they learn of it; what they hold stays on their
     * disks, and a volume created later under the same id has another incarnation, which this call leaves alone.
     *
     * @param volume which volume
     * @param meant which incarnation; any other is left as it is
     * @param endOwnTerm ends the term that this host may have; run before each try, since this host may have won another
     * @return completes when it is gone; fails with a {@link PermanentException} when another host leads it and is there
     */
    public CompletionStage<Void> delete(
            VolumeId volume, Incarnation meant, Supplier<CompletionStage<Void>> endOwnTerm) {
        return delete(volume, meant, endOwnTerm, 1);
    }

    private CompletionStage<Void> delete(
            VolumeId volume, Incarnation meant, Supplier<CompletionStage<Void>> endOwnTerm, int tries) {
        return endOwnTerm
                .get()
                .thenComposeAsync(ended -> versioned(volume), strand)
                .thenComposeAsync(
                        found -> {
                            Optional<Versioned<VolumeRecord>> ours = found.filter(
                                    each -> each.value().incarnation().equals(meant));
                            if (ours.isEmpty()) {
                                return gone(volume, meant, endOwnTerm, tries);
                            }
                            int version = ours.get().version();
                            return requireUnled(ours.get().value())
                                    .thenCompose(unled -> withNode(
                                            volume,
                                            node -> store.delete(
                                                    Paths.volume(volume),
                                                    Paths.mark(meant),
                                                    version,
                                                    Set.of(Paths.host(node)))))
                                    .thenComposeAsync(
                                            answer -> deleted(volume, meant, endOwnTerm, tries, answer), strand);
                        },
                        strand);
    }

    /** What was read may be from before the volume was made: that it is gone is proved before anybody acts on it. */
    private CompletionStage<Void> gone(
            VolumeId volume, Incarnation meant, Supplier<CompletionStage<Void>> endOwnTerm, int tries) {
        return proved(volume).thenCompose(inForce -> {
            if (inForce.filter(record -> record.incarnation().equals(meant)).isEmpty()) {
                return CompletableFuture.completedFuture(null);
            }
            return tries < MAX_TRIES
                    ? delete(volume, meant, endOwnTerm, tries + 1)
                    : CompletableFuture.failedFuture(new RetriableException(
                            "what is read of volume " + volume + " is from the past: it was not deleted",
                            Duration.ZERO));
        });
    }

    /**
     * A primary whose host is not there can change no record any more, and its members end its term when they learn of the
     * deletion. One whose host is there, in whatever session, may go on: it must end first.
     */
    private CompletionStage<Void> requireUnled(VolumeRecord record) {
        Optional<HostId> primary = record.primary().map(HostNode::host).filter(host -> !host.equals(presence.host()));
        if (primary.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return store.children(Paths.HOSTS)
                .thenComposeAsync(
                        names -> {
                            boolean there = names.stream()
                                    .flatMap(name -> HostNode.parse(name).stream())
                                    .anyMatch(node -> node.host().equals(primary.get()));
                            return there
                                    ? CompletableFuture.failedFuture(
                                            new PermanentException(
                                                    "volume " + record.volume() + " is led by host " + primary.get()
                                                            + ", which is there: delete the volume on that host, which ends its term first"))
                                    : CompletableFuture.completedFuture(null);
                        },
                        strand);
    }

    private CompletionStage<Void> deleted(
            VolumeId volume, Incarnation meant, Supplier<CompletionStage<Void>> endOwnTerm, int tries, Answer answer) {
        if (answer instanceof Answer.Applied) {
            return CompletableFuture.completedFuture(null);
        }
        return mayBeOtherwise(volume, answer) && tries < MAX_TRIES
                ? delete(volume, meant, endOwnTerm, tries + 1)
                : failed("delete", volume, answer);
    }

    /** Whether reading again tells what to do next. */
    private static boolean mayBeOtherwise(VolumeId volume, Answer answer) {
        return (answer instanceof Answer.Missing missing && missing.path().startsWith(Paths.volume(volume)))
                || answer instanceof Answer.Unknown
                || answer instanceof Answer.Conflict;
    }

    /**
     * Reads a volume's record and proves by a write, which changes nothing but its version, that it was in force: for what
     * cannot be taken back. That there is none is proved by a change that no record allows.
     *
     * @param volume which volume
     * @return the record in force, or empty when there is none
     */
    public CompletionStage<Optional<VolumeRecord>> proved(VolumeId volume) {
        return proved(volume, 1);
    }

    private CompletionStage<Optional<VolumeRecord>> proved(VolumeId volume, int tries) {
        String path = Paths.volume(volume);
        return versioned(volume)
                .thenComposeAsync(
                        found -> withNode(
                                        volume,
                                        node -> found.map(record -> store.compareAndSet(
                                                        path,
                                                        VolumeRecordCodec.encode(record.value()),
                                                        record.version(),
                                                        Set.of(
                                                                Paths.host(node),
                                                                Paths.mark(
                                                                        volume,
                                                                        record.value()
                                                                                .incarnation()))))
                                                .orElseGet(() -> store.compareAndSet(
                                                        path, new byte[0], NO_VERSION, Set.of(Paths.host(node)))))
                                .thenComposeAsync(
                                        answer -> {
                                            if (answer instanceof Answer.Applied
                                                    || (found.isEmpty() && answer.equals(new Answer.Missing(path)))) {
                                                return CompletableFuture.completedFuture(found.map(Versioned::value));
                                            }
                                            return mayBeOtherwise(volume, answer) && tries < MAX_TRIES
                                                    ? proved(volume, tries + 1)
                                                    : failed("prove", volume, answer);
                                        },
                                        strand),
                        strand);
    }

    /**
     * Adds one replica, not in sync until it joins (R41).
     *
     * @param replica its id
     * @param host who holds its store
     * @return the record in force; fails with a {@link PermanentException} when another host has a replica of that id
     */
    public CompletionStage<VolumeRecord> addReplica(ReplicaId replica, HostId host) {
        return configure(replica.volume(), record -> {
            Optional<VolumeRecord.Replica> present = record.replica(replica);
            if (present.isPresent()) {
                if (present.get().host().equals(host)) {
                    return record;
                }
                throw new IllegalArgumentException("it has replica " + replica + " on host "
                        + present.get().host() + " already: remove that one first, or use another id");
            }
            List<VolumeRecord.Replica> all = new ArrayList<>(record.replicas());
            all.add(new VolumeRecord.Replica(replica, host, Optional.empty(), Optional.empty()));
            requireOneEach(all);
            return record.configured(all, record.inSync(), record.leastInSync());
        });
    }

    /**
     * Removes one replica that is not in the in-sync set (R41). A member leaves by its primary's decision only (R31): {@link
     * Tenure#remove}.
     *
     * @param replica its id
     * @return the record in force; fails with a {@link PermanentException} for a member, naming who can remove it
     */
    public CompletionStage<VolumeRecord> removeReplica(ReplicaId replica) {
        return configure(replica.volume(), record -> {
            if (record.inSync().contains(replica)) {
                throw new IllegalArgumentException(
                        "replica " + replica + " is in the in-sync set, and only the primary "
                                + record.primary()
                                        .map(node -> "on host " + node.host() + " lets a member go: ask that host")
                                        .orElse("lets a member go: lead the volume, and ask then"));
            }
            return record.replica(replica).isEmpty() ? record : record.without(replica);
        });
    }

    /**
     * Changes how many members a commit needs at least (R41).
     *
     * @param volume which volume
     * @param least 1 to the number of replicas
     * @return the record in force
     */
    public CompletionStage<VolumeRecord> changeLeastInSync(VolumeId volume, int least) {
        return configure(
                volume,
                record -> record.leastInSync() == least
                        ? record
                        : record.configured(record.replicas(), record.inSync(), least));
    }

    private CompletionStage<VolumeRecord> configure(VolumeId volume, Function<VolumeRecord, VolumeRecord> how) {
        RecordChange.Rule<VolumeRecord> rule = record -> {
            try {
                return new RecordChange.Write<>(how.apply(record), Versioned::value);
            } catch (IllegalArgumentException wrong) {
                return new RecordChange.Refuse<>(
                        new PermanentException("volume " + volume + " was not changed: " + wrong.getMessage()));
            }
        };
        RecordChange<VolumeRecord> change = new RecordChange<>(ground(volume), rule, now -> {}, () -> false);
        CompletableFuture<VolumeRecord> result = new CompletableFuture<>();
        strand.execute(() -> change.start().whenComplete((record, error) -> {
            if (error == null) {
                result.complete(record);
            } else {
                result.completeExceptionally(RecordChange.recovery(error));
            }
        }));
        return result;
    }

    private RecordChange.Ground ground(VolumeId volume) {
        return new RecordChange.Ground(store, presence, runtime, strand, volume, Optional.empty());
    }

    private CompletionStage<Answer> withNode(VolumeId volume, Function<HostNode, CompletionStage<Answer>> send) {
        return presence.node()
                .filter(node -> presence.mayDecide())
                .map(send)
                .orElseGet(() -> CompletableFuture.failedFuture(new RetriableException(
                        "host " + presence.host() + " has no lease from the coordination service: volume " + volume
                                + " was not changed",
                        Duration.ZERO)));
    }

    private static <T> CompletionStage<T> failed(String what, VolumeId volume, Answer answer) {
        RecoveryException why = answer instanceof Answer.Denied denied
                ? new PermanentException("this host may not " + what + " volume " + volume + " (" + denied.why()
                        + "): check the credentials for the coordination service")
                : new RetriableException(
                        "the coordination service did not " + what + " volume " + volume + ": " + answer,
                        Duration.ZERO);
        return CompletableFuture.failedFuture(why);
    }
}
