package io.resilver.multihost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.control.Pattern;
import io.resilver.host.cli.demo.DemoException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The ledger objects to a server that loses, changes or forgets what it acknowledged, and to nothing else. */
class LedgerTest {
    private static final int BLOCKS = 5;

    private final Ledger ledger = new Ledger();
    private final Memory volume = new Memory();

    /** A volume in memory that answers as a host does. */
    private static final class Memory implements Ledger.Server {
        private final byte[] bytes = new byte[8 * Ledger.BLOCK];
        private volatile boolean refuses;

        @Override
        public Message ask(Message.Builder builder) throws DemoException {
            Message request = builder.build();
            if (refuses) {
                throw new DemoException("refused");
            }
            int from = (int) request.number("from").orElseThrow();
            int length = (int) request.number("to").orElseThrow() - from;
            if (request.text("verb").orElseThrow().equals("write-pattern")) {
                new Pattern(request.number("seed").orElseThrow())
                        .fill(
                                from,
                                ByteBuffer.wrap(
                                        bytes, (int) request.number("at").orElseThrow(), length));
                return Message.builder().build();
            }
            return Message.builder().put("sha256", sha256(from, length)).build();
        }

        private String sha256(int from, int length) {
            try {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                digest.update(bytes, from, length);
                return HexFormat.of().formatHex(digest.digest());
            } catch (java.security.NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    @DisplayName("R30: a volume that has every acknowledged block is not objected to")
    void acceptsWhatIsThere() throws Exception {
        ledger.write(volume, 2);
        ledger.writeOne(volume);
        assertThat(ledger.acknowledged()).isEqualTo(3);
        assertThat(ledger.wrong(volume)).isEmpty();
    }

    @Test
    @DisplayName("R30: a block that was acknowledged and is lost, changed or another one is objected to, by its number")
    void objectsToWhatIsLost() throws Exception {
        ledger.write(volume, BLOCKS);
        volume.bytes[2 * Ledger.BLOCK + 7] ^= 1;
        System.arraycopy(volume.bytes, 0, volume.bytes, 3 * Ledger.BLOCK, Ledger.BLOCK);
        java.util.Arrays.fill(volume.bytes, 4 * Ledger.BLOCK, 5 * Ledger.BLOCK, (byte) 0);
        assertThat(ledger.wrong(volume)).containsExactly(2, 3, 4);
    }

    @Test
    @DisplayName("R30: what was refused is not counted, and what nobody acknowledged may be lost")
    void countsOnlyWhatWasAnswered() throws Exception {
        ledger.writeOne(volume);
        volume.refuses = true;
        assertThatThrownBy(() -> ledger.writeOne(volume)).isInstanceOf(DemoException.class);
        volume.refuses = false;
        assertThat(ledger.acknowledged()).isEqualTo(1);
        assertThat(ledger.wrong(volume)).isEmpty();
    }

    @Test
    @DisplayName("R30: a load tells of the write that was refused, and of none when it was told to end")
    void aLoadTellsOfARefusal() {
        try (Ledger.Load load = ledger.load(new OneBlock(volume))) {
            await().atMost(Duration.ofSeconds(30)).until(() -> ledger.acknowledged() > 2);
            assertThat(load.end()).isEmpty();
        }
        volume.refuses = true;
        try (Ledger.Load load = ledger.load(volume)) {
            assertThat(load.refused()).isPresent();
        }
    }

    /** However much is written, it is the first block. */
    private record OneBlock(Memory volume) implements Ledger.Server {
        @Override
        public Message ask(Message.Builder request) throws DemoException {
            return volume.ask(request.put("from", 0).put("to", Ledger.BLOCK).put("at", 0));
        }
    }
}
