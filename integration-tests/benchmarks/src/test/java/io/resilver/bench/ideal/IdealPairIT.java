package io.resilver.bench.ideal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.bench.process.Children;
import io.resilver.bench.run.Rounds;
import io.resilver.bench.run.Workbench;
import io.resilver.host.cli.demo.DemoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The ideal program moves what is right and refuses what is not, or its times would be worth nothing. */
@Timeout(60)
class IdealPairIT {
    private static final Children CHILDREN = new Children();
    private static IdealPair ideal;

    @TempDir
    static Path shared;

    @TempDir
    Path directory;

    private Path source;
    private Path target;

    @BeforeAll
    static void start() throws Exception {
        ideal = IdealPair.start(
                new Workbench("ideal", shared, CHILDREN, Rounds.exactly(1), true, System.err), shared.resolve("ideal"));
    }

    @AfterAll
    static void end() throws Exception {
        CHILDREN.end();
    }

    @BeforeEach
    void paths() {
        source = directory.resolve("source");
        target = directory.resolve("target");
    }

    private void assertMoved(IdealPair.Run run) {
        assertThat(run.verified()).isTrue();
        assertThat(run.seconds()).isPositive();
        assertThat(target).hasSameBinaryContentAs(source);
    }

    private void flip(long at) throws IOException {
        try (FileChannel file = FileChannel.open(source, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            file.read(one, at);
            file.write(one.put(0, (byte) (one.get(0) ^ 1)).flip(), at);
        }
    }

    @Test
    @DisplayName("A log of entries of 4 KiB arrives as it is, also where entries lie across buffers and forces")
    void largeEntries() throws Exception {
        assertThat(IdealLog.write(source, 2_500, 4_096, 1)).isEqualTo(2_500L * (8 + 4_096));
        assertMoved(ideal.log(source, target));
    }

    @Test
    @DisplayName("A log of entries of 128 bytes arrives as it is")
    void smallEntries() throws Exception {
        IdealLog.write(source, 50_000, 128, 2);
        assertMoved(ideal.log(source, target));
    }

    @Test
    @DisplayName("An empty log arrives as an empty file")
    void emptyLog() throws Exception {
        IdealLog.write(source, 0, 128, 3);
        assertMoved(ideal.log(source, target));
    }

    @Test
    @DisplayName("An image whose length is no multiple of a range arrives as it is")
    void base() throws Exception {
        byte[] image = new byte[(9 << 20) + 12_345];
        new Random(4).nextBytes(image);
        Files.write(source, image);
        assertMoved(ideal.base(source, target));
    }

    @Test
    @DisplayName("A changed bit in a payload is refused by the sender, which names the record; the pair then goes on")
    void corruptPayload() throws Exception {
        IdealLog.write(source, 1_000, 4_096, 5);
        flip(700L * (8 + 4_096) + 8 + 17);
        assertThatThrownBy(() -> ideal.log(source, target))
                .isInstanceOf(DemoException.class)
                .hasMessageContaining("the sender: the record at byte " + 700L * (8 + 4_096) + " has another CRC32C")
                .hasMessageContaining("the sender ended before it had sent all");
        flip(700L * (8 + 4_096) + 8 + 17);
        Files.delete(target);
        assertMoved(ideal.log(source, target));
    }

    @Test
    @DisplayName("A length that no entry has is refused")
    void corruptLength() throws Exception {
        IdealLog.write(source, 10, 128, 6);
        flip(3L * (8 + 128));
        assertThatThrownBy(() -> ideal.log(source, target))
                .isInstanceOf(DemoException.class)
                .hasMessageContaining("the record at byte 408 has length 16777344");
    }

    @Test
    @DisplayName("A log that ends within an entry is refused")
    void cutLog() throws Exception {
        long length = IdealLog.write(source, 10, 128, 7);
        try (FileChannel file = FileChannel.open(source, StandardOpenOption.WRITE)) {
            file.truncate(length - 1);
        }
        assertThatThrownBy(() -> ideal.log(source, target))
                .isInstanceOf(DemoException.class)
                .hasMessageContaining("the log ends within a record");
    }

    @Test
    @DisplayName("A target that is there already is refused: both sides begin with nothing")
    void targetExists() throws Exception {
        IdealLog.write(source, 10, 128, 8);
        Files.createFile(target);
        assertThatThrownBy(() -> ideal.log(source, target)).isInstanceOf(DemoException.class);
        assertThat(target).isEmptyFile();
    }
}
