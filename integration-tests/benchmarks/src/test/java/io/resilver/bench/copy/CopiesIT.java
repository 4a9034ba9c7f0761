package io.resilver.bench.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.host.cli.demo.DemoException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The commands copy as a user of them would expect. */
@Timeout(60)
class CopiesIT {
    private static final int BYTES = 8 << 20;

    @TempDir
    Path directory;

    private final byte[] image = new byte[BYTES];
    private Path source;
    private Path target;

    @BeforeEach
    void image() throws Exception {
        source = directory.resolve("source");
        target = directory.resolve("target");
        new Random(1).nextBytes(image);
        Files.write(source, image);
    }

    @Test
    @DisplayName("cp makes the same file")
    void cp() throws Exception {
        Copies.Copy copy = Copies.cp(source, target);
        assertThat(copy.verified()).isTrue();
        assertThat(copy.seconds()).isPositive();
        assertThat(copy.bytesSent()).isEqualTo(BYTES);
        assertThat(target).hasBinaryContent(image);
    }

    @ParameterizedTest
    @EnumSource(Rsync.class)
    @DisplayName("rsync changes in place what differs; only by its rolling checksum it sends less than all")
    void rsync(Rsync way) throws Exception {
        byte[] held = image.clone();
        for (int at = 0; at < BYTES; at += BYTES / 8) {
            held[at + 5_000] ^= 1;
        }
        Files.write(target, held);
        Object file = Files.readAttributes(target, BasicFileAttributes.class).fileKey();
        Copies.Copy copy = Copies.rsync(way, source, target);
        assertThat(copy.verified()).isTrue();
        assertThat(target).hasBinaryContent(image);
        assertThat(Files.readAttributes(target, BasicFileAttributes.class).fileKey())
                .as("the same file")
                .isEqualTo(file);
        if (way == Rsync.WHOLE) {
            assertThat(copy.bytesSent()).isGreaterThan(BYTES);
        } else {
            assertThat(copy.bytesSent()).isBetween(8L, BYTES / 8L);
        }
    }

    @Test
    @DisplayName("A command that fails is told with what it said")
    void fails() {
        assertThatThrownBy(() -> Copies.rsync(Rsync.WHOLE, directory.resolve("missing"), target))
                .isInstanceOf(DemoException.class)
                .hasMessageContaining("rsync ended with exit code 23")
                .hasMessageContaining("No such file");
    }

    @Test
    @DisplayName("A command that is not there is told with what to install")
    void missing() {
        assertThatThrownBy(() -> Copies.run("rsync-that-is-not-there", "rsync", List.of()))
                .isInstanceOf(DemoException.class)
                .hasMessage(
                        "rsync-that-is-not-there cannot be run: install it, on Debian and Ubuntu with apt-get install"
                                + " rsync");
    }
}
