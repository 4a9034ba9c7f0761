/**
 * Frames and what is in them, as bytes. Pure: no channel, no clock, no state. Numbers are big endian.
 *
 * <table><caption>A frame</caption>
 * <tr><th>offset</th><th>bytes</th><th>field</th></tr>
 * <tr><td>0</td><td>4</td><td>length of all that follows, checksum included</td></tr>
 * <tr><td>4</td><td>1</td><td>type, a code of {@link io.resilver.transport.codec.FrameType}</td></tr>
 * <tr><td>5</td><td>4</td><td>stream, 1 or more; 0 is the connection itself</td></tr>
 * <tr><td>9</td><td>8</td><td>number of the frame in its stream and direction, from 1 on without gaps</td></tr>
 * <tr><td>17</td><td>n</td><td>body, by type</td></tr>
 * <tr><td>17 + n</td><td>4</td><td>CRC32C of everything before it, length included</td></tr>
 * </table>
 *
 * <p>The body of a request or response begins with its whole token: incarnation, epoch number, mint id, session. That
 * costs some eighty bytes a frame and buys that each frame can be refused by itself, with no state that could be stale.
 * The replica is bound to the stream by the frame that opens it. A sequenced request and the answers that cover it then
 * have their number in the session; the number in the header is the stream's, so that a lost or repeated frame of any
 * type shows before its body is looked at (R50).
 *
 * <p>Forms: an id is one byte of length and ASCII; a text is two bytes of length and UTF-8; a flag or the presence of an
 * optional is a byte, 0 or 1; a list is four bytes of count and its elements. A reader never allocates by a count or
 * length that the bytes at hand cannot fill, and refuses bytes that are left over.
 */
@NullMarked
package io.resilver.transport.codec;

import org.jspecify.annotations.NullMarked;
