package io.resilver.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.memory.Fate;
import io.resilver.coordination.memory.MemoryEnsemble;
import io.resilver.coordination.memory.MemoryStore;
import io.resilver.replica.ManualRuntime;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The lease of a host whose session lives on: time goes by when the test says so. */
class HostLeaseTest implements HostSession.Listener {
    private static final Duration HEARTBEAT = Duration.ofMillis(250);
    private static final Duration STEP = Duration.ofMillis(10);
    private static final LeaseSettings TIMES =
            new LeaseSettings(Duration.ofSeconds(6), Duration.ofSeconds(1), HEARTBEAT);

    private final ManualRuntime runtime = new ManualRuntime();
    private final MemoryEnsemble ensemble = new MemoryEnsemble(runtime, TIMES.sessionTimeout(), Duration.ZERO);
    private Fate fate = Fate.PROMPT;

    private void pass(Duration time) {
        for (Duration gone = Duration.ZERO; gone.compareTo(time) < 0; gone = gone.plus(STEP)) {
            runtime.advance(STEP);
            runtime.runAll();
        }
    }

    @Test
    @DisplayName("R38: once no heartbeat is acknowledged a host decides nothing, long before its node is gone")
    void theLeaseEndsBeforeTheSession() {
        try (MemoryStore store = new MemoryStore(ensemble, runtime, () -> fate);
                HostSession session =
                        new HostSession(store, new HostId("a"), new Endpoint("127.0.0.1", 7), TIMES, runtime, this)) {
            session.start();
            pass(HEARTBEAT.multipliedBy(20));
            assertThat(session.mayDecide()).isTrue();
            fate = Fate.REQUEST_LOST;
            pass(TIMES.lease().minus(HEARTBEAT).minus(STEP));
            assertThat(session.mayDecide())
                    .as("the last one is good for a while")
                    .isTrue();
            pass(HEARTBEAT.plus(STEP));
            assertThat(session.mayDecide()).isFalse();
            assertThat(session.node().map(Paths::host).flatMap(ensemble::now))
                    .as("its node")
                    .isPresent();
            fate = Fate.PROMPT;
            pass(HEARTBEAT.plus(STEP));
            assertThat(session.mayDecide()).isTrue();
        }
    }

    @Override
    public void sessionOpened(HostNode node) {}

    @Override
    public void hostsSeen(Set<HostNode> live) {}

    @Override
    public void denied(RecoveryException why) {
        throw new AssertionError(why);
    }
}
