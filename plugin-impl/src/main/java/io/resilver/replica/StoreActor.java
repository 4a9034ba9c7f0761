package io.resilver.replica;

import io.resilver.replica.link.Request;
import io.resilver.replica.link.RequestHandler.ResponseSink;
import io.resilver.replica.link.Response;
import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.storage.VolumeStore;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * One store as a target: takes requests in order, one change at a time, each through the gate with its token. While a
 * change runs on the I/O executor further requests wait; the sender's window bounds them (R51). State lives on the strand.
 */
final class StoreActor {
    private final VolumeStore store;
    private final FencingGate gate;
    private final Strand strand;
    private final HostRuntime runtime;
    private final ReplicaListener listener;
    private final SessionWork work;
    private final ArrayDeque<Pending> pending = new ArrayDeque<>();
    private long lastSequence;
    private boolean busy;
    private boolean stopped;

    private record Pending(Request request, ResponseSink back, CompletableFuture<Void> done) {}

    /** A call that may block, made with a pass through the gate. */
    @FunctionalInterface
    interface Change<T> {
        T make() throws RecoveryException;
    }

    StoreActor(VolumeStore store, FencingGate gate, Strand strand, HostRuntime runtime, ReplicaListener listener) {
        this.store = store;
        this.gate = gate;
        this.strand = strand;
        this.runtime = runtime;
        this.listener = listener;
        this.work = new SessionWork(store.target(), runtime.clock(), listener);
    }

    ReplicaId replica() {
        return store.replica();
    }

