package io.resilver.simulation.guard;

import io.resilver.replica.FencingGate;
import io.resilver.replica.StoreGate;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Token;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** No gate at all: whoever comes is let in, and whoever fences waits for nobody. For a control. */
final class OpenGate implements StoreGate {
    private Optional<Epoch> last = Optional.empty();
    private boolean opened;

    @Override
    public Admission enter(Token token) {
        return () -> {};
    }

    @Override
    public boolean admit(Token token) {
        return true;
    }

    @Override
    public void open(Optional<Epoch> promised) {
        opened = true;
        last = promised;
    }

    @Override
    public void keepsTo(Epoch promised) {}

    @Override
    public boolean wasOpened() {
        return opened;
    }

    @Override
    public CompletionStage<Void> shut() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public FencingGate.Closing closeBelow(Token token) {
        last = Optional.of(token.epoch());
        return new FencingGate.Closing(
                FencingGate.Standing.HIGHER, last, Optional.of(CompletableFuture.completedFuture(null)));
    }

    @Override
    public void retire(Token token) {}

    @Override
    public FencingGate.Standing standingOf(Token token) {
        return FencingGate.Standing.LEVEL;
    }

    @Override
    public boolean isCurrent(Token token) {
        return true;
    }

    @Override
    public Optional<Epoch> level() {
        return last;
    }

    @Override
    public void tell(Token token, FencingGate.Standing standing, Optional<Epoch> level) {}
}
