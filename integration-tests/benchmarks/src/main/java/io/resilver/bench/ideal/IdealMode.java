package io.resilver.bench.ideal;

/** What is moved. */
enum IdealMode {
    /** A file of records as {@link IdealLog} writes it; it crosses as it is, and is checked by its own checksums. */
    LOG("log"),

    /** Any file, in ranges; each is given a checksum for the way, which is not kept. */
    BASE("base");

    private final String word;

    IdealMode(String word) {
        this.word = word;
    }

    /** Its name in a request. */
    String word() {
        return word;
    }

    static IdealMode of(String word) {
        for (IdealMode each : values()) {
            if (each.word.equals(word)) {
                return each;
            }
        }
        throw new IllegalArgumentException("there is no mode '" + word + "'");
    }
}
