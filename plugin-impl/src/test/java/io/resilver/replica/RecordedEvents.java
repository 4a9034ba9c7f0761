package io.resilver.replica;

import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Writes down what happened. */
public class RecordedEvents implements ReplicaEvents {
    final List<Epoch> raised = new CopyOnWriteArrayList<>();
    final List<Token> accepted = new CopyOnWriteArrayList<>();
    final List<Token> refused = new CopyOnWriteArrayList<>();
    final List<Epoch> conflicts = new CopyOnWriteArrayList<>();
    final AtomicLong forces = new AtomicLong();
    final List<HostId> lost = new CopyOnWriteArrayList<>();
    final List<HostId> left = new CopyOnWriteArrayList<>();
    final List<Token> heard = new CopyOnWriteArrayList<>();
    /** Signs of life and lost connections, in the order in which they were told. */
    final List<Object> signs = new CopyOnWriteArrayList<>();

    @Override
    public void epochRaised(ReplicaId replica, Epoch epoch) {
        raised.add(epoch);
    }

    @Override
    public void tokenAccepted(ReplicaId replica, Token token) {
        accepted.add(token);
    }

    @Override
    public void tokenRefused(ReplicaId replica, Token token, Optional<Epoch> promised) {
        refused.add(token);
    }

    @Override
    public void mintConflict(ReplicaId replica, Epoch found, Epoch promised) {
        conflicts.add(found);
    }

    @Override
    public void heardFromPrimary(ReplicaId replica, Token token) {
        heard.add(token);
        signs.add(token);
    }

    @Override
    public void linkLost(ReplicaId replica, HostId from) {
        lost.add(from);
        signs.add(from);
    }

    @Override
    public void senderLeft(ReplicaId replica, HostId from) {
        left.add(from);
        signs.add("left by " + from);
    }

    @Override
    public void defect(ReplicaId replica, Throwable bug) {
        throw new AssertionError("a task of " + replica + " threw", bug);
    }

    @Override
    public void forced(long nanos) {
        forces.incrementAndGet();
    }
}
