package io.resilver.tck;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The pages for vendors say what the tests do, and show what is compiled. */
class DocumentationTest {
    private static final String WRITE = "resilver.docs.write";

    /** What a vendor can read in one sitting. */
    private static final int MOST_LINES = 200;

    private static final Path ROOT = Path.of("..", "..");
    private static final Path CONTRACT = ROOT.resolve("docs/spi-contract.md");
    private static final Path WRITING = ROOT.resolve("docs/writing-an-adapter.md");
    private static final Path EXAMPLE = Path.of("src/test/example/io/resilver/tck/example/AppendOnlyProvider.java");

    @Test
    void theContractNamesEachTestOnceAndNoOther() throws IOException {
        Set<String> tests = Arrays.stream(StorageAdapterTck.class.getMethods())
                .filter(method -> method.isAnnotationPresent(Test.class)
                        || method.getName().startsWith("untested_"))
                .map(Method::getName)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(tests).allMatch(name -> name.matches("(required|optional|untested)_(R[1-9][0-9]?_)?[a-z]\\w+"));
        assertThat(Pattern.compile("`((required|optional|untested)_\\w+)`")
                        .matcher(Files.readString(CONTRACT))
                        .results()
                        .map(found -> found.group(1)))
                .containsExactlyInAnyOrderElementsOf(tests);
    }

    @Test
    void everyReasonWhySomethingIsUntestedIsGiven() throws ReflectiveOperationException {
        StorageAdapterTck tests = new StorageAdapterTck() {
            @Override
            public TckFixture fixture() {
                throw new IllegalStateException("no test is run");
            }
        };
        for (Method method : Untested.class.getMethods()) {
            assertThat((String) method.invoke(tests)).as(method.getName()).hasSizeGreaterThan(40);
        }
    }

    @Test
    void theAdapterIsShownAsItIsCompiled() throws IOException {
        assertThat(Files.readAllLines(EXAMPLE)).hasSizeLessThanOrEqualTo(MOST_LINES);
        String page = Files.readString(WRITING);
        String right = Pattern.compile("<!-- source: (\\S+) -->\n```java\n(.*?)```\n", Pattern.DOTALL)
                .matcher(page)
                .replaceAll(DocumentationTest::block);
        if (Boolean.getBoolean(WRITE)) {
            Files.writeString(WRITING, right);
        }
        assertThat(Files.readString(WRITING))
                .as(
                        "%s differs from the sources. Write it again with%n  mvn test -pl integration-tests/adapter-tck -am -D%s=true",
                        WRITING, WRITE)
                .isEqualTo(right);
        assertThat(page).contains("<!-- source: ");
    }

    private static String block(MatchResult found) {
        try {
            String source = Files.readString(ROOT.resolve(found.group(1)));
            return Matcher.quoteReplacement("<!-- source: " + found.group(1) + " -->\n```java\n" + source + "```\n");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
