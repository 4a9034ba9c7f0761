package io.resilver.tck;

import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What every area of the tests needs: the vendor's fixture. A class that implements some of the areas runs those alone; {@link
 * StorageAdapterTck} has all of them. One thread runs the tests of a class.
 */
@ExtendWith(TckReport.class)
public interface TckArea {
    /**
     * The engine under test.
     *
     * @return a fixture; may be the same at every call
     */
    TckFixture fixture();

    /**
     * Where the running test works. Not for vendors to override.
     *
     * @return the bench of this instance
     */
    default TckBench bench() {
        return TckReport.benchOf(this);
    }
}
