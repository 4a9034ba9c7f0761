package io.resilver.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.error.CorruptException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** The one text of a volume record. */
class VolumeRecordCodecTest {
    private static final String IDS = "abcXYZ019._-";

    @Property
    void everyRecordComesBackEqual(@ForAll("records") VolumeRecord record) throws Exception {
        byte[] bytes = VolumeRecordCodec.encode(record);
        assertThat(bytes.length).isLessThanOrEqualTo(VolumeRecordCodec.MAX_BYTES);
        assertThat(VolumeRecordCodec.decode("here", bytes)).isEqualTo(record);
    }

    /** Hostile bytes: whatever is changed, it is refused with a typed error or is the text of another valid record. */
    @Property
    void changedBytesAreRefusedOrAreAnotherRecord(
            @ForAll("records") VolumeRecord record, @ForAll long seed, @ForAll byte value) {
        byte[] bytes = VolumeRecordCodec.encode(record);
        Random random = new Random(seed);
        bytes[random.nextInt(bytes.length)] = value;
        expectRecordOrCorrupt(bytes);
    }

    @Property
    void cutBytesAreRefused(@ForAll("records") VolumeRecord record, @ForAll long seed) {
        byte[] bytes = VolumeRecordCodec.encode(record);
        byte[] cut = java.util.Arrays.copyOf(bytes, new Random(seed).nextInt(bytes.length));
        expectRecordOrCorrupt(cut);
    }

    @Property
    void anyBytesAreRefused(@ForAll byte[] bytes) {
        assertThatThrownBy(() -> VolumeRecordCodec.decode("here", bytes)).isInstanceOf(CorruptException.class);
    }

    private static void expectRecordOrCorrupt(byte[] bytes) {
        VolumeRecord read;
        try {
            read = VolumeRecordCodec.decode("here", bytes);
        } catch (CorruptException refused) {
            assertThat(refused.where()).isEqualTo("here");
            assertThat(refused.offset()).isBetween(0L, (long) bytes.length);
            return;
        }
        assertThat(VolumeRecordCodec.encode(read)).isEqualTo(bytes);
    }

    @Test
    void aRecordOfMaximalSizeFits() throws Exception {
        String longest = "i".repeat(128);
        VolumeId volume = new VolumeId(longest);
        List<VolumeRecord.Replica> replicas = new ArrayList<>();
        Set<ReplicaId> all = new HashSet<>();
        for (int i = 0; i < VolumeRecord.MAX_REPLICAS; i++) {
            ReplicaId id = new ReplicaId(volume, "r".repeat(126) + String.format("%02d", i));
            all.add(id);
            replicas.add(new VolumeRecord.Replica(
                    id,
                    new HostId(longest),
                    Optional.of(new Endpoint("h".repeat(255), 65_535)),
                    Optional.of(new StoreIdentity(new StoreId(longest), Long.MAX_VALUE))));
        }
        VolumeRecord record = new VolumeRecord(
                volume,
                new Incarnation(longest),
                new Epoch(Long.MAX_VALUE, new MintId(longest)),
                Optional.of(new HostNode(new HostId(longest), -1)),
                Long.MAX_VALUE,
                replicas,
                all,
                16);
        byte[] bytes = VolumeRecordCodec.encode(record);
        assertThat(bytes.length).isLessThanOrEqualTo(VolumeRecordCodec.MAX_BYTES);
        assertThat(VolumeRecordCodec.decode("here", bytes)).isEqualTo(record);
    }

    @Test
    void aNewerFormatAndTooManyBytesAreNamed() {
        String newer = "resilver-volume 2\n";
        assertThatThrownBy(() -> VolumeRecordCodec.decode("here", newer.getBytes(StandardCharsets.US_ASCII)))
                .isInstanceOf(CorruptException.class)
                .hasMessageContaining("format 2")
                .hasMessageContaining("here");
        assertThatThrownBy(() -> VolumeRecordCodec.decode("here", new byte[VolumeRecordCodec.MAX_BYTES + 1]))
                .isInstanceOf(CorruptException.class)
                .hasMessageContaining("16385 bytes");
    }

    @Test
    void aHostNodeNameIsReadBackAlsoWhenTheHostIdHasDots() {
        HostNode node = new HostNode(new HostId("a.b.00ff"), -2);
        assertThat(HostNode.parse(node.name())).contains(node);
        assertThat(HostNode.parse("a.12")).isEmpty();
        assertThat(HostNode.parse("a.00000000000000FF")).isEmpty();
        assertThat(HostNode.parse("a b.00000000000000ff")).isEmpty();
    }

    @Provide
    Arbitrary<VolumeRecord> records() {
        Arbitrary<String> ids = Arbitraries.strings()
                .withChars(IDS)
                .ofMinLength(1)
                .ofMaxLength(12)
                .filter(text -> Character.isLetterOrDigit(text.charAt(0)));
        return ids.flatMap(
                volume -> Arbitraries.randomValue(random -> random(random, new VolumeId(volume), ids.sample())));
    }

    private static VolumeRecord random(Random random, VolumeId volume, String id) {
        List<VolumeRecord.Replica> replicas = new ArrayList<>();
        Set<ReplicaId> inSync = new HashSet<>();
        int count = 1 + random.nextInt(VolumeRecord.MAX_REPLICAS);
        for (int i = 0; i < count; i++) {
            ReplicaId replica = new ReplicaId(volume, "r" + i);
            String address = random.nextBoolean() ? "10.0.0." + i : "fe80::" + i + "%eth0";
            replicas.add(new VolumeRecord.Replica(
                    replica,
                    new HostId(id + i),
                    random.nextBoolean() ? Optional.empty() : Optional.of(new Endpoint(address, 1 + i)),
                    random.nextBoolean()
                            ? Optional.empty()
                            : Optional.of(new StoreIdentity(new StoreId(id), random.nextLong() >>> 1))));
            if (i == 0 || random.nextBoolean()) {
                inSync.add(replica);
            }
        }
        return new VolumeRecord(
                volume,
                new Incarnation(id),
                new Epoch(1 + (random.nextLong() >>> 2), new MintId(id)),
                random.nextBoolean() ? Optional.empty() : Optional.of(new HostNode(new HostId(id), random.nextLong())),
                random.nextLong() >>> 1,
                replicas,
                inSync,
                1 + random.nextInt(count));
    }
}
