package io.resilver.bench.planning;

import io.resilver.engine.AssignmentChange;
import io.resilver.engine.AssignmentOrder;
import io.resilver.engine.Permission;
import io.resilver.engine.PlanCheck;
import io.resilver.engine.Planned;
import io.resilver.engine.Planner;
import io.resilver.engine.Progress;
import io.resilver.engine.SenderMachine;
import io.resilver.engine.SenderState;
import io.resilver.engine.Standing;
import io.resilver.execution.PinLedger;
import io.resilver.execution.RecoveryScheduler;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.model.Token;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.PinRequest;
import io.resilver.spi.plan.RecoveryPlan;
import io.resilver.spi.storage.Pin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The replicas that one host feeds, with the engine and nothing else: what is decided and accounted for a replica, in the order
 * in which a sender does it. There is no storage, network, thread, timer, event or clock in it. For one thread.
 */
public final class EngineFleet {
    private static final int SLOTS = 4;
    private static final long BYTES = 64L << 20;

    private static final HostId PEER = new HostId("peer");

    private final List<Facts> facts = Facts.prepared();
    private final List<FleetVolume> volumes = new ArrayList<>();
    private final Map<ReplicaId, SenderMachine> senders = new HashMap<>();
    private final RecoveryScheduler scheduler = new RecoveryScheduler(SLOTS, SLOTS, BYTES);
    private final PinLedger ledger = new PinLedger();
    private final CountedPin pin = new CountedPin();
    private final int replicas;
    private long lastSession;
    private int next;
    private long recovered;

    /** What a source would hold: counts how often it was taken and closed. */
    private static final class CountedPin implements Pin {
        private long taken;
        private long closed;

        @Override
        public long heldBytes() {
            return 0;
        }

        @Override
        public void close() {
            closed++;
        }
    }

    /**
     * Volumes of three copies each, with a sender to every replica but the primary's own.
     *
     * @param replicas how many senders; even
     */
    public EngineFleet(int replicas) {
        this.replicas = replicas;
        for (int number = 0; number < replicas / FleetVolume.OTHERS; number++) {
            FleetVolume volume = new FleetVolume(number, FleetVolume.OTHERS);
            volumes.add(volume);
            Assignment first = volume.inForce();
            for (ReplicaAssignment each : first.replicas()) {
                if (!each.replica().equals(first.self())) {
                    SenderMachine sender = new SenderMachine(
                            each.replica(), first.incarnation(), each.endpoint(), () -> ++lastSession);
                    sender.raise(first.epoch());
                    senders.put(each.replica(), sender);
                }
            }
        }
    }

    /**
     * Recovers the next replica, all of them in turn: it is assigned at another endpoint, a session is opened, its need is
     * decided from history and position, the plan is bound, gets its slot and its pins, is checked again under them, and
     * advances in two reports to its target; pin and slot are given back.
     *
     * @return the plan that was executed
     * @throws IllegalStateException when anything but a catch-up to the committed LSN came of it, or it is not complete
     */
    public RecoveryPlan recoverNext() {
        int index = next;
        next = index + 1 == replicas ? 0 : index + 1;
        FleetVolume volume = volumes.get(index / FleetVolume.OTHERS);
        int which = index % FleetVolume.OTHERS;
        Facts asked = facts.get((int) (recovered % facts.size()));
        SenderMachine sender = assign(volume, which);

        Token token = sender.open().orElseThrow();
        sender.become(SenderState.FENCING, "fencing");
        ReplicaPosition position = asked.position();
        require(sender.accepts(token), "the session is not the sender's");
        sender.become(SenderState.PLANNING, () -> "fenced at LSN " + position.flushedLsn());

        RetainedHistory history = history(asked);
        RecoveryPlan plan = new RecoveryPlan(sender.replica(), token, decide(history, position));
        sender.become(SenderState.WAITING, "waiting for a slot");
        Execution execution = new Execution(asked, sender, plan, history);
        RecoveryScheduler.Slot slot = scheduler.acquireSlot(sender.replica(), PEER, 0, execution);
        require(execution.progress.complete(), "the plan is not complete");
        slot.close();
        sender.become(
                SenderState.KEEPING_UP,
                () -> "durable at LSN " + execution.progress.durable().orElseThrow());
        recovered++;
        return plan;
    }

