package io.resilver.host.volume;

import io.resilver.host.volume.install.Staging;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Where a store's files are. */
record Layout(Path directory) {
    private static final String GENERATION = "gen-";

    Path lock() {
        return directory.resolve("lock");
    }

    Path generation(long number) {
        return directory.resolve(GENERATION + number);
    }

    Path log(long generation) {
        return generation(generation).resolve("log");
    }

    Path image(long generation) {
        return generation(generation).resolve(Staging.IMAGE);
    }

    Path sums(long generation) {
        return generation(generation).resolve(Staging.SUMS);
    }

    Path side(long generation) {
        return generation(generation).resolve("side");
    }

    static OptionalLong generationOf(String name) {
        if (!name.matches(GENERATION + "[1-9][0-9]{0,17}")) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Long.parseLong(name.substring(GENERATION.length())));
    }
}
