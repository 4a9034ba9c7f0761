package io.resilver.rocksdb;

import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a store's files are. */
record Layout(Path directory) {
    /** Where in a database's directory RocksDB keeps log files that it needs no more. */
    static final String ARCHIVE = "archive";

    private static final Pattern GENERATION = Pattern.compile("gen-([1-9][0-9]{0,17})");
    private static final Pattern CHECKPOINT = Pattern.compile("(0|[1-9][0-9]{0,18})-[0-9]{1,9}");

    Path lock() {
        return directory.resolve("lock");
    }

    Path generation(long number) {
        return directory.resolve("gen-" + number);
    }

    Path database(long generation) {
        return generation(generation).resolve("db");
    }

    Path checkpoints(long generation) {
        return generation(generation).resolve("checkpoints");
    }

    /** Two of one LSN have different numbers: one may still be held when the other is made. */
    Path checkpoint(long generation, long lsn, int number) {
        return checkpoints(generation).resolve(lsn + "-" + number);
    }

    static OptionalLong generationOf(String name) {
        return number(GENERATION, name);
    }

    /** The LSN of a checkpoint that was finished. */
    static OptionalLong checkpointOf(String name) {
        return number(CHECKPOINT, name);
    }

    private static OptionalLong number(Pattern pattern, String name) {
        Matcher matcher = pattern.matcher(name);
        return matcher.matches() ? OptionalLong.of(Long.parseLong(matcher.group(1))) : OptionalLong.empty();
    }
}
