package io.resilver.rocksdb;

import io.resilver.host.disk.Disk;
import io.resilver.rocksdb.engine.Engine;
import io.resilver.rocksdb.engine.LogStream;
import io.resilver.rocksdb.engine.Update;
import io.resilver.rocksdb.engine.WalFile;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Lets go of log, by whole files. The new tail is durable before a file goes: a crash between leaves files that hold less than
 * they could, and the next trim or open removes them. Within a change of the store.
 */
final class Trimming {
    private Trimming() {}

    /**
     * Lets go of whole files up to an LSN, never of what a pin needs.
     *
     * @param lsn the highest tail wanted, inclusive
     * @return the new tail
     */
    static long trim(Store store, long lsn) throws IOException, RecoveryException {
        Store.Live live = store.live();
        live.log().flush();
        EntryId head = live.log().flushed().last();
        long most = Math.min(lsn, head.lsn());
        if (most == head.lsn() && live.pins().tail().lsn() < most) {
            live.engine().flushMemory(); // else what the last file holds could never be let go
        }
        EntryId tail = live.pins().raise(borders(live, head), most);
        if (tail.lsn() > live.meta().content().tail().lsn()) {
            store.replaceMeta(live.meta().with(live.meta().content().withTail(tail)));
            live.log().marks().trimmed(tail.lsn());
        }
        removeFiles(store.disk(), store.live());
        return tail.lsn();
    }

    /** The entries before which files begin, and the head: where a tail can be. */
    private static List<EntryId> borders(Store.Live live, EntryId head) throws RecoveryException {
        List<EntryId> borders = new ArrayList<>();
        for (WalFile file : live.engine().logFiles()) {
            OptionalLong before = lsnBefore(live.engine(), file);
            if (before.isPresent()) {
                borders.add(Log.idAt(before.getAsLong(), live.log().flushed().lineage()));
            }
        }
        borders.add(head);
        return borders;
    }

    /** The LSN before the first entry of a file; empty where the file begins with something else. */
    private static OptionalLong lsnBefore(Engine engine, WalFile file) throws RecoveryException {
        try (LogStream stream = engine.log()) {
            Optional<Update> first = stream.next(Math.max(1, file.start()));
            return first.isPresent() && first.get().sequence() == file.start()
                    ? OptionalLong.of(file.start() - 1)
                    : OptionalLong.empty();
        }
    }

    /** Removes files that hold nothing above the tail and that RocksDB needs no more. */
    static void removeFiles(Disk disk, Store.Live live) throws IOException, RecoveryException {
        long tail = live.pins().tail().lsn();
        List<WalFile> files = live.engine().logFiles();
        for (int i = 0; i < files.size(); i++) {
            OptionalLong end = i + 1 < files.size()
                    ? lsnBefore(live.engine(), files.get(i + 1))
                    : OptionalLong.of(live.log().appended().last().lsn());
            if (files.get(i).archived() && end.isPresent() && end.getAsLong() <= tail) {
                disk.delete(files.get(i).path());
            }
        }
    }

    /** The tail with which about so many bytes of log stay. */
    static long tailWithin(Store.Live live, long bytes) throws RecoveryException {
        List<WalFile> files = live.engine().logFiles();
        long kept = 0;
        for (int i = files.size() - 1; i >= 0; i--) {
            kept += files.get(i).bytes();
            if (kept >= bytes) {
                return Math.max(0, files.get(i).start() - 1);
            }
        }
        return 0;
    }
}
