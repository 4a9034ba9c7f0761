package io.resilver.bench.rebuild;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SplittableRandom;

/**
 * A file of bytes that nothing can compress or find twice, and its digest.
 *
 * @param path where it is
 * @param bytes how long it is
 * @param sha256 of all of it
 */
record RandomFile(Path path, long bytes, String sha256) {
    private static final int PIECE = 1 << 20;

    /** Writes it; the same seed makes the same file. */
    static RandomFile write(Path path, long bytes, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        MessageDigest digest = newDigest();
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long left = bytes; left > 0; left -= piece.limit()) {
                fill(piece, random);
                piece.clear().limit((int) Math.min(PIECE, left));
                digest.update(piece.duplicate());
                while (piece.hasRemaining()) {
                    file.write(piece);
                }
            }
            file.force(true); // else it would still be written while something is measured
        }
        return new RandomFile(path, bytes, HexFormat.of().formatHex(digest.digest()));
    }

    /** Writes it again, but for every so many-th piece of 1 MiB, which has other bytes. */
    RandomFile changed(Path to, int every, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        MessageDigest digest = newDigest();
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        try (FileChannel from = FileChannel.open(path, StandardOpenOption.READ);
                FileChannel file = FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long at = 0; at < bytes; at += piece.limit()) {
                if (at / PIECE % every == every / 2) {
                    fill(piece, random);
                    piece.clear().limit((int) Math.min(PIECE, bytes - at));
                } else {
                    piece.clear().limit((int) Math.min(PIECE, bytes - at));
                    while (piece.hasRemaining()) {
                        if (from.read(piece, at + piece.position()) < 0) {
                            throw new EOFException(path + " became shorter");
                        }
                    }
                    piece.flip();
                }
                digest.update(piece.duplicate());
                while (piece.hasRemaining()) {
                    file.write(piece);
                }
            }
            file.force(true);
        }
        return new RandomFile(to, bytes, HexFormat.of().formatHex(digest.digest()));
    }

    /** How many bytes are other ones in a changed file. */
    long changedBytes(int every) {
        long changed = 0;
        for (long at = (long) (every / 2) * PIECE; at < bytes; at += (long) every * PIECE) {
            changed += Math.min(PIECE, bytes - at);
        }
        return changed;
    }

    private static void fill(ByteBuffer piece, SplittableRandom random) {
        piece.clear();
        while (piece.remaining() >= Long.BYTES) {
            piece.putLong(random.nextLong());
        }
    }

    static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
