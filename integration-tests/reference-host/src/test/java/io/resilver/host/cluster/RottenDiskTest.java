package io.resilver.host.cluster;

import static io.resilver.host.cluster.TestHost.VOLUME;
import static io.resilver.host.cluster.TestHost.again;
import static io.resilver.host.cluster.TestHost.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.server.EmbeddedZooKeeper;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.ReplicaStatus;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.event.RecoveryEvent.ContentDiffers;
import io.resilver.spi.event.RecoveryEvent.CorruptionFound;
import io.resilver.spi.event.RecoveryEvent.ImageDiffers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hosts that scrub, over real files and connections, and a byte that rots where nobody reads. */
class RottenDiskTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int BLOCK = 4096;

    @TempDir
    Path directory;

    private EmbeddedZooKeeper zookeeper;
    private TestHost a;
    private TestHost b;

    @BeforeEach
    void start() throws Exception {
        zookeeper = EmbeddedZooKeeper.start(new EmbeddedZooKeeper.Settings(
                directory.resolve("zookeeper"), OptionalInt.empty(), Duration.ofMillis(500), Duration.ofSeconds(20)));
        a = host("a");
        b = host("b");
        again(() -> a.driver()
                .createVolume(new VolumeSpec(
                        VOLUME,
                        Stream.of(a, b)
                                .map(each ->
                                        new ReplicaAssignment(each.replica(), each.id(), Optional.empty(), Duty.FOLLOW))
                                .toList(),
                        1)));
        a.openReplica();
        b.openReplica();
    }

    private TestHost host(String name) throws Exception {
        Map<String, String> configuration = new HashMap<>(TestHost.zookeeper(zookeeper.connectString()));
        configuration.put("resilver.scrub.bytes-per-second", "10000000");
        configuration.put("resilver.scrub.interval-ms", "200");
        return TestHost.open(name, directory, configuration);
    }

    @AfterEach
    void stop() throws Exception {
        for (TestHost each : new TestHost[] {a, b}) {
            if (each != null) {
                each.close();
            }
        }
        zookeeper.close();
    }

    private ReplicaStatus followerAsSeen() {
        return a.driver().status().replicas().stream()
                .filter(each -> each.replica().equals(b.replica()))
                .findFirst()
                .orElseThrow();
    }

    /** Writes some blocks, and waits until they were compared and found the same. */
    private void writeAndCompare() throws Exception {
        Leadership term = await(a.driver().lead(VOLUME));
        for (int i = 0; i < 20; i++) {
            byte[] data = new byte[BLOCK];
            data[i] = 1;
            a.write(term, (long) i * BLOCK, data);
        }
        await().atMost(PATIENCE)
                .until(() -> followerAsSeen().inSync()
                        && followerAsSeen().scrub().passes() > 1
                        && followerAsSeen().scrub().comparedLsn() > 0);
        assertThat(followerAsSeen().scrub().found()).isZero();
        assertThat(followerAsSeen().scrub().comparedImageBytes()).hasValue(20L * BLOCK);
    }

    private static void flip(Path file, long at) throws Exception {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            assertThat(channel.read(one, at)).isEqualTo(1);
            channel.write(ByteBuffer.wrap(new byte[] {(byte) (one.get(0) ^ 1)}), at);
        }
    }

    private static List<CorruptionFound> corrupt(TestHost at, Path file) {
        return at.events().stream()
                .filter(CorruptionFound.class::isInstance)
                .map(CorruptionFound.class::cast)
                .filter(each -> each.cause().where().equals(file.toString()))
                .toList();
    }

    @Test
    @DisplayName(
            "R7: a block of a follower's image that was written otherwise, under a checksum that is right, is told of as a difference"
                    + " from its primary's at the same LSN, and nobody is removed for it")
    void anotherBlock() throws Exception {
        writeAndCompare();
        b.volume().checkpoint();
        byte[] other = new byte[BLOCK];
        other[0] = 7;
        overwrite(b.directory().resolve("gen-1/image"), 5L * BLOCK, ByteBuffer.wrap(other));
        overwrite(
                b.directory().resolve("gen-1/sums"),
                4L * Integer.BYTES + 5L * Integer.BYTES,
                ByteBuffer.allocate(Integer.BYTES)
                        .putInt(crc(other) ^ crc(new byte[BLOCK]))
                        .flip());
        await().atMost(PATIENCE).until(() -> a.events().stream().anyMatch(ImageDiffers.class::isInstance));
        ImageDiffers told = a.events().stream()
                .filter(ImageDiffers.class::isInstance)
                .map(ImageDiffers.class::cast)
                .findFirst()
                .orElseThrow();
        assertThat(told.replica()).isEqualTo(b.replica());
        assertThat(told.offset()).isLessThanOrEqualTo(5L * BLOCK);
        assertThat(told.offset() + told.bytes()).isGreaterThan(5L * BLOCK);
        assertThat(followerAsSeen().scrub().differingImage()).isPresent();
        assertThat(followerAsSeen().inSync()).isTrue();
        assertThat(a.events())
                .noneMatch(ContentDiffers.class::isInstance)
                .noneMatch(CorruptionFound.class::isInstance)
                .noneMatch(RecoveryEvent.ReplicaLeft.class::isInstance);
    }

    private static int crc(byte[] block) {
        CRC32C crc = new CRC32C();
        crc.update(block);
        return (int) crc.getValue();
    }

    private static void overwrite(Path file, long at, ByteBuffer with) throws Exception {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(with, at);
        }
    }

    @Test
    @DisplayName(
            "R7: equal logs are compared and nothing is found; a rotten byte of a follower's log, and one of its image, are"
                    + " told of by file and offset, and nobody is removed for them")
    void rotIsFound() throws Exception {
        writeAndCompare();

        Path log;
        try (Stream<Path> files = Files.list(b.directory().resolve("gen-1/log"))) {
            log = files.filter(each -> each.toString().endsWith(".seg"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
        }
        flip(log, 2L * BLOCK);
        await().atMost(PATIENCE).until(() -> !corrupt(a, log).isEmpty());
        CorruptionFound inLog = corrupt(a, log).get(0);
        assertThat(inLog.replica()).isEqualTo(b.replica());
        assertThat(inLog.cause().offset()).isLessThanOrEqualTo(2L * BLOCK);
        assertThat(followerAsSeen().scrub().corrupt().orElseThrow().where()).isEqualTo(log.toString());

        Path image = b.directory().resolve("gen-1/image");
        b.volume().checkpoint();
        flip(image, 3L * BLOCK + 100);
        await().atMost(PATIENCE).until(() -> !corrupt(b, image).isEmpty());
        assertThat(corrupt(b, image).get(0).cause().offset()).isEqualTo(3L * BLOCK);
        await().atMost(PATIENCE).until(() -> b.driver().status().health().contains(image.toString()));
        assertThat(a.driver().status().health()).isEqualTo("OK");

        assertThat(followerAsSeen().inSync()).isTrue();
        assertThat(a.events())
                .noneMatch(ContentDiffers.class::isInstance)
                .noneMatch(RecoveryEvent.ReplicaLeft.class::isInstance);
    }
}
