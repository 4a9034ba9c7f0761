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
            done += readRun(offset + done, into.slice(start + done, length - done));
        }
        if (!side.isOpen(this)) {
            throw new ClosedChannelException(); // the pages may have been reused while they were read
        }
        into.position(start + length);
        return length;
    }

    /** Reads a page that was saved, or those up to the next one that was: the image has them side by side. */
    private int readRun(long from, ByteBuffer into) throws IOException, RecoveryException {
        long page = from / SideFile.PAGE;
        int first = (int) Math.min(into.remaining(), SideFile.PAGE - from % SideFile.PAGE);
        Optional<Long> slot = side.slotOf(this, page);
        if (slot.isPresent()) {
            side.read(slot.get(), (int) (from % SideFile.PAGE), into.slice(0, first));
            return first;
        }
        int length = first;
        while (length < into.remaining()
                && side.slotOf(this, (from + length) / SideFile.PAGE).isEmpty()) {
            length = Math.min(into.remaining(), length + SideFile.PAGE);
        }
        if (image.read(from, into.slice(0, length)) < length) {
            throw new EOFException("the image ends before byte " + (from + length));
        }
        for (int at = 0; at < length; at += at == 0 ? first : SideFile.PAGE) {
            Optional<Long> since = side.slotOf(this, (from + at) / SideFile.PAGE);
            if (since.isPresent()) { // it may have been changed while it was read
                int part = at == 0 ? first : Math.min(SideFile.PAGE, length - at);
                side.read(since.get(), (int) ((from + at) % SideFile.PAGE), into.slice(at, part));
            }
        }
        return length;
    }
}
