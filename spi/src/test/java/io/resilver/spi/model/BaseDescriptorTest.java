package io.resilver.spi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class BaseDescriptorTest {
    @Property
    void theRangesCoverTheImageOnce(
            @ForAll @LongRange(min = 0, max = 5_000) long size, @ForAll @IntRange(min = 1, max = 700) int range) {
        BaseDescriptor base = new BaseDescriptor(1, Lineage.EMPTY, size, range);
        long covered = 0;
        for (long index = 0; index < base.ranges(); index++) {
            assertThat(base.rangeLength(index)).isBetween(1, range);
            covered += base.rangeLength(index);
        }
        assertThat(covered).isEqualTo(size);
    }

    @Test
    void theLargestImageDoesNotOverflow() {
        BaseDescriptor base = new BaseDescriptor(1, Lineage.EMPTY, Long.MAX_VALUE, 1 << 20);
        assertThat(base.ranges()).isEqualTo(1L << 43);
        assertThat(base.rangeLength(base.ranges() - 1)).isEqualTo((1 << 20) - 1);
    }

    @Test
    void impossibleNumbersAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new BaseDescriptor(-1, Lineage.EMPTY, 0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new BaseDescriptor(0, Lineage.EMPTY, -1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new BaseDescriptor(0, Lineage.EMPTY, 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new BaseDescriptor(0, null, 0, 1));
    }
}
