package io.resilver.multihost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The demo as a user starts it: the packaged jar, as a process. */
class DemoIT {
    /** A minute is the promise on two free cores; here other builds share them. */
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    @TempDir
    Path directory;

    private Path temporary;
    private Process demo;

    @BeforeEach
    void directories() throws IOException {
        temporary = Files.createDirectory(directory.resolve("tmp"));
    }

    @AfterEach
    void end() {
        if (demo != null) {
            demo.destroyForcibly();
        }
    }

    private Process start(String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Djava.io.tmpdir=" + temporary,
                "-jar",
                System.getProperty("resilver.host.jar", ""),
                "demo"));
        command.addAll(List.of(options));
        demo = new ProcessBuilder(command)
                .redirectOutput(directory.resolve("out").toFile())
                .redirectError(directory.resolve("err").toFile())
                .start();
        return demo;
    }

    private static List<ProcessHandle> childrenOf(Process process) {
        return process.descendants().toList();
    }

    private static List<Path> resilverFilesIn(Path where) throws IOException {
        try (Stream<Path> all = Files.list(where)) {
            return all.filter(each -> each.getFileName().toString().startsWith("resilver-demo-"))
                    .toList();
        }
    }

    private String said(String stream) throws IOException {
        return Files.readString(directory.resolve(stream));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    @DisplayName("R16 R19 R30 to R33: the whole story on an empty and on a one-byte input; nothing is left behind")
    void tellsTheStory(int bytes) throws Exception {
        Path input = Files.write(directory.resolve("input"), new byte[bytes]);
        Process process = start("--input", input.toString(), "--output", "json");
        assertThat(process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
        assertThat(process.exitValue()).as(said("err")).isZero();

        Map<String, Object> document = parse(said("out"));
        assertThat(document).containsOnlyKeys("schemaVersion", "parts", "verified");
        assertThat(document).containsEntry("schemaVersion", 1L).containsEntry("verified", true);
        List<?> parts = (List<?>) document.get("parts");
        assertThat(parts.stream().map(each -> field(each, "part"))).containsExactly("a", "b", "c", "d", "e", "f");
        assertThat(parts.stream().map(each -> field(each, "outcome")))
                .containsExactly("ZERO_GAP", "CATCH_UP", "NEEDS_REBUILD", "NEEDS_REBUILD", "CATCH_UP", "CATCH_UP");
        assertThat(parts.stream().map(each -> field(each, "reason")))
                .containsExactly(
                        "AT_COMMITTED",
                        "GAP_WITHIN_RETENTION",
                        "GAP_BEYOND_RETENTION",
                        "GAP_BEYOND_RETENTION",
                        "GAP_WITHIN_RETENTION",
                        "DIVERGED");
        assertThat(parts.stream().map(each -> field(each, "verified"))).containsOnly(true);
        assertThat((long) field(parts.get(4), "epoch")).isGreaterThan((long) field(parts.get(3), "epoch"));
        assertThat((long) field(parts.get(4), "killedAtLsn")).isPositive();
        assertThat(resilverFilesIn(temporary)).isEmpty();
    }

    @Test
    @DisplayName("R12: interrupted in the middle, the demo leaves no process and no file")
    void interrupted() throws Exception {
        Path input = Files.write(directory.resolve("input"), new byte[1]);
        Process process = start("--input", input.toString());
        await().atMost(PATIENCE).until(() -> said("err").contains("(b)"));
        List<ProcessHandle> hosts = childrenOf(process);
        assertThat(hosts).hasSizeGreaterThanOrEqualTo(2);

        assertThat(new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
        assertThat(process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();

        assertThat(process.exitValue()).isNotZero();
        await().atMost(PATIENCE).until(() -> hosts.stream().noneMatch(ProcessHandle::isAlive));
        assertThat(resilverFilesIn(temporary)).isEmpty();
    }

    @Test
    @DisplayName("R12: killed with -9, the demo leaves no host running: each ends when its standard input does")
    void killed() throws Exception {
        Path input = Files.write(directory.resolve("input"), new byte[1]);
        Process process = start("--input", input.toString());
        await().atMost(PATIENCE).until(() -> said("err").contains("(b)"));
        List<ProcessHandle> hosts = childrenOf(process);

        process.destroyForcibly().waitFor();

        await().atMost(PATIENCE).until(() -> hosts.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Test
    @DisplayName("an input that is not there is wrong usage, and nothing is started")
    void missingInput() throws Exception {
        Process process = start("--input", directory.resolve("nothing").toString());
        assertThat(process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();

        assertThat(process.exitValue()).isEqualTo(2);
        assertThat(said("err")).contains("--input").contains("nothing");
        assertThat(resilverFilesIn(temporary)).isEmpty();
    }

    private static Object field(Object part, String name) {
        return ((Map<?, ?>) part).get(name);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> parse(String text) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(text)) {
            Object value = value(parser, parser.nextToken());
            assertThat(parser.nextToken()).as("nothing after the document").isNull();
            return (Map<String, Object>) value;
        }
    }

    private static Object value(JsonParser parser, JsonToken token) throws IOException {
        if (token == JsonToken.START_OBJECT) {
            Map<String, Object> fields = new LinkedHashMap<>();
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                fields.put(name, value(parser, parser.nextToken()));
            }
            return fields;
        }
        if (token == JsonToken.START_ARRAY) {
            List<Object> items = new ArrayList<>();
            for (JsonToken each = parser.nextToken(); each != JsonToken.END_ARRAY; each = parser.nextToken()) {
                items.add(value(parser, each));
            }
            return items;
        }
        return switch (token) {
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE, VALUE_FALSE -> parser.getBooleanValue();
            case VALUE_NULL -> "null";
            default -> parser.getText();
        };
    }
}
