package io.resilver.spi.storage;

import io.resilver.spi.Api;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import java.nio.ByteBuffer;

/** Holds a frozen base image: a checkpoint's snapshot, or a full base. It stays as it is while writes go on. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface BasePin extends Pin {
    /**
     * Which image this is.
     *
     * @return the same descriptor at every call
     */
    BaseDescriptor base();

    /**
     * Reads until the buffer is full or the image ends. Several threads may read at a time.
     *
     * @param offset bytes from the beginning of the image
     * @param into where to put them, from its position on
     * @return how many bytes were read: less than asked only at the end of the image
     * @throws io.resilver.spi.error.CorruptException when the stored bytes are not what was written
     * @throws io.resilver.spi.error.LogTrimmedException when the pin was revoked or closed
     * @throws RecoveryException for any other reason
     */
    int read(long offset, ByteBuffer into) throws RecoveryException;
}
