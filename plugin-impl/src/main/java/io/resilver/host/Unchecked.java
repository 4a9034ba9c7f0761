package io.resilver.host;

import io.resilver.spi.error.RecoveryException;
import java.util.concurrent.CompletionException;

/** Carries a typed failure through a lambda that may not throw it; {@link Failures} unwraps it. */
final class Unchecked {
    private Unchecked() {}

    static CompletionException of(RecoveryException cause) {
        return new CompletionException(cause);
    }
}