    /** A newer assignment of the volume ends the session of the replica that has moved, and of no other. */
    private SenderMachine assign(FleetVolume volume, int which) {
        Optional<Assignment> before = Optional.of(volume.move(which));
        Assignment assigned = volume.inForce();
        require(AssignmentOrder.of(before, assigned) == AssignmentOrder.NEWER, "the assignment is not newer");
        AssignmentChange change = AssignmentChange.between(before, assigned);
        require(
                change.added().isEmpty()
                        && change.removed().isEmpty()
                        && change.moved().size() == 1,
                "not one replica has moved");
        ReplicaAssignment moved = change.moved().get(0);
        SenderMachine sender = Objects.requireNonNull(senders.get(moved.replica()), "no sender");
        sender.moved(moved.endpoint());
        return sender;
    }

    /** What a leader makes of its store's history: with its own boundary as committed. */
    private static RetainedHistory history(Facts asked) {
        return asked.history().withCommitted(OptionalLong.of(Facts.HEAD));
    }

    private static Decision decide(RetainedHistory history, ReplicaPosition position) {
        Planned planned = Planner.plan(history, position, Permission.NONE, Standing.OUTSIDE);
        if (planned instanceof Planned.Decided decided
                && decided.decision() instanceof Decision.CatchUp catchUp
                && catchUp.targetLsn() == Facts.HEAD
                && catchUp.truncateToLsn().isEmpty()) {
            return catchUp;
        }
        throw new IllegalStateException("planned was " + planned);
    }

    /** What follows once the slot is taken. */
    private final class Execution implements Runnable {
        private final Facts asked;
        private final SenderMachine sender;
        private final RecoveryPlan plan;
        private final RetainedHistory planned;
        private final Progress progress;

        Execution(Facts asked, SenderMachine sender, RecoveryPlan plan, RetainedHistory planned) {
            this.asked = asked;
            this.sender = sender;
            this.plan = plan;
            this.planned = planned;
            this.progress = Progress.of(plan.decision());
        }

        @Override
        public void run() {
            sender.become(SenderState.RECOVERING, () -> plan.decision().outcome() + " to LSN " + progress.target());
            List<PinRequest> requests = plan.decision().pins();
            List<PinLedger.Held> held = new ArrayList<>(requests.size());
            for (PinRequest request : requests) {
                pin.taken++;
                held.add(ledger.enter(plan.replica(), request, pin));
            }
            require(
                    PlanCheck.of(plan.decision(), planned, history(asked)) == PlanCheck.HOLDS,
                    "the plan does not hold under its pins");
            long start = progress.durable().orElseThrow();
            require(
                    progress.report((start + progress.target()) / 2) == Progress.Step.ADVANCED
                            && progress.report(progress.target()) == Progress.Step.ADVANCED,
                    "a report was no progress");
            held.forEach(PinLedger.Held::close);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }

    /**
     * Looks at what is left: nothing but senders that keep up.
     *
     * @throws IllegalStateException when a slot, a pin or a session was leaked or lost
     */
    public void verify() {
        require(scheduler.active() == 0 && scheduler.waiting() == 0, "slots were leaked");
        require(ledger.count() == 0, "pins are in the ledger");
        require(pin.taken == recovered && pin.closed == recovered, "pins were not closed once");
        require(lastSession == recovered, "sessions were repeated");
        long fed = senders.values().stream()
                .filter(each ->
                        each.state() == SenderState.KEEPING_UP && each.session().isPresent())
                .count();
        require(fed == Math.min(recovered, replicas), "senders have no session");
    }
}
