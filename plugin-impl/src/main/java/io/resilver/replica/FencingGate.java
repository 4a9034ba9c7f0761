package io.resilver.replica;

import io.resilver.spi.driver.Admission;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The gate of one store (R2): admits changes with the one token that is current, and nothing else. Raising the token closes
 * the gate to all others under the lock; waiting for those that were admitted before happens outside it.
 *
 * <p>A gate begins shut: a store admits nothing until it has promised the epoch that a quorum operation read (R36). Session
 * 0 of an epoch is the primary's own writer; a sender's sessions are 1 and up (R5).
 *
 * <p>Thread safe. Nothing blocks, and no callback runs under the lock (R21).
 */
public final class FencingGate {
    private final ReplicaId replica;
    private final Incarnation incarnation;
    private Optional<Epoch> floor = Optional.empty();
    private Optional<Token> current = Optional.empty();
    /** The last token that was current: a session that went wrong is over for good, and so is every one before it. */
    private Optional<Token> seen = Optional.empty();

    private int inside;
    private @Nullable List<CompletableFuture<Void>> waiting;

    /** How a token relates to what the gate has seen. */
    public enum Verdict {
        /** It is higher than everything seen. */
        ADMISSIBLE,
        /** It, or a higher one, was seen. */
        TOO_LOW,
        /** The same epoch number with another mint id: an error that somebody must hear about (R3). */
        CONFLICT,
        /** It belongs to another incarnation of the volume. */
        OTHER_INCARNATION
    }

    /**
     * A shut gate.
     *
     * @param replica whose store, for messages
     * @param incarnation of its volume; tokens of another are refused
     */
    public FencingGate(ReplicaId replica, Incarnation incarnation) {
        this.replica = replica;
        this.incarnation = incarnation;
    }

    /**
     * Sets what the store has durably promised. Tokens below are refused from now on; none is current.
     *
     * @param promised the store's promise
     */
    public void promised(Epoch promised) {
        synchronized (this) {
            if (floor.isEmpty() || promised.number() > floor.get().number()) {
                floor = Optional.of(promised);
            }
        }
    }

    /**
     * Judges a token without changing anything.
     *
     * @param token the token
     * @return how it relates to what was seen
     */
    public synchronized Verdict judge(Token token) {
        if (!token.incarnation().equals(incarnation)) {
            return Verdict.OTHER_INCARNATION;
        }
        if (floor.isPresent()) {
            if (floor.get().conflictsWith(token.epoch())) {
                return Verdict.CONFLICT;
            }
            if (token.epoch().number() < floor.get().number()) {
                return Verdict.TOO_LOW;
            }
        }
        boolean overAlready = seen.isPresent()
                && seen.get().epoch().equals(token.epoch())
                && token.session() <= seen.get().session();
        return overAlready ? Verdict.TOO_LOW : Verdict.ADMISSIBLE;
    }

    /**
     * Makes a token the only one that is admitted, and shuts every other out, at once. Then wait for {@link #drained},
     * make the promise durable, and only then read the position.
     *
     * @param token a token
     * @return the verdict; only {@link Verdict#ADMISSIBLE} changes anything
     */
    public synchronized Verdict raise(Token token) {
        Verdict verdict = judge(token);
        if (verdict == Verdict.ADMISSIBLE) {
            floor = Optional.of(token.epoch());
            current = Optional.of(token);
            seen = current;
        }
        return verdict;
    }

    /** Shuts everybody out until a token is raised again: the store is closing, or its session went wrong. */
    public synchronized void shut() {
        current = Optional.empty();
    }

    /**
     * Waits until everything that was admitted before has left.
     *
     * @return completes at once when nobody is inside, otherwise on the thread that leaves last
     */
    public CompletionStage<Void> drained() {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        synchronized (this) {
            if (inside > 0) {
                if (waiting == null) {
                    waiting = new ArrayList<>();
                }
                waiting.add(answer);
                return answer;
            }
        }
        answer.complete(null);
        return answer;
    }

    /**
     * Lets a change in.
     *
     * @param token whose right it is
     * @return a pass; close it when the change is made
     * @throws FencedException when the token is not the current one
     */
    public Admission enter(Token token) throws FencedException {
        synchronized (this) {
            if (current.isEmpty() || !current.get().equals(token)) {
                throw new FencedException(
                        "token " + token + " is not admitted to the store of " + replica + ": current is "
                                + current.map(Token::toString).orElse("none"),
                        floor.map(Epoch::number).orElse(0L));
            }
            inside++;
        }
        return new Pass();
    }

    /**
     * The token that is admitted.
     *
     * @return it, or empty while the gate is shut
     */
    public synchronized Optional<Token> current() {
        return current;
    }

    /**
     * The epoch below which everything is shut out.
     *
     * @return it, or empty before a promise is known
     */
    public synchronized Optional<Epoch> floor() {
        return floor;
    }

    private void leave() {
        List<CompletableFuture<Void>> told = List.of();
        synchronized (this) {
            inside--;
            if (inside == 0 && waiting != null) {
                told = waiting;
                waiting = null;
            }
        }
        told.forEach(each -> each.complete(null));
    }

    private final class Pass implements Admission {
        private boolean left;

        @Override
        public void close() {
            synchronized (this) {
                if (left) {
                    return;
                }
                left = true;
            }
            leave();
        }
    }
}
