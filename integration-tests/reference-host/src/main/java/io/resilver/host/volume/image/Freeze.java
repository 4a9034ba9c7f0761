package io.resilver.host.volume.image;

import io.resilver.spi.error.RecoveryException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** The image as it was at an LSN, for as long as somebody holds it. Thread safe. */
public final class Freeze {
    private final Image image;
    private final SideFile side;
    private final long lsn;
    private final long size;
    private final AtomicInteger holders = new AtomicInteger(1);

    Freeze(Image image, SideFile side, long lsn, long size) {
        this.image = image;
        this.side = side;
        this.lsn = lsn;
        this.size = size;
    }

    /** The image holds exactly the entries up to this LSN. */
    public long lsn() {
        return lsn;
    }

    /** The image's length at that time. */
    public long size() {
        return size;
    }

    /** The bytes of the old pages that are kept for this view, some of them shared with others. */
    public long heldBytes() {
        return side.bytesOf(this);
    }

    /** Whether it can still be read: it is lost when its pages could not be saved, or the image was replaced. */
    public boolean isOpen() {
        return side.isOpen(this);
    }

    /**
     * One more holder, which releases it once.
     *
     * @return false when it was released by all already
     */
    public boolean retain() {
        return holders.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
    }

    /** One holder less; after the last one the view is gone. Each holder calls it exactly once. */
    public void release() {
        if (holders.decrementAndGet() == 0) {
            side.close(this);
        }
    }

    /**
     * Reads until the buffer is full or the view ends.
     *
     * @throws ClosedChannelException when the view is gone
     * @throws io.resilver.spi.error.CorruptException when what is stored is not what was written
     */
    public int read(long offset, ByteBuffer into) throws IOException, RecoveryException {
        int start = into.position();
        int length = (int) Math.max(0, Math.min(into.remaining(), size - offset));
        for (int done = 0; done < length; ) {
            long at = offset + done;
            int inPage = (int) (at % SideFile.PAGE);
            int part = Math.min(length - done, SideFile.PAGE - inPage);
            readPart(at / SideFile.PAGE, inPage, into.slice(start + done, part));
            done += part;
        }
        if (!side.isOpen(this)) {
            throw new ClosedChannelException(); // the pages may have been reused while they were read
        }
        into.position(start + length);
        return length;
    }

    private void readPart(long page, int inPage, ByteBuffer into) throws IOException, RecoveryException {
        Optional<Long> slot = side.slotOf(this, page);
        if (slot.isEmpty()) {
            if (image.read(page * SideFile.PAGE + inPage, into) < into.limit()) {
                throw new EOFException("the image ends before byte " + (page * SideFile.PAGE + inPage + into.limit()));
            }
            into.rewind();
            slot = side.slotOf(this, page);
        }
        if (slot.isPresent()) {
            side.read(slot.get(), inPage, into);
        }
    }
}
