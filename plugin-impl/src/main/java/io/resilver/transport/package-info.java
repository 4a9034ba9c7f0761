/**
 * The link between hosts over TCP: many streams on few connections, framed, checksummed and versioned.
 *
 * <p>A dialled connection begins with a {@code HELLO} in both directions: protocol versions, who speaks, and to whom. Both
 * ends then speak the highest version that both know; when there is none, or another host answers than was meant, the
 * connection ends with a {@link io.resilver.spi.error.PermanentException} that names both. The dialling end numbers its
 * streams from 1 on and never uses a number again. {@code OPEN} binds a stream to its replica; requests and responses
 * follow; {@code CLOSE} ends it. The bytes are described in {@link io.resilver.transport.codec}.
 *
 * <p>What a peer can cost (R54): a connection holds at most one frame that is not whole yet; before the hello that is a
 * short one. Each stream may have a window of bytes under way in its handler, and all streams of a connection together
 * another bound. Reading never stops because of one stream: a stream that exceeds its window is closed. What is not yet
 * written is bounded too. A peer that is silent, or takes nothing, for the idle timeout loses the connection; both ends
 * send pings when they have nothing else to say.
 *
 * <p>Errors: a broken or damaged connection ends its streams with a {@link io.resilver.spi.error.RetriableException}, a
 * frame that came as it was sent and means nothing with a {@link io.resilver.spi.error.PermanentException}. In no case does
 * anything of that frame reach a handler.
 */
@NullMarked
package io.resilver.transport;

import org.jspecify.annotations.NullMarked;
