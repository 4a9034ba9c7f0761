package io.resilver.simulation.check;

import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One writer at a time, over the record of what the stores of one volume accepted (R2, R3): a store accepts no lower token after
 * a higher one, an epoch is one mint's wherever it is accepted, and an entry is the same wherever it is.
 */
public final class Writers {
    private final Map<ReplicaId, Token> highest = new HashMap<>();
    private final Map<Long, MintId> mints = new HashMap<>();
    private final Map<Long, Map<Long, ByteBuffer>> contents = new HashMap<>();

    /**
     * A store let a token in.
     *
     * @param store whose
     * @param token which
     * @return what is wrong with that
     */
    public Optional<Objection> accepted(ReplicaId store, Token token) {
        MintId mint = mints.putIfAbsent(token.epoch().number(), token.epoch().mint());
        if (mint != null && !mint.equals(token.epoch().mint())) {
            return Optional.of(new Objection(
                    "R3",
                    "the store of " + store + " accepted " + token + ", and " + mint
                            + " was accepted with that number: two writers in one epoch"));
        }
        Token before = highest.get(store);
        if (before != null && isLower(token, before)) {
            return Optional.of(
                    new Objection("R2", "the store of " + store + " accepted " + token + " after " + before));
        }
        highest.put(store, token);
        return Optional.empty();
    }

    /**
     * A store took an entry in.
     *
     * @param store whose
     * @param entry which
     * @return what is wrong with that
     */
    public Optional<Objection> appended(ReplicaId store, LogEntry entry) {
        ByteBuffer before = contents.computeIfAbsent(entry.epoch(), first -> new HashMap<>())
                .putIfAbsent(entry.lsn(), entry.payload());
        return before == null || before.equals(entry.payload())
                ? Optional.empty()
                : Optional.of(new Objection(
                        "R2",
                        "the store of " + store + " has another content of entry " + entry.id() + " than others"));
    }

    /**
     * A disk was replaced: what it accepted went with it.
     *
     * @param store whose
     */
    public void forget(ReplicaId store) {
        highest.remove(store);
    }

    private static boolean isLower(Token token, Token than) {
        return token.epoch().number() < than.epoch().number()
                || (token.epoch().number() == than.epoch().number() && token.session() < than.session());
    }
}
