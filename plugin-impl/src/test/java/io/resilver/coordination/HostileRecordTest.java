package io.resilver.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.hostile.Inputs;
import io.resilver.hostile.Mutator;
import io.resilver.spi.error.CorruptException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What lies in a znode and is nearly a record. */
class HostileRecordTest {
    private static final List<String> RECORDS = List.of("""
            resilver-volume 1
            volume v1
            incarnation 6f0c
            epoch 7 a11e
            primary host-a.00000000000000ff
            configuration 12
            least 2
            replica r1 host-a 10.0.0.1:7000 9b1d 3 in
            replica r2 host-b - - - out
            """, """
            resilver-volume 1
            volume another
            incarnation i
            epoch 1 -
            primary -
            configuration 1
            least 1
            replica r host - - - in
            """);

    /** A record has at most 16 KiB, and is read by lines and fields. */
    private static final long MOST_BYTES = 1 << 20;

    @Test
    @DisplayName(
            "R35: bytes that are no record are refused with the place, and what is taken is the one text of a record")
    void nearlyARecord() {
        int[] taken = new int[1];
        Inputs.tried(1, MOST_BYTES, random -> {
            byte[] good = bytes(random.nextInt(RECORDS.size()));
            byte[] bad = new Mutator(random).mutate(good, bytes(random.nextInt(RECORDS.size())));
            try {
                VolumeRecord read = VolumeRecordCodec.decode("/volumes/v1", bad);
                assertThat(VolumeRecordCodec.encode(read)).isEqualTo(bad);
                taken[0] += Arrays.equals(good, bad) ? 0 : 1;
            } catch (CorruptException refused) {
                assertThat(refused.where()).isEqualTo("/volumes/v1");
                assertThat(refused.offset()).isBetween(0L, (long) bad.length);
            }
        });
        assertThat(taken[0])
                .as("other records than those it began with are met too")
                .isPositive();
    }

    private static byte[] bytes(int which) {
        return RECORDS.get(which).getBytes(StandardCharsets.US_ASCII);
    }
}
