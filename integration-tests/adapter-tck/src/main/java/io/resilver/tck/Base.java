package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.StagedInstall;
import io.resilver.spi.storage.VolumeStore;
import java.nio.ByteBuffer;
import java.util.BitSet;

/** A base image as it travels: its description, in the ranges that the fixture asks for, and its bytes. */
final class Base {
    /** As much at a time as it takes to need several reads. */
    private static final int CHUNK = 4 << 10;

    private final BaseDescriptor descriptor;
    private final byte[] bytes;

    private Base(BaseDescriptor descriptor, byte[] bytes) {
        this.descriptor = descriptor;
        this.bytes = bytes;
    }

    /** What an install is begun with. */
    BaseDescriptor descriptor() {
        return descriptor;
    }

    /** The whole image, not copied. */
    byte[] bytes() {
        return bytes;
    }

    /** The full base of a store whose content is all committed, at its head. */
    static Base full(TckBench bench, VolumeStore source) throws RecoveryException {
        try (BasePin pin = source.source().pinFullBase(bench.commitAll(source))) {
            return of(bench, pin);
        }
    }

    static Base of(TckBench bench, BasePin pin) throws RecoveryException {
        BaseDescriptor base = pin.base();
        int rangeBytes = base.sizeBytes() == 0 ? 1 : bench.fixture().rangeBytes(base.sizeBytes());
        Base cut = new Base(new BaseDescriptor(base.lsn(), base.lineage(), base.sizeBytes(), rangeBytes), read(pin));
        assertTrue(
                base.sizeBytes() == 0 || cut.descriptor.ranges() >= 3,
                "TckFixture.rangeBytes cuts an image of " + base.sizeBytes() + " bytes into less than three ranges");
        return cut;
    }

    /** The whole image of a pin. */
    static byte[] read(BasePin pin) throws RecoveryException {
        ByteBuffer image = ByteBuffer.allocate((int) pin.base().sizeBytes());
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        while (image.hasRemaining()) {
            chunk.clear();
            int read = pin.read(image.position(), chunk);
            assertTrue(read > 0, "the image ends at " + image.position() + " and should have " + image.limit());
            image.put(chunk.flip());
        }
        return image.array();
    }

    ByteBuffer range(long index) {
        int at = (int) (index * descriptor.rangeBytes());
        return ByteBuffer.wrap(bytes).position(at).limit(at + descriptor.rangeLength(index));
    }

    /** What a staged range has, read back. */
    static ByteBuffer readBack(StagedInstall install, long index) throws RecoveryException {
        ByteBuffer into = ByteBuffer.allocate(install.base().rangeLength(index) + 5);
        install.read(index, into);
        return into.flip().limit(install.base().rangeLength(index)).position(0);
    }

    /** Writes every range that is not durable yet. */
    void writeRest(StagedInstall install) throws RecoveryException {
        BitSet durable = install.durableRanges();
        for (int i = 0; i < descriptor.ranges(); i++) {
            if (!durable.get(i)) {
                install.write(i, range(i));
            }
        }
    }

    /** Installs the image as a rebuild does. */
    void install(VolumeStore target) throws RecoveryException {
        try (StagedInstall install = target.target().beginInstall(descriptor)) {
            writeRest(install);
            install.flush();
            install.commit();
        }
    }

    /** What a store must say of itself once the image is installed, and nothing was appended yet. */
    void assertInstalled(VolumeStore store) throws RecoveryException {
        ReplicaPosition position = store.target().position();
        assertEquals(descriptor.lsn(), position.flushedLsn(), "flushed");
        assertEquals(descriptor.lsn(), position.truncationFloorLsn(), "truncation floor");
        assertTrue(position.usable(), "a committed install makes the store usable");
        position.lineage().ifPresent(lineage -> assertEquals(descriptor.lineage(), lineage, "lineage"));
        assertEquals(descriptor.lsn(), store.source().history().headLsn(), "head");
        assertEquals(descriptor.lsn(), store.source().history().tailLsn(), "tail");
    }
}
