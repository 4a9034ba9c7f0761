package io.resilver.execution;

import io.resilver.engine.PlanCheck;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.plan.PinRequest;
import io.resilver.spi.plan.RecoveryPlan;
import io.resilver.spi.policy.Budgets;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The pins of one execution: taken in the plan's order, checked against the history read again (R9), capped (R20), and
 * released once (R12).
 */
final class ExecutionPins {
    /** How often caps are looked at between steps: a second of writes beyond a cap does not fill a disk. */
    static final Duration CAP_CHECK = Duration.ofSeconds(1);

    /** The part of the bytes that pins may hold from which on a recovery hurries: the rest is room for what it is slower by. */
    private static final int COSTLY_PART_OF_BYTES = 2;

    /** The part of the time that pins may stand still: a base of 64 GiB is sent in the rest of it at 20 MB/s, as before. */
    private static final int COSTLY_PART_OF_AGE = 4;

    private final RecoveryPlan plan;
    private final RetainedHistory planned;
    private final ExecutionPorts ports;
    private final Budgets budgets;
    private final List<PinLedger.Held> held = new ArrayList<>();
    private long advancedNanos;
    /** Set by the call that takes the pins; the strand looks after its cap meanwhile. */
    private volatile @Nullable HeldLog log;

    private @Nullable BasePin base;
    private PinLedger.@Nullable Held baseHeld;
    private boolean released;
    private boolean costly;

    /** A log pin with its entry in the ledger. */
    record HeldLog(LogPin pin, PinLedger.Held held, Optional<EntryCursor> cursor) {
        /** Lets go of it. */
        void close() {
            cursor.ifPresent(held::close);
            held.close();
        }
    }

    ExecutionPins(RecoveryPlan plan, RetainedHistory planned, ExecutionPorts ports, Budgets budgets) {
        this.plan = plan;
        this.planned = planned;
        this.ports = ports;
        this.budgets = budgets;
        this.advancedNanos = ports.io().nanos();
    }

    Optional<BasePin> basePin() {
        return Optional.ofNullable(base);
    }

    Optional<HeldLog> logPin() {
        return Optional.ofNullable(log);
    }

    /** The log pin, whose owner from now on is the feeder. */
    HeldLog handOverLog() {
        HeldLog handed = Objects.requireNonNull(log, "a replay without a log pin");
        held.remove(handed.held());
        return handed;
    }

    void take(Runnable done, Consumer<RecoveryException> failed) {
        // Everything is entered in the ledger by the same call that takes it: nothing is held and not known.
        ports.io()
                .run(
                        this::takeAll,
                        taken -> {
                            if (released) {
                                taken.forEach(PinLedger.Held::close);
                                return; // the execution ended meanwhile; it has told so already
                            }
                            held.addAll(taken);
                            done.run();
                        },
                        failed);
    }

    private List<PinLedger.Held> takeAll() throws RecoveryException {
        List<PinLedger.Held> taken = new ArrayList<>();
        try {
            for (PinRequest request : plan.decision().pins()) {
                takeOne(request, taken);
            }
            RetainedHistory again = ports.history();
            PlanCheck check = ports.planning().check(plan.decision(), planned, again);
            if (check != PlanCheck.HOLDS) {
                throw new RetriableException("the plan does not hold any more: " + check, Duration.ZERO);
            }
            return taken;
        } catch (RecoveryException | RuntimeException | Error e) {
            taken.forEach(PinLedger.Held::close);
            throw e;
        }
    }

    private void takeOne(PinRequest request, List<PinLedger.Held> taken) throws RecoveryException {
        switch (request.kind()) {
            case LOG -> {
                LogPin pin = ports.source().pinLog(request.lsn());
                PinLedger.Held entry = ports.ledger().enter(plan.replica(), request, pin);
                taken.add(entry);
                log = new HeldLog(pin, entry, Optional.empty());
                return;
            }
            case SNAPSHOT -> base = ports.source().pinSnapshot(request.lsn());
            case FULL_BASE -> base = ports.source().pinFullBase(request.lsn());
        }
        BasePin pin = Objects.requireNonNull(base, "an adapter answered a pin with null");
        PinLedger.Held entry = ports.ledger().enter(plan.replica(), request, pin);
        taken.add(entry);
        baseHeld = entry;
        long lsn = pin.base().lsn();
        if (request.kind() == PinRequest.Kind.SNAPSHOT ? lsn != request.lsn() : lsn < request.lsn()) {
            throw new PermanentException("the adapter pinned a base at LSN " + lsn + " for " + request);
        }
    }

