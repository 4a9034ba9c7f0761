package io.resilver.simulation.host;

import io.resilver.replica.FencingGate;
import io.resilver.replica.StoreGate;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Token;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A gate whose accepted tokens are written down: who is let in by a durable promise, and who makes a change. */
record Watched(StoreGate real, Consumer<Token> accepted) implements StoreGate {
    @Override
    public Admission enter(Token token) throws FencedException {
        Admission pass = real.enter(token);
        accepted.accept(token);
        return pass;
    }

    @Override
    public boolean admit(Token token) {
        boolean admitted = real.admit(token);
        if (admitted) {
            accepted.accept(token);
        }
        return admitted;
    }

    @Override
    public void open(Optional<Epoch> promised) {
        real.open(promised);
    }

    @Override
    public void keepsTo(Epoch promised) {
        real.keepsTo(promised);
    }

    @Override
    public boolean wasOpened() {
        return real.wasOpened();
    }

    @Override
    public CompletionStage<Void> shut() {
        return real.shut();
    }

    @Override
    public FencingGate.Closing closeBelow(Token token) {
        return real.closeBelow(token);
    }

    @Override
    public void retire(Token token) {
        real.retire(token);
    }

    @Override
    public FencingGate.Standing standingOf(Token token) {
        return real.standingOf(token);
    }

    @Override
    public boolean isCurrent(Token token) {
        return real.isCurrent(token);
    }

    @Override
    public Optional<Epoch> level() {
        return real.level();
    }

    @Override
    public void tell(Token token, FencingGate.Standing standing, Optional<Epoch> level) {
        real.tell(token, standing, level);
    }
}
