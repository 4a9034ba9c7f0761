package io.resilver.transport.codec;

import java.nio.ByteBuffer;

/**
 * One frame whose length and checksum were right. It owns its body.
 *
 * @param type what it is
 * @param stream its stream, 0 for the connection itself
 * @param number its number in the stream and direction, from 1 on
 * @param body on the heap; what is decoded from it may share its bytes
 */
public record Frame(FrameType type, int stream, long number, ByteBuffer body) {}
