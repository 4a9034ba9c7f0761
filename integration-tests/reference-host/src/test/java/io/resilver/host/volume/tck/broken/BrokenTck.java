package io.resilver.host.volume.tck.broken;

import io.resilver.tck.StorageAdapterTck;
import io.resilver.tck.TckFixture;
import java.util.Objects;
import java.util.function.Supplier;

/** All contract tests against one broken adapter: not a test by itself, {@link BrokenAdaptersTest} runs it. */
class BrokenTck extends StorageAdapterTck {
    private static volatile Supplier<TckFixture> broken;

    /** Which one, from now on. */
    static void against(Supplier<TckFixture> fixture) {
        broken = fixture;
    }

    @Override
    public TckFixture fixture() {
        return Objects.requireNonNull(broken).get();
    }
}
