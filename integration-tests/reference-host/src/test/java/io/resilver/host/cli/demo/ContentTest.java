package io.resilver.host.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.cli.control.Pattern;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the volume must hold, against a plain computation. */
class ContentTest {
    @TempDir
    Path directory;

    private static String sha256(byte[] data) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
    }

    @Test
    void theDigestIsOfInputZerosAndMarkedBlocks() throws Exception {
        byte[] input = new byte[2 * Layout.BLOCK + 7];
        new Pattern(3).fill(0, ByteBuffer.wrap(input));
        Content content = new Content(Files.write(directory.resolve("input"), input));
        assertThat(content.sha256()).isEqualTo(sha256(new byte[0]));

        content.inputAcknowledged(Layout.BLOCK);
        content.markedAcknowledged(Layout.BLOCK);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.write(input, 0, Layout.BLOCK);
        expected.write(new byte[2 * Layout.BLOCK]);
        ByteBuffer marked = ByteBuffer.allocate(Layout.BLOCK);
        new Pattern(Layout.SEED).fill(0, marked);
        expected.write(marked.array());
        assertThat(content.bytes()).isEqualTo(expected.size());
        assertThat(content.sha256()).isEqualTo(sha256(expected.toByteArray()));
    }

    @Test
    void portionsEndAtBlocksAndTheLastOneAtTheEnd() throws Exception {
        for (int bytes : new int[] {0, 1, Layout.BLOCK, 1_000_003}) {
            Content content = new Content(Files.write(directory.resolve("input" + bytes), new byte[bytes]));
            assertThat(content.inputAt(60) % Layout.BLOCK).isZero();
            assertThat(content.inputAt(60)).isLessThanOrEqualTo(bytes);
            assertThat(content.inputAt(100)).isEqualTo(bytes);
            assertThat(content.markedAt()).isGreaterThanOrEqualTo(bytes);
        }
    }
}