    void releaseBase() {
        if (baseHeld != null) {
            held.remove(baseHeld);
            baseHeld.close();
        }
    }

    void releaseAll() {
        released = true;
        held.forEach(PinLedger.Held::close);
        held.clear();
    }

    /** The target made more of the log durable: what it does not need any more is let go, and the pin is young again. */
    void advanced(long nowNanos) {
        advancedNanos = nowNanos;
    }

    /** Whether what is held has come near to what may be held; once it has, for good. */
    boolean areCostly() {
        return costly;
    }

    /** Revokes everything when it costs too much: a lagging replica never fills the source's disk (R20). */
    void checkCaps(long nowNanos) throws RecoveryException {
        List<PinLedger.Held> all = new ArrayList<>(held);
        HeldLog own = log;
        if (own != null && !all.contains(own.held())) {
            all.add(own.held());
        }
        long bytes;
        try {
            bytes = all.stream().mapToLong(PinLedger.Held::heldBytes).sum();
        } catch (RuntimeException | Error bug) {
            throw ports.io().site().says(bug);
        }
        long stoodStillNanos = nowNanos - advancedNanos;
        costly |= bytes > budgets.pinBytes() / COSTLY_PART_OF_BYTES
                || stoodStillNanos > budgets.pinAge().toNanos() / COSTLY_PART_OF_AGE;
        boolean old = stoodStillNanos > budgets.pinAge().toNanos();
        if (!all.isEmpty() && (bytes > budgets.pinBytes() || old)) {
            String why = old
                    ? "it was not advanced for longer than " + budgets.pinAge()
                    : bytes + " bytes are more than " + budgets.pinBytes();
            all.forEach(each -> {
                ports.revoked(each, each.heldBytesIfKnown().orElse(0), why);
                each.close();
            });
            throw new LogTrimmedException(
                    "the pins of the recovery of " + plan.replica() + " were revoked: " + why,
                    plan.decision().target().orElse(0));
        }
    }

    /**
     * The log pin that keep-up goes on with, with the log's tail read again (R19): the replay's, or a new one where nothing
     * was replayed. Its owner is the caller from now on.
     */
    void keepUpLog(long durableLsn, Consumer<HeldLog> done, Consumer<RecoveryException> failed) {
        ports.io()
                .run(
                        () -> {
                            HeldLog own = log;
                            if (own == null) {
                                PinRequest request = new PinRequest(PinRequest.Kind.LOG, durableLsn);
                                LogPin pin = ports.source().pinLog(durableLsn);
                                own = new HeldLog(
                                        pin, ports.ledger().enter(plan.replica(), request, pin), Optional.empty());
                                own = withCursor(own, durableLsn);
                            }
                            try {
                                requireTail(durableLsn);
                            } catch (RecoveryException | RuntimeException | Error e) {
                                own.close();
                                throw e;
                            }
                            return own;
                        },
                        own -> {
                            held.remove(own.held());
                            done.accept(own);
                        },
                        failed);
    }

    private static HeldLog withCursor(HeldLog log, long fromLsn) throws RecoveryException {
        try {
            return new HeldLog(log.pin(), log.held(), Optional.of(log.pin().open(fromLsn)));
        } catch (RecoveryException | RuntimeException | Error e) {
            log.close();
            throw e;
        }
    }

    private void requireTail(long durableLsn) throws RecoveryException {
        RetainedHistory again = ports.history();
        if (again.tailLsn() > durableLsn) {
            throw new LogTrimmedException("keep-up cannot go on at LSN " + durableLsn, again.tailLsn());
        }
    }
}
