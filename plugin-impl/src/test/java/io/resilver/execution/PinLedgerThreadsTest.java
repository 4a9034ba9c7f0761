package io.resilver.execution;

import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.plan.PinRequest;
import io.resilver.spi.storage.Pin;
import io.resilver.threads.Orders;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PinLedgerThreadsTest {
    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("vol"), "b");
    private static final PinRequest REQUEST = new PinRequest(PinRequest.Kind.LOG, 0);

    @Test
    @DisplayName("R12: of many who close one pin one does, and the ledger counts what is held at every moment")
    void closedOnce() {
        Orders.check(Ledger.class, Model.class);
    }

    public static final class Ledger {
        private final PinLedger ledger = new PinLedger();
        private final Counted pin = new Counted();
        private PinLedger.@Nullable Held held;

        /** Entered by the first who asks: within an operation, so that its hash is the same in all of them. */
        private synchronized PinLedger.Held held() {
            if (held == null) {
                held = ledger.enter(REPLICA, REQUEST, pin);
            }
            return held;
        }

        /** Ends of one recovery that cross each other: a cancel, a failed step, a cap. */
        @Operation
        public void close() {
            held().close();
        }

        /** Another recovery, on another thread. */
        @Operation
        public void take() {
            held();
            ledger.enter(REPLICA, REQUEST, new Counted());
        }

        @Operation
        public int count() {
            held();
            return ledger.count();
        }

        @Validate
        public void onceOrNever() {
            int wanted = ledger.snapshot().contains(held()) ? 0 : 1;
            if (pin.closed.get() != wanted) {
                throw new IllegalStateException("closed " + pin.closed + " times, expected " + wanted);
            }
        }
    }

    private static final class Counted implements Pin {
        private final AtomicInteger closed = new AtomicInteger();

        @Override
        public long heldBytes() {
            return 1;
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    /** The ledger for one thread. */
    public static final class Model {
        private boolean open = true;
        private int others;

        public void close() {
            open = false;
        }

        public void take() {
            others++;
        }

        public int count() {
            return others + (open ? 1 : 0);
        }
    }
}
