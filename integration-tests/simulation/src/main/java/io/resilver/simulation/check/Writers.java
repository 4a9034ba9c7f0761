package io.resilver.simulation.check;

import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One writer at a time, over the record of what the stores of one volume accepted (R2, R3): a store accepts no lower token after
 * a higher one, an epoch is one mint's wherever it is accepted, and an entry is the same wherever it is.
 */
public final class Writers {
    private final Map<ReplicaId, Token> highest = new HashMap<>();
    private final Map<Long, MintId> mints = new HashMap<>();
    private final Map<ReplicaId, Map<Long, MintId>> mintsOfStores = new HashMap<>();
    /** Numbers that were minted twice, each time from a record of before the other. */
    private final Set<Long> doubled = new HashSet<>();

    private boolean restored;
    private final Map<Long, Map<Long, ByteBuffer>> contents = new HashMap<>();

    /**
     * A store let a token in.
     *
     * @param store whose
     * @param token which
     * @return what is wrong with that
     */
    public Optional<Objection> accepted(ReplicaId store, Token token) {
        long number = token.epoch().number();
        Optional<MintId> other = other(mints, token.epoch());
        if (other.isPresent() && restored) {
            doubled.add(number);
            other = other(mintsOfStores.computeIfAbsent(store, first -> new HashMap<>()), token.epoch());
        }
        if (other.isPresent()) {
            return Optional.of(new Objection(
                    "R3",
                    "the store of " + store + " accepted " + token + ", and " + other.get()
                            + " was accepted with that number: two writers in one epoch"));
        }
        mintsOfStores
                .computeIfAbsent(store, first -> new HashMap<>())
                .put(number, token.epoch().mint());
        Token before = highest.get(store);
        if (before != null && isLower(token, before)) {
            return Optional.of(
                    new Objection("R2", "the store of " + store + " accepted " + token + " after " + before));
        }
        highest.put(store, token);
        return Optional.empty();
    }

    private static Optional<MintId> other(Map<Long, MintId> known, Epoch epoch) {
        return Optional.ofNullable(known.putIfAbsent(epoch.number(), epoch.mint()))
                .filter(mint -> !mint.equals(epoch.mint()));
    }

    /**
     * The volume's record was put back to an older one: from now on a number may be minted a second time. Then no store may
     * accept both (R42), and what the two wrote is told apart by the committed entries alone.
     */
    public void restored() {
        restored = true;
    }

    /**
     * A store took an entry in.
     *
     * @param store whose
     * @param entry which
     * @return what is wrong with that
     */
    public Optional<Objection> appended(ReplicaId store, LogEntry entry) {
        if (doubled.contains(entry.epoch())) {
            return Optional.empty();
        }
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
        mintsOfStores.remove(store);
    }

    private static boolean isLower(Token token, Token than) {
        return token.epoch().number() < than.epoch().number()
                || (token.epoch().number() == than.epoch().number() && token.session() < than.session());
    }
}
