package io.resilver.execution;

import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.PinRequest;
import io.resilver.spi.storage.Pin;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Every pin that this host's recoveries and keep-ups hold (R12). A pin is entered when it is taken and leaves when it is
 * closed, once; what is left in the ledger at the end was leaked. Thread safe; pins are closed outside the lock.
 */
public final class PinLedger {
    private final Set<Held> held = new HashSet<>();

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
            held.add(entry);
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
            return held.size();
        }
    }

    /**
     * What all pins hold back on this host's disks.
     *
     * @return bytes
     */
    public long heldBytes() {
        return snapshot().stream().mapToLong(Held::heldBytes).sum();
    }

    /**
     * The pins that are held.
     *
     * @return a copy
     */
    public List<Held> snapshot() {
        synchronized (held) {
            return new ArrayList<>(held);
        }
    }

    /** One pin in the ledger. */
    public static final class Held {
        private final PinLedger ledger;
        private final ReplicaId replica;
        private final PinRequest request;
        private final Pin pin;

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
         * What it holds back on this host's disk.
         *
         * @return bytes
         */
        public long heldBytes() {
            return pin.heldBytes();
        }

        /** Closes the pin and leaves the ledger; closing again does nothing. */
        public void close() {
            boolean first;
            synchronized (ledger.held) {
                first = ledger.held.remove(this);
            }
            if (first) {
                pin.close();
            }
        }
    }
}
