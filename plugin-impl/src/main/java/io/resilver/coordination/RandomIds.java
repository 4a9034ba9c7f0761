package io.resilver.coordination;

import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** Random 128-bit ids: no two are ever equal in practice, which is what mint, store and incarnation ids are for. */
final class RandomIds {
    private RandomIds() {}

    static String next(RandomGenerator random) {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
    }
}
