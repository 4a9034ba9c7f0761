package io.resilver.plugin.driver;

import io.resilver.spi.error.RecoveryException;
import java.util.ArrayDeque;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is open, closed in reverse order, each once, whatever the others do. For one thread at a time. */
final class ClosingStack {
    private static final Logger LOG = LoggerFactory.getLogger(ClosingStack.class);

    private record Open(String what, AutoCloseable thing) {}

    private final ArrayDeque<Open> open = new ArrayDeque<>();
    private Optional<RecoveryException> first = Optional.empty();

    <T extends AutoCloseable> T push(String what, T thing) {
        open.push(new Open(what, thing));
        return thing;
    }

    /**
     * Closes all; the first typed failure is thrown at the end, the others are logged. An interrupt of the calling thread
     * waits until then: with it on, whatever is closed would skip its waits and leave behind what it was to wait for.
     */
    void close() throws RecoveryException {
        boolean interrupted = false;
        try {
            while (!open.isEmpty()) {
                interrupted |= Thread.interrupted();
                close(open.pop());
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        if (first.isPresent()) {
            throw first.get();
        }
    }

    private void close(Open next) {
        try {
            next.thing().close();
        } catch (RecoveryException e) {
            if (first.isEmpty()) {
                first = Optional.of(e);
            } else {
                failed(next, e);
            }
        } catch (Exception e) { // the others must be closed all the same
            failed(next, e);
        }
    }

    private static void failed(Open open, Exception e) {
        LOG.atWarn()
                .setMessage("could not close")
                .addKeyValue("what", open.what())
                .setCause(e)
                .log();
    }
}
