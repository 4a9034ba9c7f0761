package io.resilver.hostile;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/** Makes bytes that are nearly right out of right ones, under a seed: most of what is read is as it should be. */
public final class Mutator {
    private static final int MOST_CHANGES = 4;
    private static final int MOST_NOISE = 24;
    private static final long[] EXTREMES = {
        0,
        1,
        -1,
        2,
        Byte.MAX_VALUE,
        Short.MAX_VALUE,
        1 << 16,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        1L << 32,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MAX_VALUE - 1
    };

    private final Random random;

    /**
     * A source of changes.
     *
     * @param random decides them
     */
    public Mutator(Random random) {
        this.random = random;
    }

    /**
     * Changes some bytes: one to four changes, each of a kind of its own.
     *
     * @param good what is right; not touched
     * @param other another input of the same form, from which pieces are taken
     * @return what may be wrong
     */
    public byte[] mutate(byte[] good, byte[] other) {
        byte[] bytes = good.clone();
        for (int i = 1 + random.nextInt(MOST_CHANGES); i > 0; i--) {
            bytes = change(bytes, other);
        }
        return bytes;
    }

    private byte[] change(byte[] bytes, byte[] other) {
        if (bytes.length == 0) {
            return noise();
        }
        int at = random.nextInt(bytes.length);
        int length = 1 + random.nextInt(Math.min(bytes.length - at, MOST_NOISE));
        return switch (random.nextInt(10)) {
            case 0 -> {
                bytes[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
                yield bytes;
            }
            case 1 -> {
                bytes[at] = (byte) random.nextInt();
                yield bytes;
            }
            case 2 -> number(bytes, at, Short.BYTES);
            case 3 -> number(bytes, at, Integer.BYTES);
            case 4 -> number(bytes, at, Long.BYTES);
            case 5 -> Arrays.copyOf(bytes, at);
            case 6 -> join(Arrays.copyOf(bytes, at), noise(), Arrays.copyOfRange(bytes, at, bytes.length));
            case 7 -> join(Arrays.copyOf(bytes, at), new byte[0], Arrays.copyOfRange(bytes, at + length, bytes.length));
            case 8 ->
                join(
                        Arrays.copyOf(bytes, at + length),
                        Arrays.copyOfRange(bytes, at, at + length),
                        Arrays.copyOfRange(bytes, at + length, bytes.length));
            default -> splice(bytes, at, other);
        };
    }

    private byte[] number(byte[] bytes, int at, int size) {
        byte[] number = ByteBuffer.allocate(Long.BYTES)
                .putLong(EXTREMES[random.nextInt(EXTREMES.length)])
                .array();
        System.arraycopy(number, Long.BYTES - size, bytes, at, Math.min(size, bytes.length - at));
        return bytes;
    }

    private byte[] splice(byte[] bytes, int at, byte[] other) {
        int from = other.length == 0 ? 0 : random.nextInt(other.length);
        return join(Arrays.copyOf(bytes, at), new byte[0], Arrays.copyOfRange(other, from, other.length));
    }

    private byte[] noise() {
        byte[] noise = new byte[1 + random.nextInt(MOST_NOISE)];
        random.nextBytes(noise);
        return noise;
    }

    private static byte[] join(byte[] one, byte[] two, byte[] three) {
        return ByteBuffer.allocate(one.length + two.length + three.length)
                .put(one)
                .put(two)
                .put(three)
                .array();
    }
}
