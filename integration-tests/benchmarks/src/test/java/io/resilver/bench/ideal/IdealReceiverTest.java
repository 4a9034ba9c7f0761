package io.resilver.bench.ideal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The receiver checks for itself, whoever sends. */
@Timeout(30)
class IdealReceiverTest {
    @TempDir
    Path directory;

    private void receive(IdealMode mode, ByteBuffer stream) throws IOException {
        try (ServerSocketChannel server =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel sender = SocketChannel.open(server.getLocalAddress())) {
            sender.write(stream);
            IdealReceiver.receive(mode, directory.resolve("target"), server);
            ByteBuffer acknowledged = ByteBuffer.allocate(Long.BYTES);
            sender.read(acknowledged);
            assertThat(acknowledged.getLong(0)).isEqualTo(stream.getLong(0));
        }
    }

    private static ByteBuffer record(int wrong) {
        byte[] payload = {1, 2, 3};
        CRC32C crc = new CRC32C();
        crc.update(payload);
        return ByteBuffer.allocate(64)
                .putLong(IdealLog.HEADER + payload.length)
                .putInt(payload.length)
                .putInt((int) crc.getValue() ^ wrong)
                .put(payload)
                .flip();
    }

    @Test
    @DisplayName("A log keeps its headers, an image does not")
    void content() throws Exception {
        receive(IdealMode.LOG, record(0));
        assertThat(directory.resolve("target")).hasSize(11);
        Files.delete(directory.resolve("target"));
        receive(IdealMode.BASE, record(0));
        assertThat(directory.resolve("target")).hasBinaryContent(new byte[] {1, 2, 3});
    }

    @Test
    @DisplayName("A record whose checksum is another one is refused in both modes, and is not written")
    void corrupt() throws Exception {
        for (IdealMode mode : IdealMode.values()) {
            assertThatThrownBy(() -> receive(mode, record(1)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the receiver: the record at byte 0 has another CRC32C than it says");
            assertThat(directory.resolve("target")).isEmptyFile();
            Files.delete(directory.resolve("target"));
        }
    }
}
