package io.resilver.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A page below {@code docs/} that is made from code. It is compared with the code; on demand it is written first. */
public final class GeneratedPage {
    private static final String WRITE = "resilver.docs.write";

    private GeneratedPage() {}

    /**
     * Compares a page with what the code says.
     *
     * @param name the file below {@code docs/}
     * @param text what it must be
     */
    public static void check(String name, String text) {
        Path page = Path.of("..", "docs", name);
        try {
            if (Boolean.getBoolean(WRITE)) {
                Files.createDirectories(page.getParent());
                Files.writeString(page, text);
            }
            assertThat(Files.exists(page) ? Files.readString(page) : "")
                    .as(
                            "docs/%s differs from the code. Write it again with%n  mvn test -pl plugin-impl -am -D%s=true",
                            name, WRITE)
                    .isEqualTo(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
