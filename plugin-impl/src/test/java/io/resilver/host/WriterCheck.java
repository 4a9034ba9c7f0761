package io.resilver.host;

import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.Token;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One writer at a time, over the record of what stores accepted and what was acknowledged (R2, R3): a store accepts no lower
 * token after a higher one, an epoch is one mint's wherever it is accepted, and no LSN is acknowledged in two epochs. Pure.
 */
final class WriterCheck {
    private final Map<String, Token> highest = new HashMap<>();
    private final Map<Long, MintId> mints = new HashMap<>();
    private final TreeMap<Long, Long> acknowledged = new TreeMap<>();

    /**
     * A store let a token in.
     *
     * @return what is wrong with that
     */
    Optional<String> accepted(String store, Token token) {
        MintId mint = mints.putIfAbsent(token.epoch().number(), token.epoch().mint());
        if (mint != null && !mint.equals(token.epoch().mint())) {
            return Optional.of("store " + store + " accepted " + token + ", and " + mint
                    + " was accepted with that number: two writers in one epoch");
        }
        Token before = highest.get(store);
        if (before != null && lower(token, before)) {
            return Optional.of("store " + store + " accepted " + token + " after " + before);
        }
        highest.put(store, token);
        return Optional.empty();
    }

    /**
     * An entry was acknowledged to a client.
     *
     * @return what is wrong with that
     */
    Optional<String> acknowledged(EntryId entry) {
        Long epoch = acknowledged.putIfAbsent(entry.lsn(), entry.epoch());
        return epoch == null || epoch == entry.epoch()
                ? Optional.empty()
                : Optional.of("LSN " + entry.lsn() + " was acknowledged in epoch " + epoch + " and in epoch "
                        + entry.epoch());
    }

    private static boolean lower(Token token, Token than) {
        return token.epoch().number() < than.epoch().number()
                || (token.epoch().number() == than.epoch().number() && token.session() < than.session());
    }
}
