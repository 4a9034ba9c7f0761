package io.resilver.tck;

/**
 * All contract tests of a storage adapter. A vendor extends it in a class of a few lines:
 *
 * <pre>{@code
 * class MyEngineTckTest extends StorageAdapterTck {
 *     @Override
 *     public TckFixture fixture() {
 *         return new MyEngineFixture();
 *     }
 * }
 * }</pre>
 *
 * <p>A run writes a report, see {@link TckReport}.
 */
public abstract class StorageAdapterTck
        implements HistoryTests,
                LogReadingTests,
                PinTests,
                AppendTests,
                TruncationTests,
                BaseTests,
                InstallTests,
                ConcurrencyTests,
                LifeCycleTests,
                ErrorTests,
                ConfigurationTests,
                CrashTests,
                Untested {
    /** For subclasses. */
    protected StorageAdapterTck() {}
}
