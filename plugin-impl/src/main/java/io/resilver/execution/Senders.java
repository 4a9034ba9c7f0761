package io.resilver.execution;

import io.resilver.engine.AssignmentChange;
import io.resilver.engine.AssignmentOrder;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.model.ReplicaId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** The senders of one term: one to each other replica of the assignment in force (R1, R6). Used on the strand. */
final class Senders {
    private final BiFunction<ReplicaAssignment, LongSupplier, Sender> maker;
    private final Map<ReplicaId, Sender> byReplica = new LinkedHashMap<>();
    private Optional<Assignment> inForce = Optional.empty();
    /** Numbers rise over all senders of the term: one that comes after another never repeats its sessions (R5). */
    private long lastSession;

    Senders(BiFunction<ReplicaAssignment, LongSupplier, Sender> maker) {
        this.maker = maker;
    }

    Optional<Sender> find(ReplicaId replica) {
        return Optional.ofNullable(byReplica.get(replica));
    }

    /** A copy: what is done with a sender may change the set. */
    List<Sender> all() {
        return new ArrayList<>(byReplica.values());
    }

    /**
     * Takes another replica set: senders of replicas that stay, stay as they are (R4).
     *
     * @param next an older or equal one changes nothing
     * @param recoverAll whether new senders begin by themselves
     * @param dropped takes each replica that is not assigned any more, after its sender was closed
     * @return whether it was newer
     */
    boolean apply(Assignment next, boolean recoverAll, Consumer<ReplicaId> dropped) {
        if (AssignmentOrder.of(inForce, next) != AssignmentOrder.NEWER) {
            return false;
        }
        AssignmentChange change = AssignmentChange.between(inForce, next);
        inForce = Optional.of(next);
        for (ReplicaId gone : change.removed()) {
            Sender sender = byReplica.remove(gone);
            if (sender != null) {
                sender.close("the replica is not assigned any more");
            }
            dropped.accept(gone);
        }
        for (ReplicaAssignment each : change.added()) {
            add(each, recoverAll);
        }
        change.moved().forEach(this::reassign);
        change.dutyChanged().forEach(this::reassign);
        return true;
    }

    /** One that was just added or has moved knows all of its assignment already, and does nothing. */
    private void reassign(ReplicaAssignment each) {
        Sender present = byReplica.get(each.replica());
        if (present != null) {
            present.reassign(each);
        }
    }

    private void add(ReplicaAssignment assigned, boolean recover) {
        Sender sender = maker.apply(assigned, () -> ++lastSession);
        byReplica.put(assigned.replica(), sender);
        if (assigned.duty() == Duty.REBUILD) {
            sender.rebuildNext();
        }
        if (recover) {
            sender.recover();
        }
    }
}
