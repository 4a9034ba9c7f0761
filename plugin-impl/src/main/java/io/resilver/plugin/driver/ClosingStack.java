package io.resilver.plugin.driver;

import io.resilver.spi.error.RecoveryException;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is open, closed in reverse order, each once, whatever the others do. For one thread at a time. */
final class ClosingStack {
    private static final Logger LOG = LoggerFactory.getLogger(ClosingStack.class);

    private record Open(String what, AutoCloseable thing) {}

    private final ArrayDeque<Open> open = new ArrayDeque<>();

    <T extends AutoCloseable> T push(String what, T thing) {
        open.push(new Open(what, thing));
        return thing;
    }

    /** Closes all; the first typed failure is thrown at the end, the others are logged. */
    void close() throws RecoveryException {
        RecoveryException first = null;
        while (!open.isEmpty()) {
            Open next = open.pop();
            try {
                next.thing().close();
            } catch (RecoveryException e) {
                if (first == null) {
                    first = e;
                } else {
                    failed(next, e);
                }
            } catch (Exception e) { // the others must be closed all the same
                failed(next, e);
            }
        }
        if (first != null) {
            throw first;
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
