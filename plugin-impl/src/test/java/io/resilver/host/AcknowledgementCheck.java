package io.resilver.host;

import io.resilver.spi.model.EntryId;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Nothing acknowledged is lost, over the record of acknowledgements (R30 to R33, R37): the log of a primary that acknowledges
 * has all that was acknowledged before it, what an older one acknowledges late is in the log of the newer one, and a read
 * shows all that was acknowledged before it. Pure.
 */
final class AcknowledgementCheck {
    private final Set<EntryId> acknowledged = new LinkedHashSet<>();
    private long latestEpoch;
    private Set<EntryId> latestLog = Set.of();
    private long highestLsn;

    /**
     * A primary acknowledged an entry.
     *
     * @param epoch its term
     * @param log its own durable log at that moment; looked at when the term is another than the latest
     * @return what is wrong with that
     */
    Optional<String> acknowledged(long epoch, EntryId entry, Supplier<? extends Collection<EntryId>> log) {
        Set<EntryId> has = epoch == latestEpoch ? latestLog : new HashSet<>(log.get());
        if (epoch != latestEpoch && !has.contains(entry)) {
            return Optional.of("entry " + entry + " was acknowledged in epoch " + epoch + ", whose primary lacks it");
        }
        if (epoch > latestEpoch) {
            for (EntryId each : acknowledged) {
                if (!has.contains(each)) {
                    return Optional.of("acknowledged entry " + each + " is lost: the primary of epoch " + epoch
                            + " acknowledges " + entry + " without it");
                }
            }
            latestEpoch = epoch;
            latestLog = has;
        } else if (epoch < latestEpoch && !latestLog.contains(entry)) {
            return Optional.of("entry " + entry + " was acknowledged in epoch " + epoch + ", and epoch " + latestEpoch
                    + " went on without it");
        }
        acknowledged.add(entry);
        highestLsn = Math.max(highestLsn, entry.lsn());
        return Optional.empty();
    }

    /**
     * A primary served a read.
     *
     * @param committed up to where
     * @return what is wrong with that
     */
    Optional<String> read(long epoch, OptionalLong committed) {
        return committed.isPresent() && committed.getAsLong() >= highestLsn
                ? Optional.empty()
                : Optional.of("a read in epoch " + epoch + " was served up to " + committed + ", and LSN " + highestLsn
                        + " had been acknowledged: it is stale");
    }

    /** How much was acknowledged. */
    int size() {
        return acknowledged.size();
    }
}
