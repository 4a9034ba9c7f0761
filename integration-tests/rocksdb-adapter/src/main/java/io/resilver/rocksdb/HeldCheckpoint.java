package io.resilver.rocksdb;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskOperations;
import io.resilver.rocksdb.base.CheckpointImage;
import io.resilver.spi.model.Lineage;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A checkpoint's directory, deleted when nobody holds it any more. Thread safe. */
final class HeldCheckpoint {
    private static final Logger LOG = LoggerFactory.getLogger(HeldCheckpoint.class);

    private final Disk disk;
    private final Path directory;
    private final long lsn;
    private final Lineage lineage;
    private final CheckpointImage image;
    private int holds = 1;

    /** Held once, by whoever made it; the lineage may reach beyond it. */
    HeldCheckpoint(Disk disk, Path directory, long lsn, Lineage lineage) throws IOException {
        this.disk = disk;
        this.directory = directory;
        this.lsn = lsn;
        this.lineage = lineage.upTo(lsn);
        this.image = CheckpointImage.of(disk, directory);
    }

    long lsn() {
        return lsn;
    }

    /** The lineage up to its LSN. */
    Lineage lineage() {
        return lineage;
    }

    CheckpointImage image() {
        return image;
    }

    /** Whether it is one of those that lie in a directory. */
    boolean isIn(Path checkpoints) {
        return checkpoints.equals(directory.getParent());
    }

    synchronized boolean isHeld() {
        return holds > 0;
    }

    /** Holds it once more; false when it is gone already. */
    synchronized boolean retain() {
        if (holds == 0) {
            return false;
        }
        holds++;
        return true;
    }

    /** Once for each hold. What cannot be deleted goes at the next open. */
    void release() {
        boolean last;
        synchronized (this) {
            last = --holds == 0;
        }
        if (last) {
            try {
                DiskOperations.deleteTree(disk, directory);
            } catch (IOException e) {
                LOG.warn("The checkpoint {} stays until the next open: {}", directory, e.toString());
            }
        }
    }
}