    CompletionStage<Void> handle(Request request, ResponseSink from) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        strand.execute(() -> {
            if (request instanceof Request.Fence) {
                fence(new Pending(request, from, done));
            } else if (request instanceof Request.Ask ask) {
                answer(ask, from);
                done.complete(null);
            } else {
                pending.add(new Pending(request, from, done));
                next();
            }
        });
        return done;
    }

    /** A fence does not wait in the queue: it shuts out whoever is in it (R2). */
    private void fence(Pending fence) {
        Token token = fence.request().token();
        FencingGate.Verdict verdict = stopped ? FencingGate.Verdict.TOO_LOW : gate.raise(token);
        if (verdict != FencingGate.Verdict.ADMISSIBLE) {
            refuse(token, fence.back(), verdict == FencingGate.Verdict.CONFLICT);
            fence.done().complete(null);
            return;
        }
        lastSequence = 0;
        pending.forEach(each -> each.done().complete(null)); // frames of the session that is over
        pending.clear();
        gate.drained().thenRunAsync(() -> open(fence, token), strand);
    }

    private void open(Pending fence, Token token) {
        io(
                () -> {
                    work.endSession();
                    Optional<Epoch> promised = store.target().promise();
                    boolean raised = promised.isEmpty()
                            || token.epoch().number() > promised.get().number();
                    store.target().promise(token.epoch()); // durable before the position is read and answered
                    return new Opened(
                            raised,
                            new Response.Fenced(
                                    replica(),
                                    token,
                                    store.target().identity(),
                                    store.target().position()));
                },
                opened -> {
                    if (opened.raised()) {
                        listener.epochRaised(replica(), token.epoch());
                    }
                    if (gate.current().equals(Optional.of(token))) {
                        listener.heardFromPrimary(replica());
                        fence.back().send(opened.answer());
                    } else {
                        refuse(token, fence.back(), false);
                    }
                    fence.done().complete(null);
                    next();
                },
                cause -> {
                    fail(token, fence.back(), 0, cause);
                    fence.done().complete(null);
                });
    }

    private record Opened(boolean raised, Response.Fenced answer) {}

    private void answer(Request.Ask ask, ResponseSink from) {
        if (gate.current().equals(Optional.of(ask.token())) && !stopped) {
            listener.heardFromPrimary(replica());
            from.send(new Response.Answered(replica(), ask.token(), ask.question()));
        } else {
            refuse(ask.token(), from, false);
        }
    }

    /** Takes the next change, or the next run of appends, when none is under way. */
    private void next() {
        if (busy || pending.isEmpty()) {
            return;
        }
        Pending first = pending.remove();
        Token token = first.request().token();
        if (!admit(first)) {
            first.done().complete(null);
            next();
            return;
        }
        SessionWork.Group group = work.group(first.request());
        ArrayDeque<Pending> together = new ArrayDeque<>();
        together.add(first);
        // A group flush covers everything that came while the one before was running.
        while (!pending.isEmpty() && group.takes(pending.peek().request()) && admit(pending.peek())) {
            Pending more = pending.remove();
            group.add(more.request());
            together.add(more);
        }
        busy = true;
        change(token, group::run, together, first.back());
    }

    private void change(
            Token token, Change<Optional<Response>> change, ArrayDeque<Pending> together, ResponseSink from) {
        runtime.io().execute(() -> {
            Optional<Response> answer = Optional.empty();
            RecoveryException failure = null;
            try {
                Admission pass = gate.enter(token);
                try {
                    answer = change.make();
                } finally {
                    pass.close();
                }
            } catch (RecoveryException e) {
                failure = e;
            } catch (Throwable t) { // an adapter's bug fails its own session, not the host
                failure = unexpected(t);
            }
            Optional<Response> answered = answer;
            RecoveryException failed = failure;
            strand.execute(() -> {
                busy = false;
                if (failed == null) {
                    answered.ifPresent(from::send);
                } else {
                    fail(token, from, lastSequence, failed);
                }
                together.forEach(each -> each.done().complete(null));
                next();
            });
        });
    }

    /** In sequence and of the current session; otherwise it is answered and changes nothing (R50). */
    private boolean admit(Pending each) {
        Token token = each.request().token();
        if (stopped || !gate.current().equals(Optional.of(token))) {
            refuse(token, each.back(), false);
            return false;
        }
        long sequence = ((Request.Sequenced) each.request()).sequence();
        if (sequence != lastSequence + 1) {
            fail(
                    token,
                    each.back(),
                    lastSequence,
                    new PermanentException("request " + sequence + " of session " + token + " came after "
                            + lastSequence + ": it is out of sequence"));
            return false;
        }
        lastSequence = sequence;
        return true;
    }

    private void refuse(Token token, ResponseSink to, boolean conflict) {
        Optional<Epoch> floor = gate.floor();
        long promised = floor.map(Epoch::number).orElse(0L);
        Optional<MintId> mint = floor.map(Epoch::mint);
        listener.tokenRefused(replica(), token, promised, conflict);
        to.send(new Response.Refused(replica(), token, promised, mint));
    }

    /** Ends the session: nothing more of it is admitted. */
    private void fail(Token token, ResponseSink to, long covers, RecoveryException cause) {
        if (cause instanceof FencedException fenced) {
            to.send(new Response.Refused(
                    replica(), token, fenced.promisedEpoch(), gate.floor().map(Epoch::mint)));
            return;
        }
        if (gate.current().equals(Optional.of(token))) {
            gate.shut();
        }
        to.send(new Response.Failed(replica(), token, covers, cause));
    }

    private <T> void io(Change<T> call, Consumer<T> done, Consumer<RecoveryException> bad) {
        runtime.io().execute(() -> {
            T result;
            try {
                result = call.make();
            } catch (RecoveryException e) {
                strand.execute(() -> bad.accept(e));
                return;
            } catch (Throwable t) { // an adapter's bug fails its own session, not the host
                strand.execute(() -> bad.accept(unexpected(t)));
                return;
            }
            strand.execute(() -> done.accept(result));
        });
    }

    private PermanentException unexpected(Throwable t) {
        return new PermanentException("the adapter of " + replica() + " failed unexpectedly: " + t, t);
    }

    CompletionStage<Void> stop() {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        strand.execute(() -> {
            stopped = true;
            gate.shut();
            pending.forEach(each -> each.done().complete(null));
            pending.clear();
            gate.drained()
                    .thenRunAsync(
                            () -> runtime.io().execute(() -> {
                                work.endSession();
                                answer.complete(null);
                            }),
                            strand);
        });
        return answer;
    }
}
