package io.resilver.spi;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpiVersionTest {
    @ParameterizedTest
    @CsvSource({
        "1, 2, 1, 2, true",
        "1, 2, 1, 0, true",
        "1, 2, 1, 3, false",
        "1, 2, 0, 2, false",
        "1, 2, 2, 0, false",
    })
    void aDriverAcceptsItsOwnMajorAndNoNewerMinor(int major, int minor, int major2, int minor2, boolean accepted) {
        assertThat(new SpiVersion(major, minor).accepts(new SpiVersion(major2, minor2)))
                .isEqualTo(accepted);
    }
}
