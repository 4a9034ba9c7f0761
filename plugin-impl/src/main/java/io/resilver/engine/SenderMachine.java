package io.resilver.engine;

import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The identity of the one sender to a replica, and its sessions. It is keyed by the replica's id: epochs and endpoints
 * come and go, the sender stays (R1, R4). A change that ends the session says so to the caller, who then releases what
 * the session held (R12). For one thread at a time.
 */
public final class SenderMachine {
    private final ReplicaId replica;
    private final Incarnation incarnation;
    private Optional<Endpoint> endpoint;
    private SenderState state = SenderState.IDLE;
    private Supplier<String> why = () -> "new";
    private final LongSupplier sessions;
    private KnownEpochs epochs = KnownEpochs.NONE;
    private Optional<Token> session = Optional.empty();

    /**
     * An idle sender that knows no epoch.
     *
     * @param replica whom it feeds
     * @param incarnation of the replica's volume
     * @param endpoint where the replica's host listens; empty while it is not known
     * @param sessions numbers that rise from 1 on, and that no sender of this replica had in its epoch
     */
    public SenderMachine(
            ReplicaId replica, Incarnation incarnation, Optional<Endpoint> endpoint, LongSupplier sessions) {
        this.replica = replica;
        this.incarnation = incarnation;
        this.endpoint = endpoint;
        this.sessions = sessions;
    }

    /**
     * Whom it feeds.
     *
     * @return the replica's id, which never changes
     */
    public ReplicaId replica() {
        return replica;
    }

    /**
     * Where the replica's host listens.
     *
     * @return the endpoint, or empty while it is not known
     */
    public Optional<Endpoint> endpoint() {
        return endpoint;
    }

    /**
     * What it is doing.
     *
     * @return the state
     */
    public SenderState state() {
        return state;
    }

    /**
     * Why it is in this state (R13).
     *
     * @return for people
     */
    public String why() {
        return why.get();
    }

    /**
     * The active session.
     *
     * @return its token; present exactly in the states that have a session
     */
    public Optional<Token> session() {
        return session;
    }

    /**
     * Which epochs may still attach.
     *
     * @return the epochs known
     */
    public KnownEpochs epochs() {
        return epochs;
    }

    /**
     * An epoch wants to attach. A newer one ends the session of the old; any other changes nothing (R3).
     *
     * @param epoch the primary's term
     * @return how it relates to those seen; a conflict is for the caller to report
     */
    public KnownEpochs.Verdict raise(Epoch epoch) {
        KnownEpochs.Verdict verdict = epochs.judge(epoch);
        if (verdict == KnownEpochs.Verdict.NEWER && state != SenderState.CLOSED) {
            epochs = epochs.seen(epoch);
            rest(() -> "epoch " + epoch + " begins");
        }
        return verdict;
    }

    /**
     * Shuts out epochs for ever, and ends the session if it is of one of them (R3).
     *
     * @param number inclusive
     * @return whether a session ended
     */
    public boolean invalidate(long number) {
        epochs = epochs.invalidate(number);
        return session.isPresent()
                && session.get().epoch().number() <= number
                && rest(() -> "epochs up to " + number + " were invalidated");
    }

    /**
     * The replica's host listens elsewhere. Ends the session and keeps the sender; the same endpoint changes nothing
     * (R4).
     *
     * @param to the endpoint, or empty when it is not known
     * @return whether a session ended
     */
    public boolean moved(Optional<Endpoint> to) {
        if (endpoint.equals(to)) {
            return false;
        }
        endpoint = to;
        return rest(() -> "its endpoint is now " + to.map(Endpoint::toString).orElse("unknown"));
    }

    /**
     * Begins a session in the epoch in force, with a number that no session of this sender had (R5). The token is unique
     * across restarts and hosts because a primary that starts gets a new epoch.
     *
     * @return the token; empty, and nothing changed, when no epoch is in force
     * @throws IllegalStateException when a session is active (R1) or the sender is closed
     */
    public Optional<Token> open() {
        if (!state.mayBecome(SenderState.CONNECTING)) {
            throw new IllegalStateException("sender of " + replica + " is " + state + ": it cannot begin a session");
        }
        if (epochs.current().isEmpty()) {
            return Optional.empty();
        }
        Token token = new Token(incarnation, epochs.current().get(), sessions.getAsLong());
        session = Optional.of(token);
        state = SenderState.CONNECTING;
        why = () -> "session " + token;
        return session;
    }

    /**
     * Goes on to another state. A state without a session ends it (R13).
     *
     * @param next a state that may follow; not connecting, which {@link #open} does
     * @param because for people
     * @throws IllegalStateException when it may not follow
     */
    public void become(SenderState next, String because) {
        become(next, () -> because);
    }

    /**
     * Goes on to another state, for a reason that is put into words only when somebody asks for it: few steps are ever looked at.
     *
     * @param next as above
     * @param because for people; says the same whenever it is asked
     * @throws IllegalStateException when it may not follow
     */
    public void become(SenderState next, Supplier<String> because) {
        if (next == SenderState.CONNECTING || !state.mayBecome(next)) {
            throw new IllegalStateException("sender of " + replica + " is " + state + ": it cannot become " + next);
        }
        state = next;
        why = because;
        if (!next.hasSession()) {
            session = Optional.empty();
        }
    }

    /**
     * Whether an answer belongs to the active session. One that is late, or of another sender, changes nothing.
     *
     * @param token the answer's token
     * @return true only for the active session's token
     */
    public boolean accepts(Token token) {
        return session.isPresent() && session.get().equals(token);
    }

    /** Back to idle, from wherever that is possible; whether a session ended. */
    private boolean rest(Supplier<String> because) {
        boolean active = session.isPresent();
        if (state.mayBecome(SenderState.IDLE)) {
            become(SenderState.IDLE, because);
        }
        return active;
    }
}
