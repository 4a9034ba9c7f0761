package io.resilver.tck;

import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;

/** The terms under which the tests write. */
final class Writers {
    private Writers() {}

    static Epoch epoch(long number) {
        return new Epoch(number, new MintId("mint-" + number));
    }

    static LineageElement element(long epoch, long firstLsn) {
        return LineageElement.of(epoch(epoch), firstLsn);
    }
}
