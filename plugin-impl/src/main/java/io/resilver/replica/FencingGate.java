package io.resilver.replica;

import io.resilver.spi.driver.Admission;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The one way to change a store (R2). Tokens are ordered by epoch number, then session; the gate keeps the highest that
 * has closed it, its level, and admits that token only, once {@link #admit} has said that its promise is durable. So
 * whoever fences goes: {@link #closeBelow}, wait until drained, promise, {@link #admit}. The primary's own writer is
 * session 0 of its epoch.
 *
 * <p>A gate begins shut: it admits nothing and closes to nothing until {@link #open} tells the epoch that the store has
 * promised after a quorum operation (R36).
 *
 * <p>Thread safe. No method blocks; the lock is held for a few assignments and never across I/O or a callback (R21).
 */
public final class FencingGate implements StoreGate {
    private final ReplicaId replica;
    private final Incarnation incarnation;
    private final ReplicaEvents events;
    private final Object lock = new Object();

    private boolean opened;
    private boolean shut;
    private boolean open;
    private Optional<Epoch> epoch = Optional.empty();
    private OptionalLong session = OptionalLong.empty();
    private boolean admitting;
    private Optional<Token> changedBy = Optional.empty();
    private Crowd crowd = new Crowd(CompletableFuture.completedFuture(null));

    /** How a token stands to the gate's level. */
    public enum Standing {
        /** The gate is shut: the store was just opened, or is being closed. */
        SHUT,
        /** Of another incarnation of the volume; the two never compare. */
        OTHER_INCARNATION,
        /** Below the level: its time is over. */
        LOWER,
        /** The level's epoch number with another mint id. */
        CONFLICT,
        /** The level itself. */
        LEVEL,
        /** Above the level: it may close the gate, but not enter. */
        HIGHER
    }

    /**
     * The gate's answer to one who wants to close it.
     *
     * @param standing how the token stood; only {@link Standing#HIGHER} has closed the gate
     * @param level the epoch to which the gate is bound now
     * @param drained completes once all that were admitted before have left; empty when the gate was not closed
     */
    public record Closing(Standing standing, Optional<Epoch> level, Optional<CompletionStage<Void>> drained) {}

    /** Those that were admitted under one level. */
    private static final class Crowd {
        final CompletableFuture<Void> gone = new CompletableFuture<>();
        final CompletionStage<Void> drained;
        int inside;
        boolean replaced;

        Crowd(CompletionStage<Void> before) {
            drained = before.thenCombine(gone, (b, g) -> null);
        }

        boolean isGone() {
            return replaced && inside == 0;
        }
    }

    /**
     * A gate that is shut.
     *
     * @param replica whose store
     * @param incarnation the volume's incarnation
     * @param events hears of refused tokens
     */
    public FencingGate(ReplicaId replica, Incarnation incarnation, ReplicaEvents events) {
        this.replica = replica;
        this.incarnation = incarnation;
        this.events = events;
    }

    /**
     * Opens the gate to those who fence from now on; still nobody may enter.
     *
     * @param promised what the store has durably promised, or empty when the volume has had no epoch yet
     * @throws IllegalStateException when it was opened before: a gate never forgets its level
     */
    @Override
    public void open(Optional<Epoch> promised) {
        synchronized (lock) {
            if (opened) {
                throw new IllegalStateException("the gate of " + replica + " was opened before");
            }
            opened = true;
            open = !shut;
            epoch = promised;
        }
    }

    @Override
    public void keepsTo(Epoch promised) {
        synchronized (lock) {
            if (!opened) {
                epoch = Optional.of(promised);
            }
        }
    }

    /**
     * Whether {@link #open} was called, also when the gate was shut since.
     *
     * @return true from then on
     */
    @Override
    public boolean wasOpened() {
        synchronized (lock) {
            return opened;
        }
    }

    /**
     * Closes the gate for good.
     *
     * @return completes once all that were admitted have left
     */
    @Override
    public CompletionStage<Void> shut() {
        Crowd before;
        synchronized (lock) {
            shut = true;
            open = false;
            admitting = false;
            before = replaceCrowd();
        }
        return whenGone(before);
    }

    /**
     * Lets one change in.
     *
     * @param token by whose right
     * @return a pass, which the caller closes when the change is made; until then nobody with a newer token is told where
     *     the store stands
     * @throws FencedException when it is not the token in office; its epoch is 0 when the store has promised none yet
     */
    @Override
    public Admission enter(Token token) throws FencedException {
        Crowd mine;
        Standing standing;
        Optional<Epoch> level;
        boolean enters;
        boolean first;
        synchronized (lock) {
            standing = standing(token);
            level = epoch;
            mine = crowd;
            enters = standing == Standing.LEVEL && admitting;
            first = enters && !changedBy.equals(Optional.of(token));
            if (enters) {
                mine.inside++;
                changedBy = Optional.of(token);
            }
        }
        if (enters) {
            return first ? told(token, pass(mine)) : pass(mine);
        }
        tell(token, standing, level);
        throw new FencedException(
                "token " + token + " may not change the store of " + replica + ", which is bound to "
                        + level.map(Epoch::toString).orElse("no epoch yet") + " (" + standing + ")",
                level.map(Epoch::number).orElse(0L));
    }

    /** Tells of who changes the store, within its pass: a higher token is let in, and told of, only after it. */
    private Admission told(Token token, Admission pass) {
        boolean told = false;
        try {
            events.tokenAccepted(replica, token);
            told = true;
            return pass;
        } finally {
            if (!told) { // who is counted in and never makes its change would keep every later token waiting
                synchronized (lock) {
                    changedBy = changedBy.filter(each -> !each.equals(token));
                }
                pass.close();
            }
        }
    }

    /**
     * Shuts out every lower token, at once. Who was admitted before may finish.
     *
     * @param token the new level
     * @return whether it closed, and if so when the store is quiet
     */
    @Override
    public Closing closeBelow(Token token) {
        Standing standing;
        Optional<Epoch> level;
        Crowd before;
        synchronized (lock) {
            standing = standing(token);
            level = epoch;
            if (standing != Standing.HIGHER) {
                before = null;
            } else {
                epoch = Optional.of(token.epoch());
                session = OptionalLong.of(token.session());
                admitting = false;
                level = epoch;
                before = replaceCrowd();
            }
        }
        if (before == null) {
            tell(token, standing, level);
            return new Closing(standing, level, Optional.empty());
        }
        return new Closing(standing, level, Optional.of(whenGone(before)));
    }

    /**
     * Lets a token in from now on: its promise is durable.
     *
     * @param token one that has closed the gate
     * @return false when a higher one has closed it since
     */
    @Override
    public boolean admit(Token token) {
        synchronized (lock) {
            if (standing(token) != Standing.LEVEL) {
                return false;
            }
            admitting = true;
            return true;
        }
    }

    /**
     * Ends a session: its token enters no more, and stays the level.
     *
     * @param token the session's token; another one changes nothing
     */
    @Override
    public void retire(Token token) {
        synchronized (lock) {
            if (standing(token) == Standing.LEVEL) {
                admitting = false;
            }
        }
    }

    /**
     * How a token stands now. A hint, except that a token that is {@link Standing#LOWER} stays so.
     *
     * @param token any token
     * @return its standing
     */
    @Override
    public Standing standingOf(Token token) {
        synchronized (lock) {
            return standing(token);
        }
    }

    /**
     * Whether a token could enter now.
     *
     * @param token any token
     * @return true for the token in office
     */
    @Override
    public boolean isCurrent(Token token) {
        synchronized (lock) {
            return admitting && standing(token) == Standing.LEVEL;
        }
    }

    /**
     * The epoch to which the gate is bound.
     *
     * @return the epoch, or empty before the first
     */
    @Override
    public Optional<Epoch> level() {
        synchronized (lock) {
            return epoch;
        }
    }

    /** Tells of a refusal; with no lock held. */
    @Override
    public void tell(Token token, Standing standing, Optional<Epoch> level) {
        if (standing == Standing.CONFLICT) {
            events.mintConflict(replica, token.epoch(), level.orElseThrow());
        } else if (standing == Standing.LOWER || standing == Standing.OTHER_INCARNATION) {
            events.tokenRefused(replica, token, level);
        }
    }

    private Standing standing(Token token) {
        if (!open) {
            return isShutBy(token) ? Standing.CONFLICT : Standing.SHUT;
        }
        if (!token.incarnation().equals(incarnation)) {
            return Standing.OTHER_INCARNATION;
        }
        if (epoch.isEmpty() || token.epoch().number() > epoch.get().number()) {
            return Standing.HIGHER;
        }
        if (token.epoch().number() < epoch.get().number()) {
            return Standing.LOWER;
        }
        if (token.epoch().conflictsWith(epoch.get())) {
            return Standing.CONFLICT;
        }
        if (session.isEmpty() || token.session() > session.getAsLong()) {
            return Standing.HIGHER;
        }
        return token.session() == session.getAsLong() ? Standing.LEVEL : Standing.LOWER;
    }

    /** Whether the gate is shut because of the very term that comes. */
    private boolean isShutBy(Token token) {
        return !opened
                && !shut
                && token.incarnation().equals(incarnation)
                && epoch.filter(token.epoch()::conflictsWith).isPresent();
    }

    private Crowd replaceCrowd() {
        Crowd before = crowd;
        before.replaced = true;
        crowd = new Crowd(before.drained);
        return before;
    }

    private CompletionStage<Void> whenGone(Crowd before) {
        boolean gone;
        synchronized (lock) {
            gone = before.isGone();
        }
        if (gone) {
            before.gone.complete(null);
        }
        return before.drained;
    }

    private Admission pass(Crowd mine) {
        AtomicBoolean left = new AtomicBoolean();
        return () -> {
            if (left.getAndSet(true)) {
                return;
            }
            boolean last;
            synchronized (lock) {
                mine.inside--;
                last = mine.isGone();
            }
            if (last) {
                mine.gone.complete(null);
            }
        };
    }
}
