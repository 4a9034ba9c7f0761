package io.resilver.host.cli.demo;

import io.resilver.host.cli.control.Pattern;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What the volume must hold: computed from the input and the pattern alone, never from a host. Not thread safe. */
final class Content {
    private static final int PIECE = 1 << 20;

    private final Path input;
    private final long inputBytes;
    private final long markedAt;
    private long inputEnd;
    private long markedEnd;

    Content(Path input) throws DemoException {
        this.input = input;
        try {
            this.inputBytes = Files.size(input);
        } catch (IOException e) {
            throw new DemoException("the input " + input + " cannot be read: " + e.getMessage(), e);
        }
        this.markedAt = (inputBytes + Layout.BLOCK - 1) / Layout.BLOCK * Layout.BLOCK;
    }

    Path input() {
        return input;
    }

    /** Bytes of the input that were acknowledged: always from its beginning. */
    long inputEnd() {
        return inputEnd;
    }

    /** Bytes of marked blocks that were acknowledged. */
    long markedEnd() {
        return markedEnd;
    }

    /** Where the marked blocks begin in the volume. */
    long markedAt() {
        return markedAt;
    }

    /** A place in the input, in whole blocks except at its end. */
    long inputAt(int percent) {
        return percent == 100 ? inputBytes : inputBytes / 100 * percent / Layout.BLOCK * Layout.BLOCK;
    }

    void inputAcknowledged(long end) {
        inputEnd = end;
    }

    void markedAcknowledged(long end) {
        markedEnd = end;
    }

    /** The volume's length: the end of the last acknowledged write. */
    long bytes() {
        return markedEnd > 0 ? markedAt + markedEnd : inputEnd;
    }

    /** The SHA-256 of everything that was acknowledged, and zeros between. */
    String sha256() throws DemoException {
        MessageDigest digest = newDigest();
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        try (FileChannel file = FileChannel.open(input)) {
            for (long at = 0; at < inputEnd; at += piece.limit()) {
                piece.clear().limit((int) Math.min(PIECE, inputEnd - at));
                while (piece.hasRemaining()) {
                    if (file.read(piece, at + piece.position()) < 0) {
                        throw new DemoException("the input " + input + " became shorter while the demo ran");
                    }
                }
                digest.update(piece.flip());
            }
        } catch (IOException e) {
            throw new DemoException("the input " + input + " cannot be read: " + e.getMessage(), e);
        }
        byte[] zeros = new byte[PIECE];
        for (long at = inputEnd; at < bytes() - markedEnd; ) {
            int some = (int) Math.min(PIECE, bytes() - markedEnd - at);
            digest.update(zeros, 0, some);
            at += some;
        }
        Pattern pattern = new Pattern(Layout.SEED);
        for (long at = 0; at < markedEnd; at += piece.limit()) {
            piece.clear().limit((int) Math.min(PIECE, markedEnd - at));
            pattern.fill(at, piece);
            digest.update(piece.flip());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
