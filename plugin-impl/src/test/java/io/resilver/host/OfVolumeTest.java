package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Which replica of a volume is found. */
class OfVolumeTest {
    private final AtomicInteger comparisons = new AtomicInteger();
    private final TreeMap<ReplicaId, String> all = new TreeMap<>((one, other) -> {
        comparisons.incrementAndGet();
        return OrphanWatch.ORDER.compare(one, other);
    });

    private void keep(String volume, String name) {
        all.put(new ReplicaId(new VolumeId(volume), name), volume + "/" + name);
    }

    @Test
    @DisplayName(
            "R40: a volume's replica is found among its neighbours, whatever its name, and none where there is none")
    void findsItsOwn() {
        keep("v1", "a");
        keep("v1-x", "0");
        keep("v10", "b");
        for (String name : List.of("0", "00", "Z", "z.1")) {
            all.keySet().removeIf(each -> each.volume().value().equals("v1.x"));
            keep("v1.x", name);
            assertThat(OfVolume.find(all, new VolumeId("v1.x"))).contains("v1.x/" + name);
        }
        assertThat(OfVolume.find(all, new VolumeId("v1"))).contains("v1/a");
        assertThat(OfVolume.find(all, new VolumeId("v"))).isEmpty();
        assertThat(OfVolume.find(all, new VolumeId("v2"))).isEmpty();
    }

    @Test
    @DisplayName("R40: among a hundred thousand volumes it looks at a few")
    void looksAtAFew() {
        for (int i = 0; i < 100_000; i++) {
            keep("v" + i, "a");
        }
        comparisons.set(0);
        assertThat(OfVolume.find(all, new VolumeId("v77777"))).contains("v77777/a");
        assertThat(comparisons.get()).isLessThan(64);
    }
}
