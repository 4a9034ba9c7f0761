package io.resilver.rocksdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

class BatchFormatTest {
    private static final LineageElement WRITER = new LineageElement(7, Optional.of(new MintId("mint")), 12);

    @BeforeAll
    static void load() {
        RocksDB.loadLibrary();
    }

    private static byte[] everything() throws RocksDBException {
        try (WriteBatch batch = new WriteBatch()) {
            batch.put(new byte[300], new byte[70_000]);
            batch.put(new byte[0], new byte[0]);
            batch.delete(new byte[5]);
            batch.deleteRange(new byte[1], new byte[2]);
            batch.putLogData(new byte[40]);
            return batch.data();
        }
    }

    @Test
    void readsWhatRocksDbWrites() throws RocksDBException {
        byte[] batch = everything();
        assertThat(BatchFormat.read(ByteBuffer.wrap(batch))).isEqualTo(new BatchFormat.Batch(0, 4, Optional.empty()));
        byte[] begun = BatchFormat.begunBy(WRITER, batch);
        assertThat(BatchFormat.read(ByteBuffer.wrap(begun)))
                .isEqualTo(new BatchFormat.Batch(0, 5, Optional.of(WRITER)));
        try (WriteBatch whole = new WriteBatch(begun)) {
            assertThat(whole.count()).isEqualTo(5);
        }
    }

    @Test
    void anElementWithoutAMintStaysOne() throws RocksDBException {
        LineageElement unknown = new LineageElement(3, Optional.empty(), 1);
        assertThat(BatchFormat.read(ByteBuffer.wrap(BatchFormat.begunBy(unknown, everything())))
                        .writer())
                .contains(unknown);
    }

    @Test
    void aChangedOrCutBatchIsReadOrRefusedAndNothingElse() throws RocksDBException {
        byte[] whole = BatchFormat.begunBy(WRITER, everything());
        Random random = new Random(3);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] changed = whole.clone();
            int at = random.nextInt(i % 2 == 0 ? 40 : changed.length);
            changed[at] = (byte) random.nextInt();
            int end = i % 3 == 0 ? random.nextInt(changed.length) : changed.length;
            try {
                BatchFormat.read(ByteBuffer.wrap(changed, 0, end));
            } catch (IllegalArgumentException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(7_000, 19_999);
    }

    @Test
    void anEmptyOneTakesNoNumberAndIsNone() {
        assertThatThrownBy(() -> BatchFormat.read(ByteBuffer.allocate(12)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
