package io.resilver.execution.scrub;

import io.resilver.replica.ImageDigest;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.BasePin;
import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * The image, from its first byte to its end. Two images can be compared at one LSN only, and a store's image goes as far as it
 * was told to be committed. So the replica is told of nothing more while a range is compared: the primary freezes its own
 * image, tells the replica to be committed what that holds and no more, and asks. What the replica freezes then is at the same
 * LSN. Commits and acknowledgements go on meanwhile; only what the replica knows of them comes a little later.
 */
final class ImageCourse implements Course {
    /** A replica whose image does not get there is not asked more often than this in one pass. */
    static final int TRIES = 16;

    /** For so long the replica is told of no more commits, at most: it needs them to trim its log and to write its image. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final ScrubPorts ports;
    private final int rangeBytes;
    private long offset;
    private boolean over;
    private int failures;
    private long leastLsn;
    /** Whether the replica has been told of nothing more since the last reading began. */
    private boolean holding;
    /** Whether the image could be frozen: what is corrupt after that is a part of it. Written on the I/O executor. */
    private volatile boolean frozen;

    private boolean complete;

    ImageCourse(ScrubPorts ports, int rangeBytes) {
        this.ports = ports;
        this.rangeBytes = rangeBytes;
    }

    long offset() {
        return offset;
    }

    @Override
    public void begin() {
        offset = 0;
        failures = 0;
        complete = true;
        over = !ports.comparesImages();
    }

    @Override
    public boolean isDue(long comparableLsn) {
        return true;
    }

    @Override
    public Callable<Range> reading(long comparableLsn) {
        long from = offset;
        long least = ports.holdCommitted();
        leastLsn = least;
        holding = true;
        frozen = false;
        return () -> digest(least, from);
    }

    private Range digest(long leastLsn, long from) throws RecoveryException {
        try (BasePin pin = ports.pinBase(leastLsn)) {
            frozen = true;
            ImageDigest digest = ImageDigest.of(pin, from, rangeBytes);
            boolean atEnd = from + digest.bytes() >= pin.base().sizeBytes();
            return new Range.OfImage(pin.base().lsn(), from, digest.bytes(), atEnd, digest.value());
        }
    }

    @Override
    public Verdict read(Range range, long comparableLsn) {
        if (holding && range instanceof Range.OfImage image && image.lsn() <= comparableLsn) {
            return Verdict.ASK;
        }
        return Verdict.NOT_NOW;
    }

    @Override
    public void ask(long question, Range range) {
        if (range instanceof Range.OfImage image) {
            ports.ask(question, image);
        }
    }

    @Override
    public boolean isSame(Range range, Response theirs) {
        return theirs instanceof Response.ImageDigest digest && digest.digest().equals(range.digest());
    }

    @Override
    public void differs(Range range, Response theirs, Findings findings) {
        if (range instanceof Range.OfImage image && theirs instanceof Response.ImageDigest digest) {
            findings.differs(image, digest.digest());
        }
    }

    @Override
    public void pass(Range range) {
        if (range instanceof Range.OfImage image) {
            failures = 0;
            offset += image.bytes();
            over = image.atEnd();
        }
    }

    @Override
    public boolean skips(RecoveryException cause) {
        return false;
    }

    /** Behind a part that is corrupt there is more; an image that cannot be frozen is not read at all. */
    @Override
    public boolean corrupt(ReplicaId self, CorruptException cause, Findings findings) {
        findings.corrupt(self, 0, leastLsn, cause);
        if (frozen) {
            offset += rangeBytes;
        }
        return frozen;
    }

    @Override
    public boolean isGivenUpAfter(RecoveryException cause) {
        failures++;
        complete = failures < TRIES;
        return cause instanceof PermanentException || !complete;
    }

    /** A replica that can never compare its image takes nothing from what is known of its log. */
    @Override
    public boolean isComplete() {
        return complete;
    }

    @Override
    public boolean isOver() {
        return over;
    }

    @Override
    public Duration patience() {
        return PATIENCE;
    }

    @Override
    public void release() {
        holding = false;
        ports.releaseCommitted();
    }
}
