package io.resilver.execution;

import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.PinRequest;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.Pin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every pin that this host's recoveries and keep-ups hold (R12). A pin is entered when it is taken and leaves when it is
 * closed, once; what is left in the ledger at the end was leaked. Thread safe; pins are closed outside the lock.
 */
public final class PinLedger {
    private static final Logger LOG = LoggerFactory.getLogger(PinLedger.class);

    /** The pin of each replica that was entered last; a replica has one or two, each of which knows the one before. */
    private final Map<ReplicaId, Held> held = new HashMap<>();

    private int count;

    /**
     * Enters a pin that was just taken.
     *
     * @param replica for whom
     * @param request what it holds
     * @param pin the pin, which the ledger closes
     * @return its entry
     */
    public Held enter(ReplicaId replica, PinRequest request, Pin pin) {
        Held entry = new Held(this, replica, request, pin);
        synchronized (held) {
            entry.before = held.put(replica, entry);
            count++;
        }
        return entry;
    }

    /**
     * How many pins are held.
     *
     * @return the count
     */
    public int count() {
        synchronized (held) {
            return count;
        }
    }

    /**
     * What all pins hold back on this host's disks, but for those that do not say.
     *
     * @return bytes
     */
    public long heldBytes() {
        return heldBytes(snapshot());
    }

    /** The same of some of them. */
    static long heldBytes(List<Held> some) {
        return some.stream()
                .map(Held::heldBytesIfKnown)
                .mapToLong(each -> each.orElse(0))
                .sum();
    }

    /**
     * The pins that are held.
     *
     * @return a copy
     */
    public List<Held> snapshot() {
        synchronized (held) {
            List<Held> all = new ArrayList<>(count);
            held.values().forEach(last -> last.addTo(all));
            return all;
        }
    }

    /**
     * The pins that are held for one replica.
     *
     * @param replica the target
     * @return a copy
     */
    public List<Held> snapshot(ReplicaId replica) {
        synchronized (held) {
            List<Held> all = new ArrayList<>();
            Held last = held.get(replica);
            if (last != null) {
                last.addTo(all);
            }
            return all;
        }
    }

    /** Takes an entry out, with the lock held; false when it is out already. */
    private boolean remove(Held entry) {
        Held last = held.get(entry.replica);
        if (last == entry) {
            if (entry.before == null) {
                held.remove(entry.replica);
            } else {
                held.put(entry.replica, entry.before);
            }
        } else {
            Held after = last;
            while (after != null && after.before != entry) {
                after = after.before;
            }
            if (after == null) {
                return false;
            }
            after.before = entry.before;
        }
        count--;
        return true;
    }

    /** One pin in the ledger. */
    public static final class Held {
        private final PinLedger ledger;
        private final ReplicaId replica;
        private final PinRequest request;
        private final Pin pin;
        private @Nullable Held before;

        private Held(PinLedger ledger, ReplicaId replica, PinRequest request, Pin pin) {
            this.ledger = ledger;
            this.replica = replica;
            this.request = request;
            this.pin = pin;
        }

        /**
         * For whom it is held.
         *
         * @return the target
         */
        public ReplicaId replica() {
            return replica;
        }

        /**
         * What it holds.
         *
         * @return the request that it answers
         */
        public PinRequest request() {
            return request;
        }

        /**
         * What it holds back on this host's disk; throws what an adapter throws.
         *
         * @return bytes
         */
        public long heldBytes() {
            return pin.heldBytes();
        }

        /** The same, for people: an adapter that throws fails its recoveries, and no answer about them. */
        OptionalLong heldBytesIfKnown() {
            try {
                return OptionalLong.of(pin.heldBytes());
            } catch (RuntimeException | Error bug) {
                return OptionalLong.empty();
            }
        }

        private void addTo(List<Held> all) {
            for (Held each = this; each != null; each = each.before) {
                all.add(each);
            }
        }

        /** Closes a reader of the pin; what it throws is logged. */
        void close(EntryCursor reader) {
            closed(reader::close);
        }

        /** Closes the pin and leaves the ledger; closing again does nothing. What the pin throws is logged. */
        public void close() {
            boolean first;
            synchronized (ledger.held) {
                first = ledger.remove(this);
            }
            if (first) {
                closed(pin::close);
            }
        }

        /** An end of something never keeps its owner from ending the rest (R12). */
        private void closed(Runnable close) {
            try {
                close.run();
            } catch (RuntimeException | Error bug) {
                LOG.atError()
                        .setMessage(
                                "an adapter threw where it must not: what it should have let go of may be held still")
                        .addKeyValue("replica", replica)
                        .addKeyValue("held", request)
                        .setCause(bug)
                        .log();
            }
        }
    }
}
