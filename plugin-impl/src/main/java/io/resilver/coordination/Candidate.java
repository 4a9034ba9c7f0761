package io.resilver.coordination;

import io.resilver.engine.EpochLimit;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * One attempt of one replica to become primary: what it writes, given a record (R32). It remembers the epoch that it found
 * first; a record with another one, which it did not mint, means that somebody else was faster.
 */
final class Candidate {
    private final ReplicaId self;
    private final StoreIdentity identity;
    private final Optional<Epoch> ownPromise;
    private final boolean usable;
    private final Optional<UncleanPermission> permission;
    private final MintId mint;
    private Optional<Epoch> first = Optional.empty();
    private boolean permitted;

    Candidate(
            ReplicaId self,
            StoreIdentity identity,
            Optional<Epoch> ownPromise,
            boolean usable,
            Optional<UncleanPermission> permission,
            MintId mint) {
        this.self = self;
        this.identity = identity;
        this.ownPromise = ownPromise;
        this.usable = usable;
        this.permission = permission;
        this.mint = mint;
    }

    RecordChange.Verdict<TakeOver> judge(
            VolumeRecord record, HostPresence presence, Function<Versioned<VolumeRecord>, TakeOver> minted) {
        Optional<HostNode> node = presence.node();
        if (record.epoch().mint().equals(mint)) { // ours: the answer was lost; settle it
            return new RecordChange.Write<>(node.isPresent() ? record.ledBy(node) : record, minted);
        }
        if (node.isEmpty()) {
            return new RecordChange.Refuse<>(
                    new RetriableException("host " + presence.host() + " has no node in its session", Duration.ZERO));
        }
        if (first.isPresent() && !first.get().equals(record.epoch())) {
            return new RecordChange.End<>(new TakeOver.LostRace(record));
        }
        first = Optional.of(record.epoch());
        if (!usable) { // not even with permission: its content counts for nothing (R36)
            return new RecordChange.End<>(
                    new TakeOver.NotCandidate("the store of replica " + self + " is not usable until it is rebuilt"));
        }
        if (record.replica(self)
                .filter(each -> each.host().equals(presence.host()))
                .isEmpty()) { // not even with permission: there is nothing of this volume to lead from here (R41)
            return new RecordChange.End<>(new TakeOver.NotCandidate("the record has no replica " + self + " on host "
                    + presence.host() + ", it has " + record.replicas()));
        }
        Optional<String> objection = objection(record);
        if (objection.isPresent()) {
            if (permission.isPresent() && !permission.get().isFor(record)) {
                return new RecordChange.End<>(new TakeOver.NotCandidate(objection.get()
                        + ", and the record has changed since its take-over was permitted: look at it and ask again"));
            }
            if (!permitted()) {
                return new RecordChange.End<>(new TakeOver.NotCandidate(objection.get()));
            }
        }
        long above = Math.max(
                record.epoch().number(),
                ownPromise.map(Epoch::number).orElse(record.epoch().number()));
        if (above >= EpochLimit.HIGHEST) {
            return new RecordChange.Refuse<>(new PermanentException("replica " + self
                    + " has promised the last epoch there is, " + EpochLimit.HIGHEST
                    + ", or one beyond it: its promise is corrupt, rebuild it"));
        }
        // whoever leads uncleanly is in sync with itself alone: nobody else is known to agree with it
        VolumeRecord ground =
                objection.isEmpty() ? record : record.withSet(Set.of(self)).opened(self, identity, presence.endpoint());
        return new RecordChange.Write<>(ground.minted(new Epoch(above + 1, mint), node.get()), minted);
    }

    private Optional<String> objection(VolumeRecord record) {
        if (!record.inSync().contains(self)) {
            return Optional.of("replica " + self + " is not in the in-sync set " + record.inSync());
        }
        Optional<StoreIdentity> recorded = record.replica(self).flatMap(VolumeRecord.Replica::store);
        boolean known = recorded.isPresent()
                && recorded.get().id().equals(identity.id())
                && recorded.get().openCount() <= identity.openCount();
        return known
                ? Optional.empty()
                : Optional.of("the record knows another store of replica " + self + " than " + identity + ": "
                        + recorded.map(StoreIdentity::toString).orElse("none"));
    }

    private boolean permitted() {
        permitted = permitted || permission.map(UncleanPermission::spend).orElse(false);
        return permitted;
    }
}
