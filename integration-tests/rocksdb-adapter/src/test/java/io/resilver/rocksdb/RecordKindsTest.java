package io.resilver.rocksdb;

import static io.resilver.rocksdb.Stores.writer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** R52: what kinds of records an entry may have: those after which the store still opens, at the same LSN. */
class RecordKindsTest {
    private static final LineageElement FIRST = writer(1, 1);
    private static final byte[] LOW = {1};
    private static final byte[] HIGH = {(byte) 0xf0};

    @TempDir
    Path directory;

    private interface Records {
        void into(WriteBatch batch) throws RocksDBException;
    }

    private static final Map<String, Records> ACCEPTED = new LinkedHashMap<>();
    private static final Map<String, Records> REFUSED = new LinkedHashMap<>();

    static {
        ACCEPTED.put("put", batch -> batch.put(LOW, LOW));
        ACCEPTED.put("delete", batch -> batch.delete(Stores.key(0, 0)));
        ACCEPTED.put("delete of nothing", batch -> batch.delete(HIGH));
        ACCEPTED.put("put and delete", batch -> {
            batch.put(HIGH, LOW);
            batch.delete(HIGH);
        });
        ACCEPTED.put("delete range", batch -> batch.deleteRange(LOW, HIGH));
        ACCEPTED.put("delete range, one byte longer", batch -> batch.deleteRange(LOW, new byte[] {1, 0}));
        ACCEPTED.put("put and delete range", batch -> {
            batch.put(new byte[] {2}, LOW);
            batch.deleteRange(LOW, HIGH);
        });
        ACCEPTED.put("log data beside a put", batch -> {
            batch.put(LOW, HIGH);
            batch.putLogData(HIGH);
        });
        REFUSED.put("a merge", batch -> batch.merge(LOW, HIGH));
        REFUSED.put("a single delete", batch -> {
            batch.put(LOW, HIGH);
            batch.singleDelete(LOW);
        });
        REFUSED.put("a delete range", batch -> batch.deleteRange(HIGH, LOW));
        REFUSED.put("whose end is not above its begin", batch -> batch.deleteRange(LOW, LOW));
    }

    private static byte[] bytes(Records records) throws RocksDBException {
        try (WriteBatch batch = new WriteBatch()) {
            records.into(batch);
            return batch.data();
        }
    }

    private static long append(RocksStore store, Records records) throws RecoveryException, RocksDBException {
        try (WriteBatch batch = new WriteBatch(bytes(records))) {
            return store.append(FIRST, batch);
        }
    }

    @Test
    void required_R52_afterEachKindThatIsAcceptedTheStoreOpensAtTheSameLsn() throws Exception {
        for (Map.Entry<String, Records> kind : ACCEPTED.entrySet()) {
            try (Stores stores = new Stores(directory.resolve(kind.getKey().replace(' ', '-')))) {
                RocksStore a = stores.open("a");
                RocksStore b = stores.open("b");
                Stores.write(a, FIRST, 0, 1);
                long lsn = append(a, kind.getValue());
                a.flush();
                Stores.catchUp(a, b);
                Map<String, String> content = Stores.content(a);
                for (String each : List.of("a", "b")) {
                    (each.equals("a") ? a : b).close();
                    RocksStore again = stores.open(each);
                    assertThat(again.durableLsn())
                            .as("%s at %s", kind.getKey(), each)
                            .isEqualTo(lsn);
                    assertThat(Stores.content(again)).as(kind.getKey()).isEqualTo(content);
                    assertThat(Stores.write(again, FIRST, 1, 1)).isEqualTo(lsn + 1);
                }
            }
        }
    }

    @Test
    void required_R52_everyOtherKindIsRefusedByNameAndTheStoreStaysUsable() throws Exception {
        try (Stores stores = new Stores(directory)) {
            RocksStore a = stores.open("a");
            long lsn = Stores.write(a, FIRST, 0, 1);
            a.flush();
            for (Map.Entry<String, Records> kind : REFUSED.entrySet()) {
                assertThatThrownBy(() -> append(a, kind.getValue()))
                        .as(kind.getKey())
                        .isInstanceOf(PermanentException.class)
                        .hasMessageContaining(kind.getKey());
                assertThatThrownBy(() -> a.target().append(received(lsn, bytes(kind.getValue()))))
                        .as("%s from another replica", kind.getKey())
                        .isInstanceOf(PermanentException.class)
                        .hasMessageContaining(kind.getKey());
                assertThat(a.appendedLsn()).isEqualTo(lsn);
            }
            assertThat(Stores.write(a, FIRST, 1, 1)).isEqualTo(lsn + 1);
            a.close();
            RocksStore again = stores.open("a");
            assertThat(again.durableLsn()).isEqualTo(lsn + 1);
            assertThat(Stores.content(again)).hasSize(2);
        }
    }

    /** The records as one entry behind an LSN, as another replica would send it. */
    private static EntryBatch received(long lsn, byte[] batch) {
        ByteBuffer payload =
                ByteBuffer.wrap(batch).order(ByteOrder.LITTLE_ENDIAN).putLong(0, lsn + 1);
        int count = payload.getInt(Long.BYTES);
        return new EntryBatch(
                new EntryId(lsn, 1), List.of(new LogEntry(lsn + count, 1, payload.rewind())), List.of(FIRST));
    }
}
