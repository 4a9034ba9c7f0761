package io.resilver.spi.model;

import io.resilver.spi.Api;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which epoch wrote what in a log, from its first entry on. Trimming a log keeps it. The lineage of an empty log is
 * {@link #EMPTY}; a lineage that is not known is an empty {@link Optional}.
 *
 * @param elements ascending
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record Lineage(List<LineageElement> elements) {
    /** The lineage of an empty log. */
    public static final Lineage EMPTY = new Lineage(List.of());

    /** Copies the list. Whether it rises is asked with {@link #rises()}: a bad lineage is data, and must be nameable. */
    public Lineage {
        elements = List.copyOf(elements);
    }

    /**
     * Whether epochs and first LSNs both rise strictly.
     *
     * @return true for a lineage that a log can have
     */
    public boolean rises() {
        for (int i = 1; i < elements.size(); i++) {
            LineageElement before = elements.get(i - 1);
            LineageElement here = elements.get(i);
            if (here.epoch() <= before.epoch() || here.firstLsn() <= before.firstLsn()) {
                return false;
            }
        }
        return true;
    }

    /**
     * The newest element.
     *
     * @return the last one, or empty for an empty log
     */
    public Optional<LineageElement> last() {
        return elements.isEmpty() ? Optional.empty() : Optional.of(elements.get(elements.size() - 1));
    }

    /**
     * The lineage of the same log cut off after an LSN.
     *
     * @param lsn the last LSN that stays, 0 or more
     * @return the elements that can have written an entry up to {@code lsn}, inclusive
     */
    public Lineage upTo(long lsn) {
        int keep = 0;
        while (keep < elements.size() && elements.get(keep).firstLsn() <= lsn) {
            keep++;
        }
        return keep == elements.size() ? this : new Lineage(elements.subList(0, keep));
    }

    /**
     * This lineage when the next entry is written by an element. An element that wrote nothing (its first LSN is not
     * below the new one's) leaves no trace; appending the element that is already last changes nothing.
     *
     * @param next the writer of the next entry
     * @return the lineage with {@code next} as its last element
     * @throws IllegalArgumentException when {@code next} is older than the last element, or another of the same epoch
     */
    public Lineage then(LineageElement next) {
        Optional<LineageElement> last = last();
        if (last.isPresent() && last.get().agreesWith(next)) {
            return this;
        }
        if (last.isPresent() && next.epoch() <= last.get().epoch()) {
            throw new IllegalArgumentException("writer " + next + " cannot follow " + last.get());
        }
        List<LineageElement> longer = new ArrayList<>(elements.size() + 1);
        for (LineageElement element : elements) {
            if (element.firstLsn() < next.firstLsn()) {
                longer.add(element);
            }
        }
        longer.add(next);
        return new Lineage(longer);
    }

    /**
     * The epoch that wrote an LSN.
     *
     * @param lsn an LSN of the log
     * @return the element in whose stretch it lies, or empty below the first one
     */
    public Optional<LineageElement> writerOf(long lsn) {
        return upTo(lsn).last();
    }

    @Override
    public String toString() {
        return elements.toString();
    }
}
