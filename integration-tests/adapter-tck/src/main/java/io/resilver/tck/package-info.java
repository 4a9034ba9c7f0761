/**
 * The contract of a storage adapter as tests. A vendor writes one {@link io.resilver.tck.TckFixture}, which says how its engine
 * is opened, written to and compared, and one class that extends {@code StorageAdapterTck} and answers it.
 *
 * <p>The names of tests say how strong they are and which rule they hold. {@code required_} must pass. {@code optional_} must
 * pass where the engine or its fixture offers what is tested. {@code untested_} methods are no tests: they say what these tests
 * cannot show, and why. A test of a capability that is not declared asserts instead that the engine refuses as the SPI says,
 * and is reported as not declared.
 */
@NullMarked
package io.resilver.tck;

import org.jspecify.annotations.NullMarked;
